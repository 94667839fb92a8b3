/** Imports go one way. This reads the module graph and fails on any other arrow. */
import assert from "node:assert/strict";

/** Which rooms each room imports: these and no others. A room is a folder; those of lib/ are named without it. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  channel: ["encoding", "errors", "limits", "protocol", "transport", "types"],
  cli: [
    "cli/call",
    "cli/usage",
    "client",
    "config",
    "encoding",
    "errors",
    "executor/sandbox",
    "helper",
    "identity",
    "log",
  ],
  "cli/call": [
    "cli",
    "cli/services",
    "cli/usage",
    "client",
    "config",
    "encoding",
    "errors",
    "identity",
    "limits",
    "log",
    "manifest",
    "types",
  ],
  "cli/deploy": ["cli", "cli/services", "client", "config", "deploy", "errors", "limits"],
  "cli/logs": ["cli", "client", "errors", "log", "manifest"],
  "cli/node": [
    "cli",
    "client",
    "config",
    "deploy",
    "errors",
    "identity",
    "limits",
    "log",
    "manifest",
    "protocol",
    "server",
    "transport",
  ],
  "cli/peer": ["cli", "cli/usage", "errors", "limits", "log", "manifest", "peer"],
  "cli/project": ["cli", "cli/deploy", "cli/services", "client", "config", "errors"],
  "cli/services": [
    "cli",
    "cli/call",
    "cli/deploy",
    "cli/usage",
    "client",
    "config",
    "errors",
    "identity",
    "limits",
    "log",
    "manifest",
    "protocol",
    "types",
  ],
  "cli/usage": [
    "cli",
    "cli/call",
    "cli/deploy",
    "cli/logs",
    "cli/node",
    "cli/peer",
    "cli/project",
    "cli/services",
    "config",
    "protocol",
  ],
  client: [
    "client/calls",
    "client/connection",
    "config",
    "context",
    "encoding",
    "errors",
    "identity",
    "limits",
    "log",
    "protocol",
    "timers",
    "transport",
    "types",
  ],
  "client/calls": [
    "client",
    "client/connection",
    "config",
    "encoding",
    "errors",
    "identity",
    "limits",
    "protocol",
    "types",
  ],
  "client/connection": [
    "channel",
    "client",
    "encoding",
    "errors",
    "identity",
    "limits",
    "protocol",
    "protocol/json",
    "timers",
    "transport",
    "transport/raw_ip",
    "types",
  ],
  config: ["config/sections", "config/yaml", "errors", "identity", "limits", "manifest"],
  "config/sections": [
    "config",
    "config/yaml",
    "encoding",
    "errors",
    "identity",
    "limits",
    "manifest",
    "types",
  ],
  "config/yaml": ["config", "errors"],
  deploy: [
    "client",
    "config",
    "deploy/bundle",
    "deploy/functions",
    "errors",
    "identity",
    "limits",
    "manifest",
    "protocol",
    "types",
  ],
  "deploy/bundle": [
    "config",
    "deploy",
    "deploy/functions",
    "deploy/packages",
    "errors",
    "files",
    "identity",
    "limits",
    "manifest",
    "protocol",
    "source_map",
  ],
  "deploy/functions": ["client", "errors", "javascript", "limits", "types"],
  "deploy/packages": ["config"],
  embedded: [
    "context",
    "encoding",
    "errors",
    "executor",
    "identity",
    "limits",
    "log",
    "manifest",
    "protocol",
    "server",
    "transport",
    "transport/raw_ip",
    "types",
  ],
  encoding: ["errors", "limits"],
  executor: [
    "channel",
    "encoding",
    "errors",
    "executor/in_process",
    "executor/sandbox",
    "executor/supervisor",
    "executor/system",
    "identity",
    "inspect",
    "limits",
    "manifest",
    "protocol",
    "types",
  ],
  "executor/in_process": [
    "context",
    "errors",
    "executor",
    "limits",
    "manifest",
    "protocol",
    "types",
  ],
  "executor/sandbox": [
    "channel",
    "encoding",
    "errors",
    "executor",
    "executor/sandbox/facades",
    "executor/sandbox/facades/granted",
    "inspect",
    "limits",
    "manifest",
    "protocol",
    "transport",
    "types",
  ],
  "executor/sandbox/facades/granted": ["executor/sandbox/facades", "identity"],
  "executor/supervisor": [
    "channel",
    "encoding",
    "errors",
    "executor",
    "executor/sandbox",
    "executor/system",
    "files",
    "identity",
    "limits",
    "log",
    "manifest",
    "protocol",
    "transport",
    "types",
  ],
  "executor/system": ["channel", "errors", "identity", "limits", "log"],
  files: ["errors", "limits"],
  helper: [
    "encoding",
    "errors",
    "files",
    "identity",
    "javascript",
    "limits",
    "log",
    "protocol",
    "protocol/json",
    "source_map",
    "types",
  ],
  identity: ["encoding", "errors"],
  inspect: ["limits"],
  log: ["limits"],
  manifest: ["encoding", "errors", "identity", "limits", "types"],
  mod: [
    "client",
    "config",
    "context",
    "embedded",
    "errors",
    "log",
    "peer",
    "protocol",
    "transport",
  ],
  peer: [
    "errors",
    "identity",
    "limits",
    "log",
    "peer/folder",
    "peer/original",
    "peer/transfer",
    "timers",
    "transport/raw_ip/socket",
  ],
  "peer/folder": ["errors", "files", "limits", "log", "peer", "peer/original"],
  "peer/original": ["encoding", "errors", "limits", "log"],
  "peer/transfer": [
    "errors",
    "identity",
    "limits",
    "log",
    "peer",
    "peer/folder",
    "peer/original",
    "transport",
    "transport/raw_ip",
  ],
  protocol: ["encoding", "errors", "identity", "limits", "manifest"],
  "protocol/json": ["encoding", "errors", "identity", "limits", "types"],
  server: [
    "channel",
    "encoding",
    "errors",
    "executor",
    "helper",
    "identity",
    "limits",
    "log",
    "manifest",
    "protocol",
    "protocol/json",
    "server/calls",
    "server/deployment",
    "server/frames",
    "server/json",
    "server/memory",
    "server/metrics",
    "server/peer",
    "store",
    "transport",
    "transport/raw_ip",
  ],
  "server/calls": [
    "channel",
    "encoding",
    "errors",
    "executor",
    "identity",
    "limits",
    "log",
    "manifest",
    "protocol",
    "server/memory",
    "server/metrics",
    "source_map",
    "types",
  ],
  "server/deployment": [
    "encoding",
    "errors",
    "executor",
    "helper",
    "identity",
    "limits",
    "log",
    "manifest",
    "protocol",
    "protocol/json",
    "server",
    "server/calls",
    "server/json",
    "server/metrics",
    "server/peer",
    "store",
    "timers",
    "types",
  ],
  "server/frames": [
    "channel",
    "encoding",
    "errors",
    "executor",
    "limits",
    "log",
    "protocol",
    "server",
    "server/calls",
    "server/deployment",
    "server/memory",
    "server/metrics",
    "server/peer",
    "timers",
    "transport",
    "types",
  ],
  "server/json": [
    "channel",
    "encoding",
    "errors",
    "executor",
    "helper",
    "identity",
    "limits",
    "protocol",
    "protocol/json",
    "server",
    "server/calls",
    "server/memory",
    "server/metrics",
    "server/peer",
    "timers",
    "transport",
    "types",
  ],
  "server/memory": ["channel", "errors", "helper", "identity", "limits", "protocol"],
  "server/metrics": [
    "encoding",
    "errors",
    "limits",
    "log",
    "protocol",
    "protocol/json",
    "server",
    "server/calls",
    "timers",
  ],
  "server/peer": [
    "channel",
    "errors",
    "identity",
    "limits",
    "log",
    "manifest",
    "protocol",
    "server",
    "server/calls",
    "server/memory",
    "store",
    "timers",
    "transport",
  ],
  source_map: ["limits"],
  store: ["encoding", "errors", "files", "identity", "limits", "manifest", "timers"],
  timers: ["limits"],
  transport: ["errors", "limits", "timers"],
  "transport/raw_ip": [
    "errors",
    "limits",
    "transport",
    "transport/raw_ip/engine",
    "transport/raw_ip/socket",
  ],
  "transport/raw_ip/engine": [
    "limits",
    "transport/raw_ip/engine/packets",
    "transport/raw_ip/engine/receiving",
    "transport/raw_ip/engine/sending",
  ],
  "transport/raw_ip/engine/packets": ["limits", "transport/raw_ip/engine"],
  "transport/raw_ip/engine/receiving": [
    "limits",
    "transport/raw_ip/engine",
    "transport/raw_ip/engine/packets",
    "transport/raw_ip/engine/sending",
  ],
  "transport/raw_ip/engine/sending": [
    "limits",
    "transport/raw_ip/engine",
    "transport/raw_ip/engine/packets",
  ],
  "transport/raw_ip/socket": ["limits", "transport/raw_ip/engine"],
  types: ["encoding", "errors", "limits"],
};

/** Rooms of which a program loads single files at each start, since every module costs one; all others take `mod.ts`. */
const lightImporters =
  /^lib\/(channel\/|executor\/(sandbox\/|bigint_hint|function_streams|link|permissions))|^cli\/call\//;

