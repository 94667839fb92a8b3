/**
 * Runs command lines one at a time, each with its own folder, variables and streams: the output of a process each,
 * without its start. `commands.ts` starts this and sends it the commands.
 */
import { builtFile } from "../../../lib/files/built_file.ts";
import type { Command, CommandOutcome } from "./commands.ts";
import { linesOf } from "../nodes/processes.ts";

/** Like tools/farcall.ts. */
const { main }: typeof import("../../../cli/main.ts") = await import(
  builtFile("farcall") ?? import.meta.resolve("../../../cli/main.ts")
);

/** Thrown in place of exiting the process. */
class Exit {
  constructor(readonly code: number) {}
}

const writeSync = Deno.stdout.writeSync.bind(Deno.stdout);
const commands = linesOf(Deno.stdin.readable);
const printed = {
  stdout: [] as Uint8Array<ArrayBuffer>[],
  stderr: [] as Uint8Array<ArrayBuffer>[],
};
let input: Uint8Array | undefined;

for (const stream of ["stdout", "stderr"] as const) {
  Deno[stream].writeSync = (bytes) => {
    printed[stream].push(bytes.slice());
    return bytes.length;
  };
}
Deno.stdin.read = (buffer) => {
  if (input === undefined || input.length === 0) return Promise.resolve(null);
  const count = Math.min(buffer.length, input.length);
  buffer.set(input.subarray(0, count));
  input = input.subarray(count);
  return Promise.resolve(count);
};
Object.defineProperty(Deno, "exit", {
  value: (code: number) => {
    throw new Exit(code);
  },
});

async function run({ args, cwd, env, stdin }: Command): Promise<CommandOutcome> {
  Deno.chdir(cwd);
  const before = Object.keys(env).map((name) => [name, Deno.env.get(name)] as const);
  for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
  input = stdin === undefined ? undefined : new TextEncoder().encode(stdin);
  try {
    return {
      code: await exitCodeOf(args),
      stdout: await take("stdout"),
      stderr: await take("stderr"),
    };
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
    Deno.chdir("/");
  }
}

async function exitCodeOf(args: readonly string[]): Promise<number> {
  try {
    return await main(args);
  } catch (error) {
    if (error instanceof Exit) return error.code;
    throw error;
  }
}

async function take(stream: "stdout" | "stderr"): Promise<string> {
  return await new Blob(printed[stream].splice(0)).text();
}

function answer(outcome: CommandOutcome): void {
  const bytes = new TextEncoder().encode(`${JSON.stringify(outcome)}\n`);
  for (let offset = 0; offset < bytes.length;) offset += writeSync(bytes.subarray(offset));
}

for await (const line of commands) answer(await run(JSON.parse(line)));
