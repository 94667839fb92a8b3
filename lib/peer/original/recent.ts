/** Recently seen items, in bounded memory. */

/** Bounds of what is remembered. */
export interface RecentBounds {
  /** Called at each addition. */
  readonly countMax: () => number;
  readonly keptMs: number;
}

/** The most recently seen keys. */
export class Recent {
  readonly #bounds: RecentBounds;
  /** Last time that each was seen, the oldest first. */
  readonly #seenMs = new Map<string, number>();

  constructor(bounds: RecentBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#seenMs.size;
  }

  has(key: string, nowMs: number): boolean {
    const seenMs = this.#seenMs.get(key);
    return seenMs !== undefined && nowMs - seenMs <= this.#bounds.keptMs;
  }

  add(key: string, nowMs: number): void {
    this.#seenMs.delete(key);
    this.#seenMs.set(key, nowMs);
    const countMax = this.#bounds.countMax();
    for (const [oldest, seenMs] of this.#seenMs) {
      if (this.#seenMs.size <= countMax && nowMs - seenMs <= this.#bounds.keptMs) {
        break;
      }
      this.#seenMs.delete(oldest);
    }
  }
}

/** A value per machine, for recently heard machines. */
export class PerMachine<T> {
  readonly #make: () => T;
  readonly #countMax: number;
  readonly #values = new Map<string, T>();

  constructor(make: () => T, countMax: number) {
    this.#make = make;
    this.#countMax = countMax;
  }

  get size(): number {
    return this.#values.size;
  }

  /** A machine's share of a number of entries that all have together. */
  shareOf(all: number): number {
    return Math.floor(all / Math.max(1, this.#values.size));
  }

  /** A machine's value, created on first use. */
  of(machine: string): T {
    const value = this.#values.get(machine) ?? this.#make();
    this.#values.delete(machine);
    this.#values.set(machine, value);
    if (this.#values.size > this.#countMax) {
      const [oldest] = this.#values.keys();
      if (oldest !== undefined) this.#values.delete(oldest);
    }
    return value;
  }
}

/**
 * A 106-bit fingerprint of a text, after cyrb53. Not collision-resistant; forgers could only make a receiver take their
 * own messages for duplicates.
 */
export function fingerprintOf(text: string): string {
  return `${hash53(text, 0x9e3779b1)}.${hash53(text, 0x85ebca6b)}.${text.length}`;
}

function hash53(text: string, seed: number): number {
  let [high, low] = [0xdeadbeef ^ seed, 0x41c6ce57 ^ seed];
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}
