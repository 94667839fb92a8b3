/**
 * The command line: argv → one call of lib → text and exit code. This room is the only one that prints
 * or exits. Each command's module is loaded when it is asked for, and nothing else.
 *
 * @module
 */

/** Runs a command line. @returns The exit code. */
export async function main(given: readonly string[]): Promise<number> {
  // Restore what the runtime could not decode.
  if (given.some((word) => word.includes("\ufffd"))) {
    const { refuseNotUtf8 } = await import("./raw_arguments.ts");
    if (await refuseNotUtf8(given)) return 2;
  }
  const args = await withoutNoColor(given);
  const [command, ...words] = args;
  if (command === "call") {
    const exitCode = await callPlainly(words);
    if (exitCode !== undefined) return exitCode;
  }
  const { runProgram } = await import("./program.ts");
  return await runProgram(args);
}

/** Removes `--no-color`, which every command accepts anywhere before `--`. */
async function withoutNoColor(given: readonly string[]): Promise<readonly string[]> {
  const end = given.indexOf("--");
  const isFlag = (word: string, index: number) =>
    word === "--no-color" && (end === -1 || index < end);
  if (!given.some(isFlag)) return given;
  const { refuseColors } = await import("./output.ts");
  refuseColors();
  return given.filter((word, index) => !isFlag(word, index));
}

/** Runs `call` without the full parser; undefined if that is needed. */
async function callPlainly(words: readonly string[]): Promise<number | undefined> {
  const { readPlainCall } = await import("./call/call_options.ts");
  try {
    const plain = readPlainCall(words);
    if (plain === undefined) return undefined;
    const { call } = await import("./call/call.ts");
    return await call(plain.target, plain.args, plain.options);
  } catch (error) {
    const { printError } = await import("./output.ts");
    return await printError(error);
  }
}

if (import.meta.main) {
  // A compiled farcall is its own executor and helper: see lib/executor/supervisor/spawn.ts, lib/helper/_spawn.ts.
  if (Deno.args[0] === "__executor") {
    const { runCompiledExecutor } = await import("../lib/executor/sandbox/child.ts");
    await runCompiledExecutor(Deno.args[1]!, Deno.args[2]!);
  } else if (Deno.args[0] === "__helper") {
    const { runHelper } = await import("../lib/helper/child.ts");
    await runHelper();
  } else Deno.exit(await main(Deno.args));
}
