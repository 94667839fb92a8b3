/** How late the event loop is: what a timer that is due waits until it is its turn. */

/** Upper bounds of the buckets, in milliseconds. */
export const delayBoundsMs = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500] as const;

/** Observed now and then, which is as good as always: it is what something that comes at any time would wait. */
export class LoopDelays {
  readonly buckets: Float64Array = new Float64Array(delayBoundsMs.length + 1);
  sumMs = 0;
  #dueMs: number | undefined;

  /**
   * To be called by a timer each time that it fires.
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
