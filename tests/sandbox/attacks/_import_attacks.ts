/** Escaping by imports: refused on arrival, and useless if one got past that. */
import type { Attack } from "./attacks.ts";
import { trying } from "../_trying.ts";

const parsed = "The node parses each arriving script and refuses any import, used or not.";

function refused(name: string, source: string, what: string): Attack {
  return { name, source, expected: { refused: new RegExp(what) }, why: parsed };
}

const anImport = / import .*\d+:\d+; \w/.source;
const aDynamicImport = / import\(\) .*\d+:\d+; \w/.source;
const aReexport = / export … .*at \d+:\d+; \w/.source;
const aMeta = / import\.meta .*\d+:\d+; \w/.source;
const noModule = /\bJavaScript module: /.source;

const refusedAttacks: readonly Attack[] = [
  refused(
    "import a file, literally",
    'import text from "/etc/hostname";\nexport default () => text;',
    anImport,
  ),
  refused(
    "import Node's modules, literally",
    'import "node:fs";\nexport default () => "";',
    anImport,
  ),
  refused(
    "import of an http URL",
    trying('return await import("http://127.0.0.1:1/x.js");'),
    aDynamicImport,
  ),
  refused("import of an npm package", trying('return await import("npm:yaml");'), aDynamicImport),
  refused("import of a jsr package", trying('return await import("jsr:@std/fs");'), aDynamicImport),
  refused(
    "import of a data URL",
    trying('return await import("data:text/javascript,export default 1");'),
    aDynamicImport,
  ),
  refused(
    "import of a blob URL",
    trying('return await import("blob:null/00000000-0000-0000-0000-000000000000");'),
    aDynamicImport,
  ),
  refused(
    "import of a computed file URL",
    trying('return await import(["fi", "le://"].join("") + bait.file);'),
    aDynamicImport,
  ),
  refused(
    "import in the argument of a function that never runs",
    "export default (text, _ = () => import(text)) => text;",
    aDynamicImport,
  ),
  refused(
    "import with comments and line breaks between",
    trying("return await import/* x */\n// y\n(bait.file);"),
    aDynamicImport,
  ),
  refused(
    'import as JSON: with { type: "json" }',
    'import text from "./x.json" with { type: "json" };\nexport default () => text;',
    anImport,
  ),
  refused(
    'import as text: with { type: "text" }',
    trying('return (await import(bait.file, { with: { type: "text" } })).default;'),
    aDynamicImport,
  ),
  refused(
    'import as bytes: with { type: "bytes" }',
    trying('return (await import(bait.file, { with: { type: "bytes" } })).default;'),
    aDynamicImport,
  ),
  refused(
    "re-export of everything",
    'export * from "node:fs";\nexport default () => "";',
    aReexport,
  ),
  refused("re-export by name", 'export { readFileSync as default } from "node:fs";', aReexport),
  refused(
    "import.meta: where the script lies, and import.meta.resolve",
    "export default () => import.meta.url;",
    aMeta,
  ),
  refused(
    "import spelled with an escape",
    "export default (text) => \\u0069mport(text);",
    noModule,
  ),
  refused(
    "imports of later language versions: import defer, import source",
    'import defer * as fs from "node:fs";\nexport default () => "";',
    noModule,
  ),
  refused(
    "hidden from the parser: an HTML comment",
    "<!-- import('x')\nexport default () => '';",
    noModule,
  ),
];

const revoked = "No import permission from the start, no permission at all once a call runs.";

function smuggled(name: string, body: string, value: RegExp, why = revoked): Attack {
  return {
    name: `smuggled past the check: ${name}`,
    source: trying(body),
    expected: { value },
    isSmuggled: true,
    why,
  };
}

const denied = /^\w*(Error|NotCapable): /;

const smuggledAttacks: readonly Attack[] = [
  smuggled(
    "import of an http URL",
    'return await import("http://127.0.0.1:" + bait.port + "/x.js");',
    denied,
  ),
  smuggled("import of an npm package", 'return await import("npm:left-pad@1.3.0");', denied),
  smuggled("import of a jsr package", 'return await import("jsr:@std/fs@1.0.0");', denied),
  smuggled(
    "import of a file",
    'return Object.values(await import("file://" + bait.file));',
    denied,
  ),
  smuggled(
    "import of a file as JSON",
    'return (await import("file://" + bait.file, { with: { type: "json" } })).default;',
    denied,
  ),
  smuggled(
    "import of a file as text",
    'return (await import("file://" + bait.file, { with: { type: "text" } })).default;',
    denied,
  ),
  smuggled(
    "a file by node:fs",
    'return (await import("node:fs")).readFileSync(bait.file, "utf8");',
    denied,
  ),
  smuggled(
    "the command line of the node by node:fs",
    'return (await import("node:fs")).readFileSync("/proc/" + bait.pid + "/cmdline", "utf8");',
    denied,
  ),
  smuggled(
    "the script of another service by node:fs",
    'return (await import("node:fs")).readFileSync(bait.otherScript, "utf8");',
    denied,
  ),
  smuggled(
    "inherited descriptors by node:fs",
    'return (await import("node:fs")).readdirSync("/proc/self/fd");',
    denied,
  ),
  smuggled(
    "a connection by node:net",
    `
    const { connect } = await import("node:net");
    return await new Promise((done, failed) => {
      connect(bait.port, "127.0.0.1").on("connect", () => done("connected")).on("error", failed);
    });`,
    denied,
  ),
  smuggled(
    "a program by node:child_process",
    'return (await import("node:child_process")).execSync("touch " + bait.folder + "/run");',
    denied,
  ),
  smuggled(
    "the node's environment by node:process",
    'return (await import("node:process")).env[bait.variable];',
    /^(got undefined$|\w*Error: )/,
  ),
  smuggled(
    "kill the node by node:process",
    'return (await import("node:process")).kill(bait.pid, "SIGKILL");',
    denied,
  ),
  smuggled(
    "a worker by node:worker_threads",
    `
    const { Worker } = await import("node:worker_threads");
    const code = "require('node:fs').writeFileSync(" + JSON.stringify(bait.folder + "/worker") + ", 'x')";
    return await new Promise((done, failed) => {
      const worker = new Worker(code, { eval: true });
      worker.on("error", failed).on("exit", (code) => failed(new Error("exit " + code)));
      setTimeout(() => done("nothing in return"), 300);
    });`,
    /^(got nothing in return$|\w+: )/,
  ),
];

export const importAttacks: readonly Attack[] = [...refusedAttacks, ...smuggledAttacks];
