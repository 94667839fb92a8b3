/**
 * Runs all tests but those of the compiled executable: `deno task test`, with more options of `deno test` behind it.
 *
 * Each module of tests that `deno test` is given is loaded anew, with all that it imports, which takes longer than many a
 * module's tests. So small neighbours share a module, made here. And modules are begun in the order that they are given: the
 * longest come first, so that no processor is idle at the end.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { updateExecutorFile } from "./executor.ts";

const tests = fileURLToPath(new URL("../tests/", import.meta.url));

/** Begun first, longest first, each by itself: some wait for most of their time, for nodes that do not answer. */
const longest = [
  "fleet/all_or_nothing",
  "protocol",
  "transport/raw_ip/far",
  "client/hostile_node",
  "npm/npm",
  "linear_time/parsers",
  "cli/executor_budget",
  "cli/demo_peers",
  "cli/mcp",
  "cli/shared_fleet",
  "executor/link",
  "type_check",
  "peer/raw",
  "streams/library",
  "client/keep_alive",
  "server/resident_memory",
  "executor/busy_node",
  "sandbox/containment",
  "cli/resets",
  "cli/patience",
  "console/browser",
  "embedded/resets",
  "cli/log_file",
  "executor/deadlines",
  "fleet/unchanged",
  "cli/repair",
  "cli/peer",
  "server/drain",
  "fleet/failover",
  "cli/output",
  "cli/over",
  "cli/descriptors",
  "cli/fleet",
  "cli/init_trouble",
  "readme",
  "cli/tls",
  "cli/over_ip",
  "server/staging",
];

/** Alone, since they change what all modules of a thread share, or measure it. */
const alone = [
  "executor/structured_clone",
  "inspect/inspect",
  "sandbox/realm",
  "server/event_loop",
  "server/memory",
  "timers/timers",
];

/** How many other modules share one. */
const modulesPerGroup = 10;
/** Of `cli`: each starts nodes, and takes some seconds. */
const suitesPerGroup = 5;

/** The modules of tests, without `_test.ts`. */
async function testModules(folder = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(tests, folder))) {
    const path = folder + name;
    if (isDirectory && path !== "compiled") found.push(...await testModules(`${path}/`));
    else if (name.endsWith("_test.ts")) found.push(path.slice(0, -"_test.ts".length));
  }
  return found.sort();
}

/** Modules that share one. */
function groupsOf(modules: readonly string[]): string[][] {
  const { suites = [], others = [] } = Object.groupBy(
    modules,
    (module) => module.startsWith("cli/") ? "suites" : "others",
  );
  return [...chunked(suites, suitesPerGroup), ...chunked(others, modulesPerGroup)];
}

function chunked<T>(items: readonly T[], size: number): T[][] {
  return Array.from(
    { length: Math.ceil(items.length / size) },
    (_, index) => items.slice(index * size, (index + 1) * size),
  );
}

function pathOf(module: string): string {
  return join(tests, `${module}_test.ts`);
}

async function run(folder: string): Promise<number> {
  const modules = await testModules();
  const single = [...longest, ...alone];
  const unknown = single.filter((module) => !modules.includes(module));
  if (unknown.length > 0) throw new Error(`tools/test.ts names what is not there: ${unknown}`);
  const files = longest.map(pathOf);
  const groups = groupsOf(modules.filter((module) => !single.includes(module)));
  for (const [index, members] of groups.entries()) {
    const file = join(folder, `group_${index + 1}.ts`);
    const imports = members.map((member) => `import ${JSON.stringify(pathOf(member))};\n`);
    await Deno.writeTextFile(file, imports.join(""));
    files.push(file);
  }
  files.push(...alone.map(pathOf));
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--quiet", "--no-check", "--allow-all", "--parallel", ...Deno.args, ...files],
    // Most modules wait more than they work.
    env: { DENO_JOBS: String(4 * navigator.hardwareConcurrency) },
  }).spawn().status;
  return code;
}

// Ctrl-C ends `deno test`, too; the folder goes when that has ended.
Deno.addSignalListener("SIGINT", () => {});
// Tests start a thousand executors; see lib/executor/supervisor/one_file.ts.
await updateExecutorFile();
const folder = await Deno.makeTempDir({ prefix: "farcall-tests-" });
let code = 1;
try {
  code = await run(folder);
} finally {
  await Deno.remove(folder, { recursive: true });
}
Deno.exit(code);
