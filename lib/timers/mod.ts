/**
 * Timers for timeouts that rarely fire: deadlines, greetings, keep-alive.
 *
 * On the first `setTimeout`, Deno 2.9 loads a large part of its Node compatibility, which takes longer than a whole
 * call. So in a young process `AbortSignal.timeout`, which loads nothing, replaces it: one signal for all timers that
 * fire after its youth, which become timers of the runtime then; and one for each that fires before.
 *
 * This room must never know what its timers are for.
 *
 * @module
 */
import { limits } from "../limits/mod.ts";

/** Options of a timer. */
export interface TimerOptions {
  /** Whether it keeps the program alive; in a young process, any timer does. Default: true. */
  readonly keepsAlive?: boolean;
}

/** Runs a function once, after a delay, unless stopped. */
export class Timer {
  readonly #work: () => void;
  /** On the clock of `performance.now()`. */
  readonly endsAtMs: number;
  readonly #keepsAlive: boolean;
  #id: ReturnType<typeof setTimeout> | undefined;
  /** In place of a timer of the runtime. */
  #signal: AbortSignal | undefined;

  /** @param delayMs At most 2^31 - 1 milliseconds; if it is not positive, the timer fires soon. */
  constructor(work: () => void, delayMs: number, { keepsAlive = true }: TimerOptions = {}) {
    this.#work = work;
    this.endsAtMs = performance.now() + delayMs;
    this.#keepsAlive = keepsAlive;
    if (youth.isOver) this.begin();
    else if (!youth.take(this)) {
      // The signal keeps the program alive while it has listeners.
      this.#signal = AbortSignal.timeout(Math.max(0, Math.ceil(delayMs)));
      this.#signal.addEventListener("abort", work);
    }
  }

  /** Hands it to the runtime. */
  begin(): void {
    this.#id = setTimeout(this.#work, Math.max(0, this.endsAtMs - performance.now()));
    if (!this.#keepsAlive) Deno.unrefTimer(this.#id);
  }

  /** Does nothing once it has fired. */
  stop(): void {
    if (this.#id !== undefined) clearTimeout(this.#id);
    else if (this.#signal !== undefined) this.#signal.removeEventListener("abort", this.#work);
    else youth.drop(this);
  }
}

/** The longest delay of the runtime's timers. */
const waitMsMax = 0x7fff_ffff;

/** Fires once, at the earliest of the given times, on the clock of `performance.now()`. */
export class EarliestTimer {
  readonly #onTime: () => void;
  #timer: Timer | undefined;
  #atMs = Infinity;

  constructor(onTime: () => void) {
    this.#onTime = onTime;
  }

  /** Fires at this time at the latest. */
  at(atMs: number): void {
    if (atMs >= this.#atMs) return;
    this.#timer?.stop();
    this.#atMs = atMs;
    const waitMs = Math.max(0, atMs - performance.now()) + 1;
    this.#timer = new Timer(() => {
      this.#atMs = Infinity;
      this.#onTime();
    }, Math.min(waitMs, waitMsMax));
  }

  /** Cancels it. */
  stop(): void {
    this.#timer?.stop();
    this.#atMs = Infinity;
  }
}

/** The timers that are pending until the end of the process's youth. */
class Youth {
  readonly #timers = new Set<Timer>();
  #end: AbortSignal | undefined;
  readonly #onEnd = (): void => {
    // Several may be due by now: they fire in the order in which they begin.
    const inOrder = [...this.#timers].sort((one, other) => one.endsAtMs - other.endsAtMs);
    for (const timer of inOrder) timer.begin();
    this.#timers.clear();
  };

  get isOver(): boolean {
    return this.#leftMs === 0 || this.#end?.aborted === true;
  }

  get #leftMs(): number {
    return Math.max(0, limits.processYouthMs - performance.now());
  }

  /** @returns Whether the timer is taken, because it fires later. */
  take(timer: Timer): boolean {
    if (timer.endsAtMs <= limits.processYouthMs) return false;
    this.#end ??= AbortSignal.timeout(Math.ceil(this.#leftMs));
    if (this.#timers.size === 0) this.#end.addEventListener("abort", this.#onEnd);
    this.#timers.add(timer);
    return true;
  }

  drop(timer: Timer): void {
    if (!this.#timers.delete(timer) || this.#timers.size > 0) return;
    this.#end!.removeEventListener("abort", this.#onEnd);
  }
}

const youth = new Youth();
