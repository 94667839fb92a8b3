/** Imports go one way. This reads the module graph and fails on any other arrow. */
import assert from "node:assert/strict";
import { arrows } from "./_arrows/mod.ts";

/**
 * Rooms from which a program loads single files at each start, because every module costs time; all others import
 * `mod.ts`.
 */
const lightImporters =
  /^lib\/(channel\/|outgoing\/|executor\/(sandbox\/|bigint_hint|function_streams|outgoing_streams|link|permissions))|^cli\/call\//;

/** Files that others load separately: later than their room, or without the rest of it. */
const loadedAlone = [
  "cli/main.ts",
  "lib/channel/channel.ts",
  "lib/channel/deadline_table.ts",
  "lib/channel/streams.ts",
  "lib/client/types_text.ts",
  "lib/config/checked_models.ts",
  "lib/config/model.ts",
  "lib/config/suggest.ts",
  "lib/deploy/rollback_state.ts",
  "lib/encoding/uint32.ts",
  "lib/executor/sandbox/child.ts",
  "lib/files/built_file.ts",
  "lib/files/durable.ts",
  "lib/files/root_lock.ts",
  "lib/fleet/resolve.ts",
  "lib/fleet/roster_watch.ts",
  "lib/helper/child.ts",
  "lib/identity/certificate.ts",
  "lib/identity/nats_address.ts",
  "lib/log/format.ts",
  "lib/log/line_writer.ts",
  "lib/log/memory_history.ts",
  "lib/log/open_log.ts",
  "lib/manifest/generation.ts",
  "lib/manifest/names.ts",
  "lib/packed/source_stack.ts",
  "lib/peer/start_peer.ts",
  "lib/protocol/software.ts",
  "lib/timers/done_within.ts",
  "lib/timers/lanes.ts",
  "lib/timers/slices.ts",
  "lib/transport/conn.ts",
  "lib/transport/tcp.ts",
  "lib/transport/tls.ts",
  "lib/transport/write_queue.ts",
  "lib/types/json_schema.ts",
];

/** Modules without I/O and without a clock. */
const pure =
  /^lib\/((transport\/raw_ip\/engine|peer\/original|encoding|source_map|types|identity|manifest|protocol|errors|limits)\/|server\/(calls\/access|operator)\.ts|client\/calls\/provider_choice\.ts|deploy\/(diff|_packages_diff|plan|plan_text)\.ts)/;

/** Each npm package is named in exactly one module. */
const packageHomes: Record<string, string> = {
  "@sveltejs/acorn-typescript": "lib/deploy/functions/_syntax.ts",
  esbuild: "lib/deploy/bundle/_esbuild.ts",
  commander: "cli/program.ts",
};

/** Modules that name packages where the runtime's graph does not see them. */
const hiddenPackages: Record<string, readonly string[]> = {
  "lib/config/yaml/_library.ts": ["yaml"],
  "lib/javascript/_library.ts": ["acorn"],
  "lib/mcp/_library.ts": ["@modelcontextprotocol/server", "@modelcontextprotocol/server"],
  "lib/transport/nats/_library.ts": ["@nats-io/nats-core", "@nats-io/kv"],
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

/** Every TypeScript file below a folder, relative to the repository. */
async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
    if (isDirectory) found.push(...await filesBelow(`${folder}${name}/`));
    else if (name.endsWith(".ts")) found.push(folder + name);
  }
  return found;
}

/** Every import in the product: the importing file, and its target as a path of the repository or a package. */
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
        // Type-only imports are included: an arrow is an arrow.
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

/** The top-level room of a file: `server` for `lib/server/calls/access.ts`. */
function houseOf(file: string): string {
  return roomOf(file).split("/")[0];
}

async function importsWithin(): Promise<{ from: string; to: string }[]> {
  const found = (await imports()).filter(({ to }) => !/^(npm|node|jsr|https?):/.test(to));
  assert.ok(found.length > 100, "the graph was read");
  return found;
}

