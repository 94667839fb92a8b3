/** `farcall send-file`: one file, to one or more machines. */
import { type FileProgress, startPeer } from "../../lib/peer/mod.ts";
import { exitInterrupted } from "../exit_codes.ts";
import { Interruption } from "../interruption.ts";
import { keyFor } from "../key.ts";
import { reportLine, writeControl, writeNote } from "../output.ts";
import { type SendingOptions, verboseLog } from "./_options.ts";

/** Sends a file, and prints where it has arrived. */
export async function sendFile(to: string, path: string, options: SendingOptions): Promise<number> {
  const { sender, channel, address } = options;
  const key = await keyFor(options.key);
  await using log = await verboseLog(options.verbose);
  using interruption = new Interruption();
  await using peer = await startPeer({ receives: false, address, key, log: log?.log });
  const progress = new FileProgressLine();
  try {
    const deliveries = await peer.sendFile(recipientsIn(to), path, {
      sender,
      channel,
      signal: interruption.signal,
      onProgress: (each) => progress.show(each),
    });
    progress.clear();
    for (const delivery of deliveries) {
      const way = delivery.way === "chunks" ? " in chunks, as the original program takes it" : "";
      reportLine(`delivered to ${delivery.to}${way}`);
    }
    return 0;
  } catch (error) {
    progress.clear();
    if (interruption.signal.aborted) return exitInterrupted;
    throw error;
  }
}

/** The recipients in a comma-separated list. */
export function recipientsIn(list: string): string[] {
  return list.split(",").map((each) => each.trim()).filter((each) => each !== "");
}

const redrawMs = 200;

/** The progress of a file, on a terminal. */
class FileProgressLine {
  readonly #isShown = Deno.stderr.isTerminal();
  readonly #parts = new Map<string, string>();
  #drawnMs = 0;

  show({ to, sentBytes, totalBytes }: FileProgress): void {
    if (!this.#isShown) return;
    this.#parts.set(to, `${to} ${percentOf(sentBytes, totalBytes)}`);
    if (performance.now() - this.#drawnMs < redrawMs) return;
    this.#drawnMs = performance.now();
    writeControl("stderr", "\r\x1b[K");
    writeNote([...this.#parts.values()].join("  ").slice(0, 78));
  }

  clear(): void {
    if (this.#drawnMs > 0) writeControl("stderr", "\r\x1b[K");
    this.#drawnMs = 0;
  }
}

/** `40 %`. */
export function percentOf(part: number, whole: number): string {
  return `${whole === 0 ? 100 : Math.floor(part / whole * 100)} %`;
}
