/** Something to be called at a time. */
export interface Due {
  /** Its index in the heap; -1 if absent. Written by {@linkcode Deadlines} alone. */
  heapIndex: number;
  /** The time under which it is in the heap: never later than the requested one. */
  heapAtMs: number;
}

/**
 * Deadlines as a binary heap. They move back with every packet, so an entry stays in place until its time comes and is
 * then reinserted; only an earlier deadline moves it.
 */
export class Deadlines<T extends Due> {
  readonly #heap: T[] = [];

  get next(): number {
    return this.#heap.length === 0 ? Infinity : this.#heap[0]!.heapAtMs;
  }

  /** Ensures that it is called at `atMs` or before. */
  schedule(item: T, atMs: number): void {
    if (atMs === Infinity) return;
    if (item.heapIndex < 0) {
      item.heapIndex = this.#heap.length;
      item.heapAtMs = atMs;
      this.#heap.push(item);
      this.#up(item.heapIndex);
    } else if (atMs < item.heapAtMs) {
      item.heapAtMs = atMs;
      this.#up(item.heapIndex);
    }
  }

  /** Removes an entry that is due. */
  pop(now: number): T | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.heapAtMs > now) return undefined;
    this.remove(first);
    return first;
  }

  remove(item: T): void {
    const index = item.heapIndex;
    if (index < 0) return;
    item.heapIndex = -1;
    const last = this.#heap.pop()!;
    if (last === item) return;
    this.#heap[index] = last;
    last.heapIndex = index;
    this.#up(index);
    this.#down(last.heapIndex);
  }

  #up(index: number): void {
    const heap = this.#heap;
    while (index > 0) {
      const parent = index - 1 >> 1;
      if (heap[parent]!.heapAtMs <= heap[index]!.heapAtMs) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #down(index: number): void {
    const heap = this.#heap;
    for (;;) {
      let least = index;
      for (let child = 2 * index + 1; child <= 2 * index + 2 && child < heap.length; child++) {
        if (heap[child]!.heapAtMs < heap[least]!.heapAtMs) least = child;
      }
      if (least === index) return;
      this.#swap(index, least);
      index = least;
    }
  }

  #swap(one: number, other: number): void {
    const heap = this.#heap;
    const item = heap[one]!;
    heap[one] = heap[other]!;
    heap[other] = item;
    heap[one]!.heapIndex = one;
    heap[other]!.heapIndex = other;
  }
}