/** Files that others load by themselves: later than their room, or without the rest of it. */
const loadedAlone = [
  "cli/main.ts",
  "lib/client/types_text.ts",
  "lib/config/model.ts",
  "lib/config/suggest.ts",
  "lib/encoding/uint32.ts",
  "lib/executor/sandbox/child.ts",
  "lib/files/root_lock.ts",
  "lib/helper/child.ts",
  "lib/identity/certificate.ts",
  "lib/log/format.ts",
  "lib/log/line_writer.ts",
  "lib/log/memory_history.ts",
  "lib/log/open_log.ts",
  "lib/manifest/generation.ts",
  "lib/timers/slices.ts",
  "lib/transport/tls.ts",
  "lib/types/json_schema.ts",
];

/** Modules that neither read, write, connect nor look at a clock. */
const pure =
  /^lib\/((transport\/raw_ip\/engine|peer\/original|encoding|source_map|types|identity|manifest|protocol|errors|limits)\/|server\/(calls\/access|operator)\.ts|client\/calls\/provider_choice\.ts|deploy\/(diff|_packages_diff|plan|plan_text)\.ts)/;

/** Each npm package is named in exactly one module. */
const packageHomes: Record<string, string> = {
  "@sveltejs/acorn-typescript": "lib/deploy/functions/_syntax.ts",
  acorn: "lib/javascript/mod.ts",
  esbuild: "lib/deploy/bundle/_esbuild.ts",
  commander: "cli/program.ts",
};

