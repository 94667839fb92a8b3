import { limits } from "../../../../limits/mod.ts";

/** Fragments per datagram, while nothing is lost. */
const pieces = [1, 4, 11, 44];
const ipHeaderBytes = 20;

/**
 * Datagrams larger than the path's MTU, which the system fragments and reassembles: half the work of sending each
 * fragment as a packet. One lost fragment loses the datagram, so this is for lossless paths.
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

  /** @param mtu The path's MTU. @param most Maximum bytes of a packet. */
  size(mtu: number, headerBytes: number, most: number): number {
    const single = mtu - headerBytes;
    if (this.#level === 0) return single;
    // All fragments but the last carry a multiple of eight bytes.
    const piece = (mtu - ipHeaderBytes) & ~7;
    const whole = pieces[this.#level]! * piece - (headerBytes - ipHeaderBytes);
    return Math.max(single, Math.min(whole, most));
  }
}
