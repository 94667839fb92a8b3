/** The duration of `farcall call` from the shell, including its start and exit, relative to a hello-world program. */
import { fileURLToPath } from "node:url";
import { benchConfiguration, deployBench } from "../systems/contenders.ts";
import { denoArguments, Target } from "./processes.ts";
import { formatSummary, formatTable, summarize } from "./stats.ts";

/** The runs of one kind of command, each with a run of hello-world. */
export interface WholeCommand {
  /** `deno run`, or `compiled`; and whether the node is given by an init.yaml. */
  readonly kind: string;
  readonly hello: Durations;
  readonly call: Durations;
  /** Why there are no runs. */
  readonly error?: string;
}

/** In milliseconds, with a resolution of one; one of each per run. */
export interface Durations {
  readonly wallMs: number[];
  /** User and system time together, comparable even on a busy machine. */
  readonly cpuMs: number[];
}

const hello = 'console.log("hello");\n';

/**
 * Runs both alternately, as modules and, if `deno task compile` has written an executable, compiled. Hello-world is
 * compiled by the Deno named in `DENO_COMPILER`, by default by this one.
 *
 * @param folder An empty one, removed by the caller.
 */
export async function measureWholeCommands(
  folder: string,
  rounds: number,
): Promise<WholeCommand[]> {
  await using node = await Target.start(
    "1",
    denoArguments("mod.ts", "serve", "127.0.0.1", "0", "--root", `${folder}/root`),
  );
  await deployBench(folder, node.port);
  const helloModule = `${folder}/hello.ts`;
  await Deno.writeTextFile(helloModule, hello);
  await Deno.writeTextFile(`${folder}/init.yaml`, benchConfiguration(node.port));
  const elsewhere = `${folder}/elsewhere`;
  await Deno.mkdir(elsewhere);
  const measure = async (kind: string, hello: string[], farcall: string[]) => {
    const call = [...farcall, "call", "bench.add", "2", "3"];
    const calls = { cwd: elsewhere, call: [...call, "--server", `127.0.0.1:${node.port}`] };
    measured.push(await alternate(kind, rounds, { hello, ...calls }));
    const fromFile = { cwd: folder, call };
    measured.push(await alternate(`${kind}, init.yaml`, rounds, { hello, ...fromFile }));
  };
  const measured: WholeCommand[] = [];
  const deno = Deno.execPath();
  await measure("deno run", [deno, "run", "--quiet", helloModule], [
    deno,
    ...denoArguments("mod.ts"),
  ]);
  try {
    const compiledHello = await compileHello(helloModule, `${folder}/hello`);
    await measure("compiled", [compiledHello], [executable]);
  } catch (error) {
    const none = { hello: noDurations(), call: noDurations() };
    measured.push({ kind: "compiled", ...none, error: (error as Error).message });
  }
  return measured;
}

/** A table with a row per kind. */
export function wholeCommandTable(measured: readonly WholeCommand[]): string {
  return formatTable([
    ["`farcall call bench.add 2 3`, ms", "", "hello-world", "call", "ratio"],
    ...measured.flatMap(({ kind, hello, call, error }) => {
      if (error !== undefined) return [[kind, error, "–", "–", "–"]];
      const row = (name: string, helloMs: number[], callMs: number[]) => [
        kind,
        name,
        formatSummary(summarize(helloMs)),
        formatSummary(summarize(callMs)),
        formatSummary(summarize(callMs.map((ms, run) => ms / helloMs[run])), 2),
      ];
      return [row("wall", hello.wallMs, call.wallMs), row("CPU", hello.cpuMs, call.cpuMs)];
    }),
  ]);
}

const executable = fileURLToPath(new URL("../../dist/farcall", import.meta.url));

/** Compiles hello-world with the runtime of dist/farcall. @throws With the reason, in one line. */
async function compileHello(module: string, output: string): Promise<string> {
  const compiler = Deno.env.get("DENO_COMPILER") ?? Deno.execPath();
  let wanted: string;
  try {
    wanted = denoVersion(await run([executable, "--version"]));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error("no dist/farcall; deno task compile writes it");
  }
  const version = denoVersion(await run([compiler, "--version"]));
  if (version !== wanted) {
    throw new Error(
      `Deno ${wanted} has compiled dist/farcall, and hello-world would be by ${version}; ` +
        "name that Deno in DENO_COMPILER",
    );
  }
  try {
    await run([compiler, "compile", "--quiet", "--output", output, module]);
  } catch (error) {
    throw new Error(
      `deno compile of hello-world has failed (${(error as Error).message}); where it cannot ` +
        "download its runtime, name a denort in DENORT_BIN",
    );
  }
  return output;
}

/** Parses a text like `deno 2.9.6 (stable, …)`, or `farcall 0.1.0 (deno 2.4.2)`. */
function denoVersion(text: string): string {
  return /deno (\d+\.\d+\.\d+)/.exec(text)?.[1] ?? "of an unknown version";
}

/** Runs a command. @returns Its output. @throws With the innermost reason. */
async function run([program, ...args]: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    stdin: "null",
    env: { NO_COLOR: "1", RUST_BACKTRACE: "0" },
  }).output();
  if (success) return new TextDecoder().decode(stdout);
  const lines = new TextDecoder().decode(stderr).split("\n\nStack backtrace")[0].trim().split("\n");
  throw new Error(lines.at(-1)!.replace(/^\s*\d+: /, ""));
}

async function alternate(
  kind: string,
  rounds: number,
  { hello, call, cwd }: { readonly hello: string[]; readonly call: string[]; readonly cwd: string },
): Promise<WholeCommand> {
  const measured = { hello: noDurations(), call: noDurations() };
  // The first run of each fills the caches.
  for (let round = 0; round <= rounds; round++) {
    const first = await durationOf(hello, cwd);
    const second = await durationOf(call, cwd);
    if (round === 0) continue;
    add(measured.hello, first);
    add(measured.call, second);
  }
  return { kind, ...measured };
}

function noDurations(): Durations {
  return { wallMs: [], cpuMs: [] };
}

function add(all: Durations, [wallMs, cpuMs]: readonly [number, number]): void {
  all.wallMs.push(wallMs);
  all.cpuMs.push(cpuMs);
}

/** Runs a command on the client's processor, in a folder without a deno.json. */
async function durationOf(command: string[], cwd: string): Promise<[number, number]> {
  const { success, stderr } = await new Deno.Command("taskset", {
    // The shell's own clock, because it reports processor time, too.
    args: ["-c", "0", "bash", "-c", 'TIMEFORMAT="%3R %3U %3S"; time "$@"', "-", ...command],
    cwd,
    env: { LC_ALL: "C", NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
  }).output();
  const lines = new TextDecoder().decode(stderr).trim().split("\n");
  if (!success) throw new Error(`${command.slice(0, 2).join(" ")} failed: ${lines[0]}`);
  const [wall, user, system] = lines.at(-1)!.split(" ").map((text) => Number(text) * 1000);
  return [wall, user + system];
}
