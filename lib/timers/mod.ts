/**
 * Timers for waits that hardly ever last: deadlines, greetings, silence.
 *
 * Deno 2.9 loads a good part of its side for Node when a program first asks for `setTimeout`, which takes longer than a
 * whole call. So in a young process one `AbortSignal.timeout`, which loads nothing, stands for all timers that end
 * after its youth; those that are not stopped by then become timers of the runtime.
 *
 * This room must never know what is waited for.
 *
 * @module
 */
import { limits } from "../limits/mod.ts";

/** How a timer behaves. */
export interface TimerOptions {
  /** Whether the program goes on as long as it runs, which a young one does for any. Default: true. */
  readonly keepsAlive?: boolean;
}

/** Does something later, once, unless it is stopped. */
export class Timer {
  readonly #work: () => void;
  readonly #endsAtMs: number;
  readonly #keepsAlive: boolean;
  #id: ReturnType<typeof setTimeout> | undefined;

  /** @param delayMs At most 2^31 - 1 milliseconds. */
  constructor(work: () => void, delayMs: number, { keepsAlive = true }: TimerOptions = {}) {
    this.#work = work;
    this.#endsAtMs = performance.now() + delayMs;
    this.#keepsAlive = keepsAlive;
    if (!youth.take(this, this.#endsAtMs)) this.begin();
  }

  /** Leaves it to the runtime. */
  begin(): void {
    this.#id = setTimeout(this.#work, Math.max(0, this.#endsAtMs - performance.now()));
    if (!this.#keepsAlive) Deno.unrefTimer(this.#id);
  }

  /** Does nothing once its time has come. */
  stop(): void {
    if (this.#id === undefined) youth.drop(this);
    else clearTimeout(this.#id);
  }
}

/** The longest wait that the runtime's timers know. */
const waitMsMax = 0x7fff_ffff;

/** Tells once, when the earliest of some times has passed, on the clock of `performance.now()`. */
export class EarliestTimer {
  readonly #onTime: () => void;
  #timer: Timer | undefined;
  #atMs = Infinity;

  constructor(onTime: () => void) {
    this.#onTime = onTime;
  }

  /** Tells then, unless it does so earlier. */
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

  /** Tells nothing. */
  stop(): void {
    this.#timer?.stop();
    this.#atMs = Infinity;
  }
}

/** The timers that wait for the end of the process's youth. */
class Youth {
  readonly #timers = new Set<Timer>();
  #end: AbortSignal | undefined;
  readonly #onEnd = (): void => {
    for (const timer of this.#timers) timer.begin();
    this.#timers.clear();
  };

  /** @returns Whether the timer is taken: it would end later. */
  take(timer: Timer, endsAtMs: number): boolean {
    const { processYouthMs } = limits;
    const leftMs = processYouthMs - performance.now();
    if (leftMs <= 0 || endsAtMs <= processYouthMs) return false;
    this.#end ??= AbortSignal.timeout(Math.ceil(leftMs));
    if (this.#end.aborted) return false;
    // The signal keeps the program alive while somebody listens.
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
