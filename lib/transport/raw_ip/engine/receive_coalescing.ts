import { limits } from "../../../limits/mod.ts";

/** How long packets may wait for others to arrive: a small part of a round trip, under heavy traffic. */
export class ReceiveCoalescing {
  /** The number of packets received without a pause, and the time of the last. */
  #inRow = 0;
  #lastMs = -Infinity;
  /** The shortest round trip of their senders, in this turn and in the last. */
  #turnRttMs = Infinity;
  #rttMs = 0;

  onPacket(rttMs: number, now: number): void {
    const { coalescePauseMs } = limits.rawIp;
    if (now - this.#lastMs > coalescePauseMs) this.#inRow = 0;
    this.#inRow += 1;
    this.#lastMs = now;
    if (rttMs < this.#turnRttMs) this.#turnRttMs = rttMs;
  }

  endTurn(): void {
    if (this.#turnRttMs === Infinity) return;
    this.#rttMs = this.#turnRttMs;
    this.#turnRttMs = Infinity;
  }

  get ms(): number {
    const { coalesceShare, coalesceMsMax, coalescePackets } = limits.rawIp;
    if (this.#inRow < coalescePackets) return 0;
    return Math.min(coalesceMsMax, Math.floor(this.#rttMs * coalesceShare));
  }
}
