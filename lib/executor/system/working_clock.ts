/**
 * A clock that runs only while this program can work. While its event loop is blocked, be it busy, stopped or without a
 * processor, it cannot react: such time counts neither against a call's deadline nor against an executor.
 */
import { tickNowMs } from "../../channel/mod.ts";
import type { DeadlineClock, DeadlineTimer } from "../../channel/deadline_table.ts";

/** A timer later than this was delayed by something. */
const slackMs = 50;
/** The longest delay of the runtime's timers. */
const waitMsMax = 0x7fff_ffff;

let lostMs = 0;
/** Lost time is counted up to this time, on the clock of `performance.now()`. */
let countedMs = 0;

/** The time now, on the working clock. */
export function workingMs(): number {
  return performance.now() - lostMs;
}

/** The time at which this turn began, on the working clock; cheaper. For deadlines. */
export function workingTurnMs(): number {
  return tickNowMs() - lostMs;
}

/** Called by a timer that was due at `dueMs`, on the clock of `performance.now()`: its delay is lost time. */
export function noteTimer(dueMs: number): void {
  const nowMs = performance.now();
  const lost = nowMs - Math.max(dueMs, countedMs);
  if (lost <= slackMs) return;
  lostMs += lost;
  countedMs = nowMs;
}

/** Fires when a time on the working clock has come, and all input that arrived by then has been read. */
export class WorkingTimer implements DeadlineTimer {
  readonly #onTime: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #atMs = Infinity;

  constructor(onTime: () => void) {
    this.#onTime = onTime;
  }

  /** Fires at this time, or earlier if already set. */
  at(atMs: number): void {
    if (atMs < this.#atMs) this.#wait(atMs);
  }

  /** Cancels it. */
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
      // Input that arrived in time may still wait to be read: it is read before this fires.
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
