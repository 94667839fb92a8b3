/** Times as the original writes them: to the microsecond, and no two the same. */
export class Timestamps {
  #lastMicroseconds = 0;

  /** The time, or the first microsecond after the last one that was given. */
  next(epochMs: number): string {
    const microseconds = Math.max(epochMs * 1000, this.#lastMicroseconds + 1);
    this.#lastMicroseconds = microseconds;
    const text = new Date(Math.floor(microseconds / 1000)).toISOString();
    return `${text.slice(0, -1)}${String(microseconds % 1000).padStart(3, "0")}Z`;
  }
}
