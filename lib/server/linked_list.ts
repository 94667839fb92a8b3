/** A value's position in a {@linkcode LinkedList}. */
export interface ListLink {
  /** Removes the value. Idempotent. */
  leave(): void;
}

class Link<T> implements ListLink {
  readonly value: T;
  previous: Link<T> | undefined;
  next: Link<T> | undefined;
  #line: LinkedList<T> | undefined;

  constructor(value: T, line: LinkedList<T>) {
    this.value = value;
    this.#line = line;
  }

  leave(): void {
    this.#line?.unlink(this);
    this.#line = undefined;
  }
}

/**
 * Values in insertion order, removable from any position in constant time: for values that come and go at a high rate,
 * such as connections. `Map` and `Set` are unsuitable, see `Uint32Map`. A removed entry holds no reference to a
 * remaining one.
 */
export class LinkedList<T> implements Iterable<T> {
  #first: Link<T> | undefined;
  #last: Link<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The oldest entry. */
  get first(): T | undefined {
    return this.#first?.value;
  }

  /** Appends a value. */
  add(value: T): ListLink {
    const link = new Link(value, this);
    link.previous = this.#last;
    if (this.#last === undefined) this.#first = link;
    else this.#last.next = link;
    this.#last = link;
    this.#size += 1;
    return link;
  }

  /** For {@linkcode ListLink.leave}, once. */
  unlink(link: Link<T>): void {
    const { previous, next } = link;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    link.previous = link.next = undefined;
    this.#size -= 1;
  }

  /** Removes all. */
  clear(): void {
    while (this.#first !== undefined) this.#first.leave();
  }

  /**
   * All of them, oldest first; entries may leave during iteration. One result serves all steps: a walk over thousands
   * of connections at each of a hundred arrivals makes no garbage.
   */
  [Symbol.iterator](): Iterator<T> {
    let link = this.#first;
    const result = { done: false, value: undefined as T };
    return {
      next(): IteratorResult<T> {
        if (link === undefined) return { done: true, value: undefined };
        result.value = link.value;
        link = link.next;
        return result;
      },
    };
  }
}
