/**
 * The duration of `farcall call` from the shell against a running node, including its start and exit. `deno task bench
 * start` prints the table. Linux only.
 */
import { measureWholeCommands, wholeCommandTable } from "./measure/whole_command.ts";

const rounds = 25;

if (import.meta.main) {
  const folder = await Deno.makeTempDir();
  try {
    const table = wholeCommandTable(await measureWholeCommands(folder, rounds));
    Deno.stdout.writeSync(new TextEncoder().encode(`${table}\n`));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
