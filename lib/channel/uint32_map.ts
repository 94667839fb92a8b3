/** Initial slots; a power of two. */
const slotsFirst = 8;
/** The table of a map without entries; never written to. */
const noNumbers = new Uint32Array(2);
const noValues: undefined[] = [undefined, undefined];
/** A table that has become empty shrinks to this many. */
const slotsKept = 256;
/**
 * Spreads numbers over the slots. Random for each process, so that peers cannot choose numbers that collide; odd, so
 * that no two numbers become one.
 */
const multiplier = crypto.getRandomValues(new Uint32Array(1))[0]! | 1;

/**
 * A map from unsigned 32-bit numbers, for entries that come and go at a high rate: calls in flight.
 *
 * A `Map` is unsuited. When V8 grows or compacts one, the old table keeps a pointer to the new one. Once that table is in
 * the old generation, everything behind it counts as alive until the next full collection, so each collection of the
 * young generation copies what all calls since have left behind: a third of a node's processor time (measured).
 *
 * Open addressing with linear probing. Removal leaves no tombstone, because the entries behind it move up.
 */
export class Uint32Map<Value extends object> {
  #numbers: Uint32Array = noNumbers;
  #values: (Value | undefined)[] = noValues;
  /** The product's 32 bits, shifted right by this, are the slot. */
  #shift = 31;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(number: number): Value | undefined {
    return this.#values[this.#slotOf(number)];
  }

  has(number: number): boolean {
    return this.get(number) !== undefined;
  }

  /** Sets or replaces the value of a number. */
  set(number: number, value: Value): void {
    let slot = this.#slotOf(number);
    if (this.#values[slot] === undefined) {
      this.#size += 1;
      if (this.#size * 2 > this.#values.length || this.#values === noValues) {
        this.#grow();
        slot = this.#slotOf(number);
      }
    }
    this.#numbers[slot] = number;
    this.#values[slot] = value;
  }

  /** Removes and returns a value, if present. */
  take(number: number): Value | undefined {
    const slot = this.#slotOf(number);
    const value = this.#values[slot];
    if (value === undefined) return undefined;
    this.#size -= 1;
    if (this.#size === 0 && this.#values.length > slotsKept) this.#makeRoom(slotsFirst);
    else this.#close(slot);
    return value;
  }

  clear(): void {
    if (this.#size === 0) return;
    this.#size = 0;
    this.#makeRoom(slotsFirst);
  }

  /** A snapshot of the values, in no order. */
  entries(): [number, Value][] {
    const entries: [number, Value][] = [];
    if (this.#size === 0) return entries;
    for (const [slot, value] of this.#values.entries()) {
      if (value !== undefined) entries.push([this.#numbers[slot]!, value]);
    }
    return entries;
  }

  /** The slot that holds a number, or the free one where it belongs. */
  #slotOf(number: number): number {
    const values = this.#values;
    const last = values.length - 1;
    let slot = this.#homeOf(number);
    while (values[slot] !== undefined && this.#numbers[slot] !== number) slot = (slot + 1) & last;
    return slot;
  }

  /** Frees a slot, and moves up entries that were displaced by it. */
  #close(slot: number): void {
    const numbers = this.#numbers;
    const values = this.#values;
    const last = values.length - 1;
    let free = slot;
    for (let next = (free + 1) & last; values[next] !== undefined; next = (next + 1) & last) {
      const number = numbers[next]!;
      if (((next - this.#homeOf(number)) & last) < ((next - free) & last)) continue;
      numbers[free] = number;
      values[free] = values[next];
      free = next;
    }
    values[free] = undefined;
  }

  /** The preferred slot of a number: the product's upper bits depend on all of the number's. */
  #homeOf(number: number): number {
    return Math.imul(number, multiplier) >>> this.#shift;
  }

  #grow(): void {
    const entries = this.entries();
    this.#makeRoom(Math.max(slotsFirst, this.#values.length * 2));
    for (const [number, value] of entries) {
      const slot = this.#slotOf(number);
      this.#numbers[slot] = number;
      this.#values[slot] = value;
    }
  }

  #makeRoom(slots: number): void {
    this.#numbers = new Uint32Array(slots);
    this.#values = new Array(slots).fill(undefined);
    this.#shift = 32 - Math.log2(slots);
  }
}
