/**
 * The command line: argv → one call of lib → text and exit code. This room is the only one that prints
 * or exits. Each command's module is loaded when it is asked for, and nothing else.
 *
 * @module
 */

/** Runs a command line. @returns The exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const { runProgram } = await import("./program.ts");
  return await runProgram(args);
}

if (import.meta.main) {
  // A compiled farcall is its own executor: see lib/executor/_spawn.ts.
  if (Deno.args[0] === "__executor") {
    const { runCompiledExecutor } = await import("../lib/executor/child.ts");
    await runCompiledExecutor(Deno.args[1], Deno.args[2]);
  } else Deno.exit(await main(Deno.args));
}
