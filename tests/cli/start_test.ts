/** What is loaded when a command starts: its user waits for all of it, every time. */
import assert from "node:assert/strict";

const root = new URL("../../", import.meta.url);

/** What these modules load before their first line runs: paths of the repository, packages, built-in modules. */
async function loadedAtStart(...modules: readonly string[]): Promise<Set<string>> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-lock", new URL("cli/main.ts", root).href],
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
  const loaded = await loadedAtStart("cli/main.ts", "cli/_call_options.ts", "cli/call.ts");
  assert.ok(loaded.has("lib/client/farcall.ts"), [...loaded].join(" "));
  const rooms = /^(cli|lib\/(client|channel|transport|wire|context|errors|limits|log))\//;
  const config = /^lib\/config\/suggest\.ts$/;
  assert.deepEqual([...loaded].filter((name) => !rooms.test(name) && !config.test(name)), []);
});

Deno.test("an executor loads no package, and nothing of callers or deployments", async () => {
  const loaded = await loadedAtStart("cli/main.ts", "lib/executor/child.ts");
  const rooms = /^(cli\/main\.ts|lib\/(executor|channel|transport|wire|errors|limits|log)\/|node:)/;
  assert.deepEqual([...loaded].filter((name) => !rooms.test(name)), []);
});

Deno.test("no command loads the bundler before it bundles", async () => {
  const commands = ["call", "complete", "explain", "init", "keygen", "list", "serve", "status"]
    .concat(["types", "watch", "program", "main"]).map((name) => `cli/${name}.ts`);
  const loaded = await loadedAtStart(...commands);
  assert.ok(loaded.has("lib/deploy/bundle.ts"));
  assert.deepEqual([...loaded].filter((name) => /(npm:\/?|_)esbuild(@|\.ts)/.test(name)), []);
});
