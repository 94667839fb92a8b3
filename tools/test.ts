/**
 * Runs all tests except for those of the compiled executable: `deno task test`, followed by options of `deno test`.
 *
 * `deno test` loads each test module anew, with all of its imports, which often takes longer than its tests. So small
 * neighbours are merged into generated modules. Besides, `deno test` starts the modules of one folder in the given
 * order, but orders folders in its own way: so every module is imported by one in a single folder, the longest first,
 * so that no processor is idle at the end.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { updateBuiltFiles } from "./bundle.ts";

const tests = fileURLToPath(new URL("../tests/", import.meta.url));

/** Started first, longest first, each as a module of its own: some mostly wait for unresponsive nodes. */
const longest = [
  "protocol",
  "fleet/all_or_nothing",
  "cli/shared_fleet",
  "fleet/unchanged",
  "cli/network/fleet",
  "cli/call/failures",
  "remote/remote",
  "fleet/only_changes",
  "transport/raw_ip/far",
  "client/hostile_node",
  "npm/npm",
  "linear_time/parsers",
  "streams/library",
  "server/memory/resident_memory",
  "cli/network/demo_peers",
  "cli/commands/mcp",
  "sandbox/containment",
  "fleet/state_kill",
  "fleet/quick_start",
  "cli/call/unavailable",
  "cli/deploy/init",
  "operations/prometheus",
  "executor/deadlines",
  "cli/network/over",
  "server/memory/event_loop",
  "readme",
  "raw_ip/transfers",
  "fleet/nats/ways",
  "sandbox/granted",
  "cli/network/tls",
  "server/memory/memory",
  "server/deployment/staging",
  "cli/nodes/executor_budget",
  "cli/network/peer",
  "executor/link",
  "peer/raw",
  "type_check",
  "client/keep_alive",
  "executor/busy_node",
  "cli/nodes/resets",
  "cli/call/patience",
  "console/browser",
  "embedded/resets",
  "cli/nodes/log_file",
  "cli/deploy/repair",
  "server/calls/drain",
  "fleet/failover",
  "cli/commands/output",
  "cli/nodes/descriptors",
  "cli/deploy/init_trouble",
  "cli/network/over_ip",
];

/** Run alone, because they change, or measure, state that all modules of a thread share. */
const alone = [
  "executor/structured_clone",
  "inspect/inspect",
  "sandbox/realm",
  "timers/timers",
];

/** How many other modules share one. */
const modulesPerGroup = 10;
/** Of `cli`: each starts nodes, and takes some seconds. */
const suitesPerGroup = 5;

/** The test modules' paths, without `_test.ts`. */
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
  const shared = groupsOf(modules.filter((module) => !single.includes(module)));
  const groups = [
    ...longest.map((module) => [module]),
    ...shared,
    ...alone.map((module) => [module]),
  ];
  const files: string[] = [];
  for (const [index, members] of groups.entries()) {
    const file = join(folder, `${index + 1}_${members[0]!.replaceAll("/", "_")}.ts`);
    const imports = members.map((member) => `import ${JSON.stringify(pathOf(member))};\n`);
    await Deno.writeTextFile(file, imports.join(""));
    files.push(file);
  }
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--quiet", "--no-check", "--allow-all", "--parallel", ...Deno.args, ...files],
    // Most modules wait more than they work.
    env: { DENO_JOBS: String(3 * navigator.hardwareConcurrency) },
  }).spawn().status;
  return code;
}

// Ctrl-C ends `deno test`, too; the folder is removed after it.
Deno.addSignalListener("SIGINT", () => {});
// Tests start a thousand executors; see lib/files/built_file.ts.
await updateBuiltFiles();
const folder = await Deno.makeTempDir({ prefix: "farcall-tests-" });
let code = 1;
try {
  code = await run(folder);
} finally {
  await Deno.remove(folder, { recursive: true });
}
Deno.exit(code);
