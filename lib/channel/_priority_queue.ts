/** An item in a queue, by which it can be removed. */
export interface QueueEntry<T> {
  readonly item: T;
  readonly rank: number;
  /** Its number among all items that were ever added. */
  readonly number: number;
  /** Its index in the heap. */
  index: number;
}

/**
 * A queue whose first item has the lowest rank; among equals, the one added first. A binary heap, because thousands of
 * connections may wait in it, whose entries can also be removed from the middle.
 */
export class PriorityQueue<T> {
  readonly #heap: QueueEntry<T>[] = [];
  #count = 0;

  get length(): number {
    return this.#heap.length;
  }

  add(item: T, rank: number): QueueEntry<T> {
    const entry = { item, rank, number: this.#count++, index: this.#heap.length };
    this.#heap.push(entry);
    this.#rise(entry);
    return entry;
  }

  /** Removes and returns the first item; undefined from an empty queue. */
  take(): T | undefined {
    const first = this.#heap[0];
    if (first !== undefined) this.remove(first);
    return first?.item;
  }

  /** Removes an item that is still in the queue. */
  remove(entry: QueueEntry<T>): void {
    const last = this.#heap.pop()!;
    if (last === entry) return;
    this.#put(last, entry.index);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(entry: QueueEntry<T>): void {
    while (entry.index > 0) {
      const index = (entry.index - 1) >> 1;
      const above = this.#heap[index]!;
      if (!isBefore(entry, above)) return;
      this.#put(above, entry.index);
      this.#put(entry, index);
    }
  }

  #sink(entry: QueueEntry<T>): void {
    for (;;) {
      const left = 2 * entry.index + 1;
      let below = this.#heap[left];
      if (below === undefined) return;
      const right = this.#heap[left + 1];
      if (right !== undefined && isBefore(right, below)) below = right;
      if (!isBefore(below, entry)) return;
      const { index } = below;
      this.#put(below, entry.index);
      this.#put(entry, index);
    }
  }

  #put(entry: QueueEntry<T>, index: number): void {
    entry.index = index;
    this.#heap[index] = entry;
  }
}

function isBefore(a: QueueEntry<unknown>, b: QueueEntry<unknown>): boolean {
  return a.rank < b.rank || a.rank === b.rank && a.number < b.number;
}
