import { limits } from "../../../../limits/mod.ts";
import type { Memory } from "../chunks.ts";

/** The assumed round trip before one was measured. */
const assumedRttMs = 200;

/** The peer's credit: a window ahead of what was read, which grows while it limits throughput. */
export class ReceiveWindow {
  readonly #memory: Memory;
  #windowBytes: number = limits.rawIp.windowBytesFirst;
  /** The stream offset up to which the peer may send, and the one last announced. */
  credit = this.#windowBytes;
  told = this.#windowBytes;
  /** Start, in bytes and time, of the current measurement of the reader. */
  #measuredFrom = 0;
  #measuredAtMs: number;

  constructor(memory: Memory, now: number) {
    this.#memory = memory;
    this.#measuredAtMs = now;
  }

  get windowBytes(): number {
    return this.#windowBytes;
  }

  /** Records that the application has read up to an offset. */
  onRead(read: number, rttMs: number, now: number): void {
    // A window holds eight round trips' worth, so that a sender that triples its rate with each does not run into it.
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

  /** Whether the new credit is worth a packet of its own. */
  get mustTell(): boolean {
    return this.credit - this.told >= this.#windowBytes / 4;
  }

  /** Connections' initial windows are not counted: their number is bounded. */
  release(): void {
    this.#memory.shrinkWindows(this.#windowBytes - limits.rawIp.windowBytesFirst);
    this.#windowBytes = limits.rawIp.windowBytesFirst;
  }
}
