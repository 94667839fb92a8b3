/** Describes how a process ended. */

const stderrTailBytesMax = 8 * 1024;

/** The meaning of the runtime's final messages, if known. */
export function explain(stderrTail: string): string | undefined {
  return /out of memory/i.test(stderrTail)
    ? "it ran out of memory (its service's limits: heap, memory)"
    : undefined;
}

/** How it ended, e.g. `exit code 1` or `signal SIGABRT`. */
export function describeStatus(status: Deno.CommandStatus): string {
  return status.signal === null ? `exit code ${status.code}` : `signal ${status.signal}`;
}

/** Reads a stream to its end and keeps its last part. */
export async function readEnd(stream: ReadableStream<Uint8Array>): Promise<string> {
  let kept = new Uint8Array(0);
  try {
    for await (const chunk of stream) {
      const joined = new Uint8Array(kept.length + chunk.length);
      joined.set(kept);
      joined.set(chunk, kept.length);
      kept = joined.slice(-stderrTailBytesMax);
    }
  } catch {
    // The process has ended; nothing more arrives.
  }
  // A stack of the runtime's own machine code is useless.
  return new TextDecoder().decode(kept).split("==== C stack trace")[0]!.trim();
}

/** Whether a link has simply ended. */
export function isBrokenLink(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe;
}
