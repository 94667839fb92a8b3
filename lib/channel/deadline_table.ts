/** Pending entries by number, each with a deadline. */
import { Uint32Map } from "./uint32_map.ts";

/** The clock and timer of deadlines. */
export interface DeadlineClock {
  now(): number;
  /** A timer that fires once, at the earliest time it was given. */
  timer(onTime: () => void): DeadlineTimer;
}

/** See {@linkcode DeadlineClock}. */
export interface DeadlineTimer {
  at(ms: number): void;
  /** Cancels it. */
  stop(): void;
}

/** A table with one timer for the earliest deadline. Deadlines mostly come in order, so it is seldom reset. */
export class DeadlineTable<Entry extends { readonly deadlineMs: number }> extends Uint32Map<Entry> {
  readonly #clock: DeadlineClock;
  readonly #timer: DeadlineTimer;
  readonly #onLate: (number: number, entry: Entry) => void;

  /** @param onLate Called for each entry whose deadline has passed; must remove it. */
  constructor(clock: DeadlineClock, onLate: (number: number, entry: Entry) => void) {
    super();
    this.#clock = clock;
    this.#onLate = onLate;
    this.#timer = clock.timer(() => this.#tell());
  }

  override set(number: number, entry: Entry): void {
    super.set(number, entry);
    this.#timer.at(entry.deadlineMs);
  }

  /** Removes all entries without calling `onLate`. */
  override clear(): void {
    this.#timer.stop();
    super.clear();
  }

  #tell(): void {
    const nowMs = this.#clock.now();
    let nextMs = Infinity;
    for (const [number, entry] of this.entries()) {
      if (entry.deadlineMs > nowMs) nextMs = Math.min(nextMs, entry.deadlineMs);
      // Handling one may have removed another.
      else if (this.has(number)) this.#onLate(number, entry);
    }
    if (nextMs !== Infinity) this.#timer.at(nextMs);
  }
}
