/**
 * Runs every command with every option empty, in one process: prints a line and the exit code for each on standard
 * error.
 */
import { runProgram } from "../../../cli/program.ts";

const [commands] = Deno.args;
for (const words of JSON.parse(commands) as string[][]) {
  const code = await runProgram(words);
  Deno.stderr.writeSync(new TextEncoder().encode(`= ${code}\n`));
}
