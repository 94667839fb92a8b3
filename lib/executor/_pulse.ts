import { limits } from "../limits/mod.ts";
import type { Progress } from "./_progress.ts";
import { endableFromMs, type Silence } from "./_suspects.ts";

/** What a pulse needs of its executor. */
export interface PulseOptions {
  readonly inFlight: Silence["inFlight"];
  readonly progress: () => Progress;
  /** Sends a ping. */
  readonly ping: () => void;
  /**
   * A number that changes when it has read what waited for it, or was heard to send: who moves much data is silent for
   * long, and does turn its event loop.
   */
  readonly traffic: () => number;
  /** It answered: it takes calls again. */
  readonly onAnswer: () => void;
  /** It does not yield, and nobody's right to the processor speaks for it any more. */
  readonly onStuck: () => void;
}

/**
 * Whether an executor still turns its event loop. It is asked when a call of its was given up; and when it has not been
 * heard for a while, soon after its last call and then now and again, since a script may begin to spin after its reply.
 * Not with each call: that would cost as much as the call.
 */
export class Pulse {
  readonly #options: PulseOptions;
  readonly #givenUp = new Map<number, number>();
  #isAsked = false;
  /** Whether a call was given up since it was asked: then its answer says nothing of that one. */
  #isAskedTooEarly = false;
  #judgeTimer: ReturnType<typeof setTimeout> | undefined;
  #judgeAtMs = Infinity;
  #heardMs = performance.now();
  #hasBeenHeard = false;
  #isSettled = true;
  #traffic = 0;

  constructor(options: PulseOptions) {
    this.#options = options;
  }

  /** Whether it was asked and has not answered: no call should be sent to it. */
  get isAsked(): boolean {
    return this.#isAsked;
  }

  /** Whether it has answered since its last call. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** A call was sent. */
  sent(): void {
    this.#isSettled = false;
  }

  /** Something came from it. */
  heard(): void {
    this.#hasBeenHeard = true;
  }

  /** A call that had been sent was given up. */
  gaveUp(call: number, deadlineMs: number): void {
    this.#givenUp.set(call, deadlineMs);
    if (this.#isAsked) this.#isAskedTooEarly = true;
    this.#ask();
  }

  /** It answered. */
  answered(): void {
    this.#stopJudging();
    this.#isAsked = false;
    if (!this.#isAskedTooEarly) this.#givenUp.clear();
    this.#options.onAnswer();
    if (this.#isAskedTooEarly) this.#ask();
  }

  /** Asks, if it has not been heard for long enough. To be called now and again. */
  look(nowMs: number): void {
    if (this.#hasBeenHeard) {
      this.#hasBeenHeard = false;
      this.#heardMs = nowMs;
    }
    const quietMs = this.#isSettled ? limits.executorQuietMsMax : limits.executorQuietMs;
    if (!this.#isAsked && nowMs - this.#heardMs >= quietMs) this.#ask();
  }

  /** Judges no more. */
  stop(): void {
    this.#stopJudging();
  }

  #ask(): void {
    if (!this.#isAsked) {
      this.#isAsked = true;
      this.#isAskedTooEarly = false;
      this.#isSettled = true;
      this.#options.ping();
      this.#traffic = this.#options.traffic();
    }
    this.#judgeAt(performance.now() + limits.executorUnresponsiveMs);
  }

  #judgeAt(atMs: number): void {
    if (atMs >= this.#judgeAtMs) return;
    clearTimeout(this.#judgeTimer);
    this.#judgeAtMs = atMs;
    this.#judgeTimer = setTimeout(() => {
      // Were it the node that was late, the answer may be here already: it is read first.
      this.#judgeTimer = setTimeout(() => this.#judge(), 0);
    }, Math.max(0, atMs - performance.now()));
  }

  #judge(): void {
    this.#judgeAtMs = Infinity;
    const { inFlight, progress, onStuck, traffic } = this.#options;
    const now = performance.now();
    if (traffic() !== this.#traffic) {
      this.#traffic = traffic();
      return this.#judgeAt(now + limits.executorUnresponsiveMs);
    }
    const fromMs = endableFromMs({ progress: progress(), inFlight, givenUp: this.#givenUp }, now);
    if (fromMs <= now) onStuck();
    else this.#judgeAt(fromMs + limits.executorUnresponsiveMs);
  }

  #stopJudging(): void {
    clearTimeout(this.#judgeTimer);
    this.#judgeAtMs = Infinity;
  }
}
