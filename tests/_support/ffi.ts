import { Commands } from "./commands/commands.ts";
import { type Program, runFlags } from "./commands/cli.ts";

/** farcall with access to the C library, which the task `farcall` does not need. An executable always has it. */
export async function allowingFfi(program: Program): Promise<Program & AsyncDisposable> {
  const nothing = { [Symbol.asyncDispose]: () => Promise.resolve() };
  if (program.args[0] !== "run") return { ...program, ...nothing };
  const [run, ...others] = program.args;
  const flags = ["--allow-ffi", ...(await runFlags()).slice(1)];
  const commands = new Commands(program.command, [run, ...flags], program.env);
  return {
    ...program,
    args: [run, "--allow-ffi", ...others],
    commands,
    [Symbol.asyncDispose]: () => commands[Symbol.asyncDispose](),
  };
}
