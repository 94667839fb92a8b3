/** The delay of the event loop: how long a due timer waits for its turn. */

/** Upper bounds of the buckets, in milliseconds. */
export const delayBoundsMs = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500] as const;

/** Sampling it occasionally is as good as always: it is the wait of anything that arrives at a random time. */
export class LoopDelays {
  readonly buckets: Float64Array = new Float64Array(delayBoundsMs.length + 1);
  sumMs = 0;
  #dueMs: number | undefined;

  /**
   * Call it from a timer each time it fires.
   *
   * @param nowMs On the clock of `performance.now()`.
   * @param everyMs When it fires next, counted from now.
   */
  observe(nowMs: number, everyMs: number): void {
    if (this.#dueMs !== undefined) {
      const lateMs = Math.max(0, nowMs - this.#dueMs);
      let bucket = 0;
      while (bucket < delayBoundsMs.length && lateMs > delayBoundsMs[bucket]!) bucket += 1;
      this.buckets[bucket]! += 1;
      this.sumMs += lateMs;
    }
    this.#dueMs = nowMs + everyMs;
  }
}
