/** An item's place in a line. */
export interface Place<T> {
  readonly item: T;
  readonly rank: number;
  /** Its number among all items that have come. */
  readonly number: number;
  /** Its index in the heap. */
  index: number;
}

/**
 * A line whose first item is the one with the lowest rank, of equals the one that came first: a binary heap, because
 * thousands of connections may stand in it.
 */
export class Line<T> {
  readonly #heap: Place<T>[] = [];
  #count = 0;

  get length(): number {
    return this.#heap.length;
  }

  add(item: T, rank: number): Place<T> {
    const place = { item, rank, number: this.#count++, index: this.#heap.length };
    this.#heap.push(place);
    this.#rise(place);
    return place;
  }

  /** Removes and returns the first item; undefined from an empty line. */
  take(): T | undefined {
    const first = this.#heap[0];
    if (first !== undefined) this.remove(first);
    return first?.item;
  }

  /** Removes an item that is still in line. */
  remove(place: Place<T>): void {
    const last = this.#heap.pop()!;
    if (last === place) return;
    this.#put(last, place.index);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(place: Place<T>): void {
    while (place.index > 0) {
      const index = (place.index - 1) >> 1;
      const above = this.#heap[index]!;
      if (!isBefore(place, above)) return;
      this.#put(above, place.index);
      this.#put(place, index);
    }
  }

  #sink(place: Place<T>): void {
    for (;;) {
      const left = 2 * place.index + 1;
      let below = this.#heap[left];
      if (below === undefined) return;
      const right = this.#heap[left + 1];
      if (right !== undefined && isBefore(right, below)) below = right;
      if (!isBefore(below, place)) return;
      const { index } = below;
      this.#put(below, place.index);
      this.#put(place, index);
    }
  }

  #put(place: Place<T>, index: number): void {
    place.index = index;
    this.#heap[index] = place;
  }
}

function isBefore(a: Place<unknown>, b: Place<unknown>): boolean {
  return a.rank < b.rank || a.rank === b.rank && a.number < b.number;
}