const root = new URL("../", import.meta.url);

interface Graph {
  modules: {
    specifier: string;
    dependencies?: { specifier: string; code?: { specifier?: string } }[];
  }[];
}

async function sources(): Promise<string[]> {
  return ["mod.ts", ...await filesBelow("lib/"), ...await filesBelow("cli/")].sort();
}

/** Every TypeScript file below a folder, from the repository. */
async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
    if (isDirectory) found.push(...await filesBelow(`${folder}${name}/`));
    else if (name.endsWith(".ts")) found.push(folder + name);
  }
  return found;
}

/** Every import in the product: the importing file, and what it names as a path of the repository or a package. */
async function imports(): Promise<{ from: string; to: string }[]> {
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const files = await sources();
    await Deno.writeTextFile(
      entry,
      files.map((file) => `import ${JSON.stringify(new URL(file, root).href)};`).join("\n"),
    );
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--no-config", "--no-lock", entry],
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const graph: Graph = JSON.parse(new TextDecoder().decode(stdout));
    const arrows: { from: string; to: string }[] = [];
    for (const module of graph.modules) {
      if (!module.specifier.startsWith(root.href)) continue;
      const from = module.specifier.slice(root.href.length);
      for (const dependency of module.dependencies ?? []) {
        // What only a type needs stands there too; an arrow is an arrow.
        const target = dependency.code?.specifier ??
          (dependency as { type?: { specifier?: string } }).type?.specifier ?? dependency.specifier;
        arrows.push({
          from,
          to: target.startsWith(root.href) ? target.slice(root.href.length) : dependency.specifier,
        });
      }
    }
    return arrows;
  } finally {
    await Deno.remove(entry);
  }
}

