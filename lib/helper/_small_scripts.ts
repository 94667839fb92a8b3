import { type Limits, limits } from "../limits/mod.ts";
import type { SentScript } from "../protocol/mod.ts";

/**
 * Checks small scripts on this thread, which takes less than starting a helper. One script after the other, whoever
 * sends them, and with turns of the event loop between them.
 */
export class SmallScripts {
  #last: Promise<unknown> = Promise.resolve();
  /** Messages that are not done. */
  #open = 0;
  /** When the current turn of the event loop began, as far as scripts have used it. */
  #turnBeganMs = 0;

  /** Whether others must be checked elsewhere: a queue with turns for each host is kept there alone. */
  get isFull(): boolean {
    return this.#open >= limits.smallScriptMessagesMax;
  }

  /** See {@linkcode WholeMessages.unpackScripts}. @throws {DeployRejected} If one fails the check. */
  unpack(
    announced: readonly SentScript[],
    packed: Uint8Array<ArrayBuffer>,
    timeoutMs: number,
  ): Promise<readonly Uint8Array<ArrayBuffer>[]> {
    this.#open++;
    const unpacked = this.#last.then(async () => {
      try {
        const { unpackAndCheck } = await import("./_scripts.ts");
        return await unpackAndCheck(announced, packed, { timeoutMs, rest: () => this.#rest() });
      } finally {
        this.#open--;
      }
    });
    this.#last = unpacked.catch(() => {});
    return unpacked;
  }

  /** Lets everything else have a turn, once scripts have used their share of this one. */
  async #rest(): Promise<void> {
    if (performance.now() - this.#turnBeganMs < limits.turnShareMs) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#turnBeganMs = performance.now();
  }
}

/** Whether all of a message's scripts are small enough for {@linkcode SmallScripts}. */
export function areSmall(
  announced: readonly SentScript[],
  packed: Uint8Array,
  { helperBytesMin, scriptHelperBytesMin }: Limits,
): boolean {
  let total = 0;
  for (const { bytes, placesBytes = 0 } of announced) {
    if (bytes + placesBytes >= scriptHelperBytesMin) return false;
    total += bytes + placesBytes;
  }
  return total < helperBytesMin && packed.length < helperBytesMin;
}
