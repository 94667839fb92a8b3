/** The modules that a command loads at its start, which its user waits for every time. */
import assert from "node:assert/strict";
import { temporaryFolder, TestNode } from "../../_support/nodes/node.ts";

const root = new URL("../../../", import.meta.url);

/** The modules loaded before these modules' first line runs: paths of the repository, packages, built-ins. */
async function loadedAtStart(...modules: readonly string[]): Promise<Set<string>> {
  // mod.ts imports the command line by a name that tools cannot see.
  const from = modules.includes("mod.ts") ? "mod.ts" : "cli/main.ts";
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-lock", new URL(from, root).href],
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const graph: Graph = JSON.parse(new TextDecoder().decode(stdout));
  const bySpecifier = new Map(graph.modules.map((module) => [module.specifier, module]));
  const loaded = new Set<string>();
  const load = (specifier: string): void => {
    const name = specifier.startsWith(root.href) ? specifier.slice(root.href.length) : specifier;
    if (loaded.has(name)) return;
    loaded.add(name);
    for (const dependency of bySpecifier.get(specifier)?.dependencies ?? []) {
      if (dependency.isDynamic || dependency.code?.specifier === undefined) continue;
      load(dependency.code.specifier);
    }
  };
  for (const module of modules) {
    assert.ok(bySpecifier.has(new URL(module, root).href), `${module} is in the graph`);
    load(new URL(module, root).href);
  }
  return loaded;
}

interface Graph {
  modules: {
    specifier: string;
    dependencies?: { isDynamic?: boolean; code?: { specifier?: string } }[];
  }[];
}

Deno.test("a plain call loads no package, no built-in module of Node and no room but the caller's", async () => {
  const loaded = await loadedAtStart("cli/main.ts", "cli/call/call_options.ts", "cli/call/call.ts");
  assert.ok(loaded.has("lib/client/farcall.ts"), [...loaded].join(" "));
  const rooms =
    /^(cli|lib\/(client|channel|transport|encoding|types|identity|manifest|protocol|context|timers|errors|limits|log))\//;
  const config = /^lib\/config\/suggest\.ts$/;
  assert.deepEqual([...loaded].filter((name) => !rooms.test(name) && !config.test(name)), []);
  // Of the protocols, only the parts that calls over frames need.
  const others =
    /^lib\/(manifest\/(mod|manifest)|protocol\/json\/.*|client\/(explain|connection\/one_shot)|transport\/(mod|listen|_listener|memory|unix|tls)|channel\/(mod|turns))\.ts$/;
  assert.deepEqual([...loaded].filter((name) => others.test(name)), []);
});

Deno.test("a command reads its own modules, not those of all others", async () => {
  const text = await Deno.readTextFile(new URL("deno.json", root));
  assert.ok(JSON.parse(text).unstable.includes("lazy-dynamic-imports"));
  // Run as the command line, it loads the library first.
  const loaded = await loadedAtStart("mod.ts");
  const others =
    /^lib\/(manifest\/manifest|config\/(load|yaml\/.*)|peer\/(mod|inbox)|(server|store|deploy)\/.*)\.ts$/;
  assert.ok(loaded.has("lib/embedded/rpc.ts"), [...loaded].join(" "));
  assert.deepEqual([...loaded].filter((name) => others.test(name)), []);
});

Deno.test("an executor loads no more of protocols and transports than its link needs", async () => {
  const loaded = await loadedAtStart("lib/executor/sandbox/child.ts");
  assert.ok(loaded.has("lib/executor/sandbox/_globals.ts"), [...loaded].join(" "));
  const rooms =
    /^lib\/(executor|inspect|channel|transport|encoding|types|identity|manifest|protocol|errors|limits)\//;
  assert.deepEqual([...loaded].filter((name) => !rooms.test(name)), []);
  const others =
    /^lib\/(transport\/(mod|tcp|listen|_listener|tls|memory)|channel\/(mod|turns)|(types|identity|manifest|protocol)\/mod|manifest\/manifest|protocol\/(request|json\/.*)|executor\/(mod|supervisor\/.*))\.ts$/;
  assert.deepEqual([...loaded].filter((name) => others.test(name)), []);
});

Deno.test("a plain call uses no feature that the runtime would load for it alone", async () => {
  const source = "export const add = (a, b) => a + b;";
  const add = [{ args: ["int", "int"], returns: ["int"], source }];
  await using node = await TestNode.start({
    isWarm: true,
    deployment: { services: { m: { rpcs: { add } } } },
  });
  await using folder = await temporaryFolder();
  const program = `${folder.path}/program.ts`;
  const main = new URL("cli/main.ts", root);
  await Deno.writeTextFile(
    program,
    `// Deno 2.9 loads its side for Node with the first timer.
    for (const name of ["setTimeout", "clearTimeout", "setInterval", "clearInterval"]) {
      const get = () => { throw new Error(name + " was asked for"); };
      Object.defineProperty(globalThis, name, { get });
    }
    // Even on a busy machine, this process is young.
    const { now } = performance;
    const startMs = now.call(performance);
    performance.now = () => (now.call(performance) - startMs) / 1000;
    const { main } = await import("${main}");
    Deno.exit(await main(["call", "m.add", "2", "3", "--server", "${node.address}"]));`,
  );
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--allow-all", program],
    cwd: folder.path,
  }).output();
  assert.equal(new TextDecoder().decode(stderr), "");
  assert.equal(new TextDecoder().decode(stdout), "5\n");
});

Deno.test("an executor loads no package, and nothing of callers or deployments", async () => {
  const loaded = await loadedAtStart("cli/main.ts", "lib/executor/sandbox/child.ts");
  const rooms =
    /^(cli\/main\.ts|lib\/(executor|inspect|channel|transport|encoding|types|identity|manifest|protocol|timers|errors|limits|log)\/|node:)/;
  assert.deepEqual([...loaded].filter((name) => !rooms.test(name)), []);
});

Deno.test("neither a call nor a node loads trace modules unless the environment names a collector", async () => {
  const loaded = await loadedAtStart(
    "cli/call/call.ts",
    "cli/call/_call_all.ts",
    "cli/node/serve.ts",
  );
  assert.ok(loaded.has("lib/server/calls/dispatch.ts") && loaded.has("lib/client/farcall.ts"));
  assert.deepEqual([...loaded].filter((name) => /^lib\/traces\/|_trace_notes/.test(name)), []);
});

Deno.test("no command loads the bundler before it bundles", async () => {
  const commands = ["call/call", "deploy/init", "deploy/status", "deploy/watch", "main"]
    .concat(["node/keygen", "node/serve", "program"])
    .concat(["services/complete", "services/explain", "services/list", "services/types"])
    .map((name) => `cli/${name}.ts`);
  const loaded = await loadedAtStart(...commands);
  assert.ok(loaded.has("lib/deploy/bundle/bundle.ts"));
  assert.deepEqual([...loaded].filter((name) => /(npm:\/?|_)esbuild(@|\.ts)/.test(name)), []);
});
