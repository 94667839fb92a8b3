import { limits } from "../../../../limits/mod.ts";
import type { Memory } from "../chunks.ts";

/** How long a round trip is taken to be before one was measured. */
const assumedRttMs = 200;

/** How much the peer may send: a window before what was read, which grows while that is what limits it. */
export class ReceiveWindow {
  readonly #memory: Memory;
  #windowBytes: number = limits.rawIp.windowBytesFirst;
  /** The stream offset that the peer may send up to, and the one it has been told. */
  credit = this.#windowBytes;
  told = this.#windowBytes;
  /** Where, and when, the present measurement of the reader began. */
  #measuredFrom = 0;
  #measuredAtMs: number;

  constructor(memory: Memory, now: number) {
    this.#memory = memory;
    this.#measuredAtMs = now;
  }

  get windowBytes(): number {
    return this.#windowBytes;
  }

  /** The application has read up to an offset. */
  onRead(read: number, rttMs: number, now: number): void {
    // A window holds what eight round trips bring, or a sender that triples its rate with each would run into it.
    if (read - this.#measuredFrom >= this.#windowBytes / 4) {
      const isFast = now - this.#measuredAtMs <= 2 * (rttMs || assumedRttMs);
      if (isFast && this.#windowBytes < limits.rawIp.windowBytesMax) this.#grow();
      this.#measuredFrom = read;
      this.#measuredAtMs = now;
    }
    this.credit = read + this.#windowBytes;
  }

  #grow(): void {
    if (this.#memory.growWindows(this.#windowBytes)) this.#windowBytes *= 2;
  }

  /** Whether the peer should hear of it before there is another reason to send something. */
  get mustTell(): boolean {
    return this.credit - this.told >= this.#windowBytes / 4;
  }

  /** The first window of each connection is beside the account: their number is bounded. */
  release(): void {
    this.#memory.shrinkWindows(this.#windowBytes - limits.rawIp.windowBytesFirst);
    this.#windowBytes = limits.rawIp.windowBytesFirst;
  }
}
