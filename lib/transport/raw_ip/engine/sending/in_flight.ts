import { limits } from "../../../../limits/mod.ts";

/** The record of a packet: this many consecutive numbers, one cache line. */
const stride = 8;

export const field = {
  sentAtMs: 0,
  /** The stream range that it carries, with the stream's end as one more byte; both 0 if none. */
  start: 1,
  end: 2,
  bytes: 3,
  /**
   * At the time of sending: bytes delivered, when the last of them were, and when the sample's first packet was sent.
   */
  delivered: 4,
  deliveredAtMs: 5,
  firstSentAtMs: 6,
  /** One of `state`, plus `mark`s. */
  state: 7,
} as const;

export const state = { gone: 0, inFlight: 1, lost: 2 } as const;
export const stateMask = 3;
export const marks = { appLimited: 4, mtuProbe: 8 } as const;

/** Packets in flight, or recently so, by number: a ring of plain numbers. */
export class InFlight {
  /** The oldest remembered number, and the next one to send. */
  low = 0;
  next = 0;
  #capacity = 32;
  #records = new Float64Array(this.#capacity * stride);

  get records(): Float64Array {
    return this.#records;
  }

  /** The offset of a packet's record in `records`; its number must be in `[low, next)`. */
  at(number: number): number {
    return (number & this.#capacity - 1) * stride;
  }

  stateOf(number: number): number {
    return this.#records[this.at(number) + field.state]! & stateMask;
  }

  /** Whether the next number would evict the oldest. */
  get isFull(): boolean {
    return this.next - this.low >= limits.rawIp.packetsInFlightMax;
  }

  /** Allocates the next number; the caller fills in its record. @returns The record's offset. */
  push(): number {
    if (this.next - this.low === this.#capacity) this.#grow();
    return this.at(this.next++);
  }

  /** Forgets the oldest packets that were acknowledged, and lost ones sent before a time. */
  trim(lostBeforeMs: number): void {
    while (this.low < this.next) {
      const at = this.at(this.low);
      const now = this.#records[at + field.state]! & stateMask;
      if (now === state.inFlight) return;
      if (now === state.lost && this.#records[at + field.sentAtMs]! >= lostBeforeMs) return;
      this.low += 1;
    }
  }

  #grow(): void {
    const old = this.#records;
    const oldMask = this.#capacity - 1;
    this.#capacity *= 2;
    this.#records = new Float64Array(this.#capacity * stride);
    for (let number = this.low; number < this.next; number++) {
      const from = (number & oldMask) * stride;
      this.#records.set(old.subarray(from, from + stride), this.at(number));
    }
  }
}
