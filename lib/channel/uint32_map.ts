/** How many slots a table has at first; a power of two. */
const slotsFirst = 8;
/** An empty table lets go of more. */
const slotsKept = 256;
/**
 * Spreads numbers over the slots. Drawn by each process, so that nobody who chooses numbers can choose them to meet
 * in one slot; odd, so that no two numbers become one.
 */
const multiplier = crypto.getRandomValues(new Uint32Array(1))[0]! | 1;

/**
 * Values by number (32 bits, unsigned), for what comes and goes at a high rate: the calls in flight.
 *
 * A `Map` is not for that. When V8 makes room in one, the table that it leaves points to the new one. Once a table has
 * grown old, everything behind it counts as alive until the next full collection, so that every collection of young
 * objects copies what every call since has left behind: a third of what a node's processor did (measured).
 *
 * Open addressing with linear probing; what is taken out leaves no trace, as what follows it moves up.
 */
export class Uint32Map<Value extends object> {
  #numbers!: Uint32Array;
  #values!: (Value | undefined)[];
  /** What is left of a product's 32 bits, shifted by this, is the number of a slot. */
  #shift!: number;
  #size = 0;

  constructor() {
    this.#makeRoom(slotsFirst);
  }

  get size(): number {
    return this.#size;
  }

  get(number: number): Value | undefined {
    return this.#values[this.#slotOf(number)];
  }

  has(number: number): boolean {
    return this.get(number) !== undefined;
  }

  /** Sets the value of a number; another one that it had is replaced. */
  set(number: number, value: Value): void {
    let slot = this.#slotOf(number);
    if (this.#values[slot] === undefined) {
      this.#size += 1;
      if (this.#size * 2 > this.#values.length) {
        this.#grow();
        slot = this.#slotOf(number);
      }
    }
    this.#numbers[slot] = number;
    this.#values[slot] = value;
  }

  /** Takes a value out, if there is one. */
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
    this.#size = 0;
    this.#makeRoom(slotsFirst);
  }

  /** All of them as they are now, in no order; what changes meanwhile changes nothing of it. */
  entries(): [number, Value][] {
    const entries: [number, Value][] = [];
    for (const [slot, value] of this.#values.entries()) {
      if (value !== undefined) entries.push([this.#numbers[slot]!, value]);
    }
    return entries;
  }

  /** The slot that has a number, or the free one that it would have. */
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

  /** Where a number wants to be: the upper bits of the product depend on all of its own. */
  #homeOf(number: number): number {
    return Math.imul(number, multiplier) >>> this.#shift;
  }

  #grow(): void {
    const entries = this.entries();
    this.#makeRoom(this.#values.length * 2);
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
