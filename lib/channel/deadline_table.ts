/** What waits for something, by number, each until its deadline. */
import { Uint32Map } from "./uint32_map.ts";

/** What deadlines are measured by. */
export interface DeadlineClock {
  now(): number;
  /** A timer that tells once, at the earliest of the times that it is given. */
  timer(onTime: () => void): DeadlineTimer;
}

/** See {@linkcode DeadlineClock}. */
export interface DeadlineTimer {
  at(ms: number): void;
  /** Tells nothing of the times that it was given. */
  stop(): void;
}

/** A table with one timer for the earliest deadline; they mostly come in order, so it is seldom set anew. */
export class DeadlineTable<Entry extends { readonly deadlineMs: number }> extends Uint32Map<Entry> {
  readonly #clock: DeadlineClock;
  readonly #timer: DeadlineTimer;
  readonly #onLate: (number: number, entry: Entry) => void;

  /** @param onLate Is told of each entry whose deadline has passed, and has to take it out. */
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

  /** Takes all out, and tells of none. */
  override clear(): void {
    this.#timer.stop();
    super.clear();
  }

  #tell(): void {
    const nowMs = this.#clock.now();
    let nextMs = Infinity;
    for (const [number, entry] of this.entries()) {
      if (entry.deadlineMs > nowMs) nextMs = Math.min(nextMs, entry.deadlineMs);
      // What becomes of one may have ended another.
      else if (this.has(number)) this.#onLate(number, entry);
    }
    if (nextMs !== Infinity) this.#timer.at(nextMs);
  }
}