Deno.test("imports go one way: exactly these arrows between rooms", async () => {
  const found: Record<string, string[]> = {};
  for (const { from, to } of await importsWithin()) {
    const [here, there] = [roomOf(from), roomOf(to)];
    if (here !== there && !(found[here] ??= []).includes(there)) found[here].push(there);
  }
  for (const list of Object.values(found)) list.sort();
  assert.deepEqual(found, arrows);
});

Deno.test("rooms are imported through their mod.ts", async () => {
  const wrong = (await importsWithin())
    .filter(({ from, to }) => houseOf(from) !== houseOf(to) && !to.endsWith("/mod.ts"))
    .filter(({ from, to }) => !lightImporters.test(from) && !loadedAlone.includes(to))
    .map(({ from, to }) => `${from} → ${to}`);
  assert.deepEqual([...new Set(wrong)], []);
});

Deno.test("no file imports itself through others", async () => {
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

Deno.test("each package is named in exactly one module, with an exact version, from npm", async () => {
  const arrows = (await imports()).filter(({ to }) => /^(npm|jsr|https?):/.test(to));
  // Named where the runtime's own graph does not see it.
  for (const [home, names] of Object.entries(hiddenPackages)) {
    const text = await Deno.readTextFile(new URL(home, root));
    const named = text.matchAll(/^const \w*[sS]pecifier = "npm:(.+)@\d+\.\d+\.\d+(?:\/\w+)?";$/gm);
    assert.deepEqual(Array.from(named, ([, name]) => name), names);
  }
  for (const { from, to } of arrows) {
    const match = /^npm:(@?[^@]+)@\d+\.\d+\.\d+(\/.*)?$/.exec(to);
    assert.ok(match, `${from} imports ${to}: expected npm:NAME@EXACT.VERSION`);
    assert.equal(packageHomes[match[1]], from, `${from} imports ${to}`);
  }
});

Deno.test("the repository contains no package's code: packages come from npm's registry", async () => {
  const found: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
      if (isDirectory) await walk(`${folder}${name}/`);
      else if (!name.endsWith(".ts")) found.push(folder + name);
    }
  };
  for (const folder of ["lib/", "cli/", "tools/"]) await walk(folder);
  assert.deepEqual(found.filter((file) => !file.startsWith(page)), ["tools/install_test_programs"]);
});

/** The console's page, which is served unchanged. */
const page = "lib/console/page/";

Deno.test("the console's page is our own readable source, and imports nothing else", async () => {
  for await (const { name } of Deno.readDir(new URL(page, root))) {
    const text = await Deno.readTextFile(new URL(page + name, root));
    const lines = text.split("\n");
    assert.ok(lines.length <= 400, `${name} has ${lines.length} lines`);
    if (name.endsWith(".svg")) continue;
    assert.ok(lines.every((line) => line.length <= 160), `${name} has a long line`);
    const imported = [...text.matchAll(/\bfrom "([^"]+)"/g)].map(([, path]) => path);
    assert.ok(imported.every((path) => /^\.\/\w+\.js$/.test(path)), `${name} imports ${imported}`);
  }
});

Deno.test("pure rooms do no I/O", async () => {
  for (const file of await sources()) {
    if (!pure.test(file)) continue;
    const text = await Deno.readTextFile(new URL(file, root));
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    const found = /(\bDeno\.|fetch\(|setTimeout|setInterval|Date\.now|performance\.now|["']node:)/
      .exec(code);
    assert.equal(found?.[0], undefined, `${file} uses ${found?.[0]}`);
  }
});

Deno.test("a folder has at most 20 files", async () => {
  const files: Record<string, number> = {};
  const others = [...await filesBelow("tests/"), ...await filesBelow("bench/")];
  for (const file of [...await sources(), ...others]) {
    const folder = file.slice(0, file.lastIndexOf("/") + 1);
    files[folder] = (files[folder] ?? 0) + 1;
  }
  assert.deepEqual(Object.entries(files).filter(([, count]) => count > 20), []);
});

Deno.test("a file has at most 400 lines", async () => {
  for (
    const file of [...await sources(), ...await filesBelow("tests/"), ...await filesBelow("bench/")]
  ) {
    const lines = (await Deno.readTextFile(new URL(file, root))).split("\n").length;
    assert.ok(lines <= 400, `${file} has ${lines} lines`);
  }
});
