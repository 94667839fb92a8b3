/** `farcall inbox`: received messages and files. */
import { RootInUse } from "../../lib/errors/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { jsonOf, openInbox, type ReceivedMessage, startPeer } from "../../lib/peer/mod.ts";
import { Interruption } from "../interruption.ts";
import { printLine, printNote } from "../output.ts";
import { logOf, type ReceivingOptions, receivingPeer } from "./_options.ts";
import { shownMessage } from "./_shown.ts";

/** Prints messages; with `--follow`, new ones as they arrive. */
export async function inbox(
  options: ReceivingOptions & { follow?: true; all?: true; json?: true },
): Promise<number> {
  using interruption = new Interruption();
  await using log = options.follow ? await logOf(options) : undefined;
  // A peer that is already running receives them, and this reads its journal.
  await using _peer = options.follow
    ? await startPeer({ ...receivingPeer(options), log: log?.log }).catch((error) => {
      if (!(error instanceof RootInUse)) throw error;
      return undefined;
    })
    : undefined;
  if (options.follow) printNote("receiving; ends with Ctrl-C");
  const { signal } = interruption;
  const reader = await openInbox(options.folder, { fromStart: options.all });
  for (;;) {
    const messages = await reader.next();
    if (messages.length > 0) {
      for (const message of messages) {
        printLine(options.json ? lineOf(message) : shownMessage(message));
      }
      await reader.markRead(messages.at(-1)!.number);
    } else if (!options.follow || signal.aborted) return 0;
    else await pause(limits.peer.journalPollMs, signal);
  }
}

function lineOf(message: ReceivedMessage): string {
  return JSON.stringify(jsonOf(message));
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, durationMs);
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    }
    signal.addEventListener("abort", end);
  });
}