function roomOf(file: string): string {
  return file === "mod.ts" ? "mod" : file.slice(0, file.lastIndexOf("/")).replace(/^lib\//, "");
}

/** The room at the top that a file belongs to: `server` of `lib/server/calls/access.ts`. */
function houseOf(file: string): string {
  return roomOf(file).split("/")[0];
}

async function importsWithin(): Promise<{ from: string; to: string }[]> {
  const found = (await imports()).filter(({ to }) => !/^(npm|node|jsr|https?):/.test(to));
  assert.ok(found.length > 100, "the graph was read");
  return found;
}

Deno.test("imports go one way: these arrows between rooms, and no others", async () => {
  const found: Record<string, string[]> = {};
  for (const { from, to } of await importsWithin()) {
    const [here, there] = [roomOf(from), roomOf(to)];
    if (here !== there && !(found[here] ??= []).includes(there)) found[here].push(there);
  }
  for (const list of Object.values(found)) list.sort();
  assert.deepEqual(found, arrows);
});

Deno.test("rooms are entered by their mod.ts", async () => {
  const wrong = (await importsWithin())
    .filter(({ from, to }) => houseOf(from) !== houseOf(to) && !to.endsWith("/mod.ts"))
    .filter(({ from, to }) => !lightImporters.test(from) && !loadedAlone.includes(to))
    .map(({ from, to }) => `${from} → ${to}`);
  assert.deepEqual([...new Set(wrong)], []);
});

Deno.test("no file imports itself by way of others", async () => {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of await importsWithin()) {
    next.set(from, (next.get(from) ?? new Set()).add(to));
  }
  const isDone = new Set<string>();
  const path: string[] = [];
  const cycles: string[] = [];
  const visit = (file: string): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(" → "));
    if (isDone.has(file) || path.includes(file)) return;
    path.push(file);
    for (const to of next.get(file) ?? []) visit(to);
    path.pop();
    isDone.add(file);
  };
  for (const file of next.keys()) visit(file);
  assert.deepEqual(cycles, []);
});

Deno.test("a leading underscore keeps a file inside its folder", async () => {
  const wrong = (await imports())
    .filter(({ to }) => /\/_[^/]+$/.test(to))
    .filter(({ from, to }) =>
      from.slice(0, from.lastIndexOf("/")) !== to.slice(0, to.lastIndexOf("/"))
    )
    .map(({ from, to }) => `${from} → ${to}`);
  assert.deepEqual(wrong, []);
});

Deno.test("each package is named in exactly one module, with an exact version, and none is of JSR", async () => {
  const arrows = (await imports()).filter(({ to }) => /^(npm|jsr|https?):/.test(to));
  // Named where the runtime's own graph does not see it.
  const hidden = await Deno.readTextFile(new URL("lib/config/yaml/_library.ts", root));
  assert.match(hidden, /^const specifier = "npm:yaml@\d+\.\d+\.\d+";$/m);
  for (const { from, to } of arrows) {
    const match = /^npm:(@?[^@]+)@\d+\.\d+\.\d+(\/.*)?$/.exec(to);
    assert.ok(match, `${from} imports ${to}: expected npm:NAME@EXACT.VERSION`);
    assert.equal(packageHomes[match[1]], from, `${from} imports ${to}`);
  }
});

Deno.test("no package's code lies in the repository: packages come from npm's registry", async () => {
  const found: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
      if (isDirectory) await walk(`${folder}${name}/`);
      else if (!name.endsWith(".ts")) found.push(folder + name);
    }
  };
  for (const folder of ["lib/", "cli/", "tools/"]) await walk(folder);
  assert.deepEqual(found, ["tools/install_test_programs"]);
});

Deno.test("what is said to be pure does no I/O", async () => {
  for (const file of await sources()) {
    if (!pure.test(file)) continue;
    const text = await Deno.readTextFile(new URL(file, root));
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    const found = /(\bDeno\.|fetch\(|setTimeout|setInterval|Date\.now|performance\.now|["']node:)/
      .exec(code);
    assert.equal(found?.[0], undefined, `${file} uses ${found?.[0]}`);
  }
});

Deno.test("no folder has grown into two: 20 files at most", async () => {
  const files: Record<string, number> = {};
  for (const file of await sources()) files[roomOf(file)] = (files[roomOf(file)] ?? 0) + 1;
  assert.deepEqual(Object.entries(files).filter(([, count]) => count > 20), []);
});

Deno.test("no file has grown into two: 400 lines at most", async () => {
  // The list of arrows above is longer by itself.
  const tests = (await filesBelow("tests/")).filter((file) => file !== "tests/layers_test.ts");
  for (const file of [...await sources(), ...tests]) {
    const lines = (await Deno.readTextFile(new URL(file, root))).split("\n").length;
    assert.ok(lines <= 400, `${file} has ${lines} lines`);
  }
});
