/** Node's built-in modules, which scripts do not have, and what to use instead. Pure. */

const elsewhere = "a script cannot do this; do it in the calling program, and pass the result";
const nothing = "a script has no files, processes or sockets; pass what it needs as arguments";
const granted =
  "use fetch, which scripts have if their service is granted net (permissions in init.yaml)";

const instead: Readonly<Record<string, string>> = {
  assert: "throw an Error yourself, or install the package: npm install assert",
  async_hooks: elsewhere,
  buffer: "use Uint8Array, or install the package: npm install buffer",
  child_process: nothing,
  cluster: nothing,
  console: "use the global console",
  constants: elsewhere,
  crypto: "use the global crypto (crypto.subtle, crypto.getRandomValues, crypto.randomUUID)",
  dgram: nothing,
  diagnostics_channel: elsewhere,
  dns: nothing,
  domain: elsewhere,
  events: "use EventTarget, or install the package: npm install events",
  fs: nothing,
  http: granted,
  http2: granted,
  https: granted,
  inspector: elsewhere,
  module: elsewhere,
  net: nothing,
  os: nothing,
  path: "join texts, or install the package: npm install path-browserify",
  perf_hooks: "use the global performance",
  process: "a script has no process; pass what it needs as arguments",
  punycode: "install the package: npm install punycode",
  querystring: "use the global URLSearchParams",
  readline: nothing,
  repl: elsewhere,
  sqlite: nothing,
  stream: "return an async generator, or install the package: npm install readable-stream",
  string_decoder: "use the global TextDecoder",
  sys: elsewhere,
  test: elsewhere,
  timers: "use the global setTimeout",
  tls: nothing,
  trace_events: elsewhere,
  tty: nothing,
  url: "use the global URL",
  util: "use the language's own features, or install the package: npm install util",
  v8: elsewhere,
  vm: "a script cannot run code from strings",
  wasi: elsewhere,
  worker_threads: nothing,
  zlib: "pass data unpacked, or install a package in plain JavaScript: npm install fflate",
};

/** The replacement for a built-in module of Node, e.g. `node:fs`, `fs/promises`; undefined for other modules. */
export function insteadOfBuiltin(specifier: string): string | undefined {
  const isNamed = specifier.startsWith("node:");
  const [name = ""] = (isNamed ? specifier.slice("node:".length) : specifier).split("/");
  if (Object.hasOwn(instead, name)) return instead[name];
  return isNamed ? elsewhere : undefined;
}

const alone: Readonly<Record<string, string>> = {
  ajv:
    "it compiles its checks from strings; use zod or valibot, or compile with ajv's standalone " +
    "code and import that file",
  doT: "it compiles functions from strings; use mustache, or template literals",
  dot: "it compiles functions from strings; use mustache, or template literals",
  ejs: "it compiles functions from strings; use mustache, or template literals",
  handlebars:
    "it compiles functions from strings; precompile the templates and import handlebars/runtime, " +
    "or use mustache",
  nunjucks: "it compiles functions from strings; use mustache, or template literals",
  pug: "it compiles functions from strings; compile the templates beforehand and import the result",
};

/** Why a package that generates code from strings cannot work, and its replacement; undefined for other packages. */
export function insteadOfPackage(name: string, key: string): string | undefined {
  if (name === "handlebars" && key.startsWith("./runtime")) return undefined;
  if (name === "ajv" && key.startsWith("./dist/runtime")) return undefined;
  return Object.hasOwn(alone, name) ? alone[name] : undefined;
}
