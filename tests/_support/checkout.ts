/** The checkout as a {@linkcode Program}; its commands that exit by themselves share a process. */
import { checkoutAsProcesses, type Program, runFlags } from "./commands/cli.ts";
import { Commands } from "./commands/commands.ts";

const processes = await checkoutAsProcesses();

/** Shared by all tests loaded with this module: it starts with the module, and ends with its standard input. */
const commands = new Commands(processes.command, await runFlags(), processes.env);

/** The checkout's farcall, with the flags of the task `farcall`. */
export function checkout(): Promise<Program> {
  return Promise.resolve({ ...processes, commands });
}
