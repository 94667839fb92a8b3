import { limits } from "../../../../limits/mod.ts";

/** How many pieces a datagram is cut into by the system, while nothing gets lost. */
const pieces = [1, 4, 11, 44];
const ipHeaderBytes = 20;

/**
 * Datagrams larger than the path carries in one piece, which the system cuts and puts together again: half the work of
 * sending each piece by itself. One lost piece loses all of them, so this is for paths that lose nothing.
 */
export class LargeDatagrams {
  #level = 0;
  #withoutLoss = 0;
  #needed: number = limits.rawIp.largeDatagramBytesFirst;

  onAcked(bytes: number): void {
    this.#withoutLoss += bytes;
    if (this.#withoutLoss < this.#needed) return;
    this.#withoutLoss = 0;
    this.#needed = limits.rawIp.largeDatagramBytesFirst;
    if (this.#level < pieces.length - 1) this.#level += 1;
  }

  onLost(): void {
    this.#withoutLoss = 0;
    this.#level = 0;
    this.#needed = limits.rawIp.largeDatagramBytesAgain;
  }

  /** @param mtu What the path carries in one piece. @param most Bytes of the largest packet that may be. */
  size(mtu: number, headerBytes: number, most: number): number {
    const single = mtu - headerBytes;
    if (this.#level === 0) return single;
    // All pieces but the last carry a multiple of eight bytes.
    const piece = (mtu - ipHeaderBytes) & ~7;
    const whole = pieces[this.#level]! * piece - (headerBytes - ipHeaderBytes);
    return Math.max(single, Math.min(whole, most));
  }
}
