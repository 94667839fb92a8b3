/**
 * How long `farcall call` takes from the shell against a running node, its start and end included.
 *
 * `deno task bench start` prints the table. Linux only.
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
