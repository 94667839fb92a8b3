/** Integers as sorted half-open ranges `[start, end)` that neither touch nor overlap. */
export class RangeSet {
  readonly starts: number[] = [];
  readonly ends: number[] = [];

  get count(): number {
    return this.starts.length;
  }

  clear(): void {
    this.starts.length = 0;
    this.ends.length = 0;
  }

  /** The first range whose end is not before `value`: it contains, touches or follows the value. */
  #indexOf(value: number): number {
    const { ends } = this;
    // Most lookups concern the end.
    let low = 0;
    let high = ends.length;
    if (high > 0 && ends[high - 1]! < value) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ends[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  has(value: number): boolean {
    const index = this.#indexOf(value + 1);
    return index < this.starts.length && this.starts[index]! <= value;
  }

  /** Whether it contains a whole range. */
  hasAll(start: number, end: number): boolean {
    const index = this.#indexOf(end);
    return index < this.starts.length && this.starts[index]! <= start;
  }

  add(start: number, end: number): void {
    if (start >= end) return;
    const { starts, ends } = this;
    const first = this.#indexOf(start);
    if (first === starts.length) {
      starts.push(start);
      ends.push(end);
      return;
    }
    let after = first;
    while (after < starts.length && starts[after]! <= end) after += 1;
    if (after === first) {
      starts.splice(first, 0, start);
      ends.splice(first, 0, end);
      return;
    }
    if (start < starts[first]!) starts[first] = start;
    ends[first] = Math.max(end, ends[after - 1]!);
    if (after - first > 1) {
      starts.splice(first + 1, after - first - 1);
      ends.splice(first + 1, after - first - 1);
    }
  }

  remove(start: number, end: number): void {
    if (start >= end) return;
    const { starts, ends } = this;
    let index = this.#indexOf(start + 1);
    if (index === starts.length || starts[index]! >= end) return;
    if (starts[index]! < start) {
      const oldEnd = ends[index]!;
      ends[index] = start;
      index += 1;
      if (oldEnd > end) {
        starts.splice(index, 0, end);
        ends.splice(index, 0, oldEnd);
        return;
      }
    }
    let after = index;
    while (after < starts.length && ends[after]! <= end) after += 1;
    if (after < starts.length && starts[after]! < end) starts[after] = end;
    if (after > index) {
      starts.splice(index, after - index);
      ends.splice(index, after - index);
    }
  }

  removeFirst(): void {
    this.starts.shift();
    this.ends.shift();
  }
}
