import { limits } from "../../../../limits/mod.ts";

/** What is kept of a packet: so many numbers, one after the other, which is one cache line. */
const stride = 8;

export const field = {
  sentAtMs: 0,
  /** The range of the stream that it carries, its end counting as one byte more; both 0 if it carries none. */
  start: 1,
  end: 2,
  bytes: 3,
  /** What had been delivered when it was sent, when that was, and when the first packet of that sample was sent. */
  delivered: 4,
  deliveredAtMs: 5,
  firstSentAtMs: 6,
  /** One of `state`, plus `mark`s. */
  state: 7,
} as const;

export const state = { gone: 0, inFlight: 1, lost: 2 } as const;
export const stateMask = 3;
export const marks = { appLimited: 4, mtuProbe: 8 } as const;

/** The packets that are under way, or were until lately, by their numbers: a ring of plain numbers. */
export class InFlight {
  /** The oldest number that something is kept of, and the next to be sent. */
  low = 0;
  next = 0;
  #capacity = 32;
  #records = new Float64Array(this.#capacity * stride);

  get records(): Float64Array {
    return this.#records;
  }

  /** Where a packet's record begins in `records`; its number must be in `[low, next)`. */
  at(number: number): number {
    return (number & this.#capacity - 1) * stride;
  }

  stateOf(number: number): number {
    return this.#records[this.at(number) + field.state]! & stateMask;
  }

  /** Whether the next number would push the oldest out. */
  get isFull(): boolean {
    return this.next - this.low >= limits.rawIp.packetsInFlightMax;
  }

  /** Takes the next number; its record is for the caller to fill in. @returns Where it begins. */
  push(): number {
    if (this.next - this.low === this.#capacity) this.#grow();
    return this.at(this.next++);
  }

  /** Forgets the oldest packets that have been acknowledged, and lost ones that were sent before a time. */
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
