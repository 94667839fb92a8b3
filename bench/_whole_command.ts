/** How long `farcall call` takes from the shell, its start and end included, against a program that only says hello. */
import { fileURLToPath } from "node:url";
import { deployBench } from "./_contenders.ts";
import { denoArguments, Target } from "./_processes.ts";

/** Each run of a command of one kind, in milliseconds. */
export interface WholeCommand {
  /** `deno run`, or `compiled`. */
  readonly kind: string;
  readonly helloMs: number[];
  readonly callMs: number[];
  /** Why there are no runs. */
  readonly error?: string;
}

const hello = 'console.log("hello");\n';

/**
 * Runs both in turn, as modules and, where `deno task compile` has written an executable, compiled. The environment's
 * `DENO_COMPILER` names the Deno that did, where it is another one than this.
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
  await Deno.writeTextFile(`${folder}/hello.ts`, hello);
  const call = ["call", "bench.add", "2", "3", "--server", `127.0.0.1:${node.port}`];
  const deno = Deno.execPath();
  const measured = [
    await alternate("deno run", rounds, {
      hello: [deno, "run", "--quiet", `${folder}/hello.ts`],
      call: [deno, ...denoArguments("mod.ts", ...call)],
    }, folder),
  ];
  const executable = fileURLToPath(new URL("../dist/farcall", import.meta.url));
  try {
    await Deno.stat(executable);
    const compiler = Deno.env.get("DENO_COMPILER") ?? deno;
    const compiledHello = `${folder}/hello`;
    await output(
      [compiler, "compile", "--quiet", "--output", compiledHello, `${folder}/hello.ts`],
      folder,
    );
    const commands = { hello: [compiledHello], call: [executable, ...call] };
    measured.push(await alternate("compiled", rounds, commands, folder));
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "no dist/farcall; deno task compile writes it"
      : (error as Error).message;
    measured.push({ kind: "compiled", helloMs: [], callMs: [], error: reason });
  }
  return measured;
}

async function alternate(
  kind: string,
  rounds: number,
  { hello, call }: Record<"hello" | "call", string[]>,
  cwd: string,
): Promise<WholeCommand> {
  const helloMs: number[] = [];
  const callMs: number[] = [];
  // The first of each fills the caches.
  for (let round = 0; round <= rounds; round++) {
    const first = await durationMs(hello, cwd);
    const second = await durationMs(call, cwd);
    if (round === 0) continue;
    helloMs.push(first);
    callMs.push(second);
  }
  return { kind, helloMs, callMs };
}

async function durationMs(command: string[], cwd: string): Promise<number> {
  const startedMs = performance.now();
  await output(command, cwd);
  return performance.now() - startedMs;
}

/** Runs a command where no init.yaml and no deno.json is, on the client's processor. */
async function output(command: string[], cwd: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("taskset", {
    args: ["-c", "0", ...command],
    cwd,
    stdin: "null",
  }).output();
  if (success) return;
  const lastWords = new TextDecoder().decode(stderr).trim().split("\n")[0];
  throw new Error(`${command.slice(0, 2).join(" ")} failed: ${lastWords}`);
}
