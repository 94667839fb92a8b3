/** The checkout, as a {@linkcode Program}, whose commands that end by themselves share a process. */
import { checkoutAsProcesses, type Program, runFlags } from "./commands/cli.ts";
import { Commands } from "./commands/commands.ts";

const processes = await checkoutAsProcesses();

/** Of all tests that are loaded with this module: so it is started with it, and ends when its standard input does. */
const commands = new Commands(processes.command, await runFlags(), processes.env);

/** The checkout's mod.ts, with the flags of the task `farcall`. */
export function checkout(): Promise<Program> {
  return Promise.resolve({ ...processes, commands });
}
