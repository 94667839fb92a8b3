/**
 * Time as far as this program could work. While its event loop does not turn, be it busy, stopped or without a
 * processor, it cannot react: such time counts neither against a call's deadline nor against an executor.
 */
import { tickNowMs } from "../../channel/mod.ts";
import type { DeadlineClock, DeadlineTimer } from "../../channel/deadline_table.ts";

/** A timer that is later than this was kept by something. */
const slackMs = 50;
/** The longest wait that the runtime's timers know. */
const waitMsMax = 0x7fff_ffff;

let lostMs = 0;
/** Up to here lost time is counted, on the clock of `performance.now()`. */
let countedMs = 0;

/** The time now, on the working clock. */
export function workingMs(): number {
  return performance.now() - lostMs;
}

/** The time at which this turn began, on the working clock; costs less. For deadlines. */
export function workingTurnMs(): number {
  return tickNowMs() - lostMs;
}

/** A timer runs that was due at `dueMs`, on the clock of `performance.now()`: what it is late is lost time. */
export function noteTimer(dueMs: number): void {
  const nowMs = performance.now();
  const lost = nowMs - Math.max(dueMs, countedMs);
  if (lost <= slackMs) return;
  lostMs += lost;
  countedMs = nowMs;
}

/** Tells when a time on the working clock has come, and all was read that came by then. */
export class WorkingTimer implements DeadlineTimer {
  readonly #onTime: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #atMs = Infinity;

  constructor(onTime: () => void) {
    this.#onTime = onTime;
  }

  /** Tells at this time, unless it does so earlier. */
  at(atMs: number): void {
    if (atMs < this.#atMs) this.#wait(atMs);
  }

  /** Tells nothing. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#atMs = Infinity;
  }

  #wait(atMs: number): void {
    clearTimeout(this.#timer);
    this.#atMs = atMs;
    const waitMs = Math.min(Math.max(0, atMs - workingMs()), waitMsMax);
    const dueMs = performance.now() + waitMs;
    this.#timer = setTimeout(() => {
      noteTimer(dueMs);
      if (workingMs() < atMs) return this.#wait(atMs);
      // What came in time may wait to be read: it is, before this.
      this.#timer = setTimeout(() => {
        this.#atMs = Infinity;
        this.#onTime();
      }, 0);
    }, waitMs);
  }
}

/** The working clock, for tables of deadlines. */
export const workingClock: DeadlineClock = {
  now: workingMs,
  timer: (onTime) => new WorkingTimer(onTime),
};
