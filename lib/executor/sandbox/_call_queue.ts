/** Runs an executor's calls in order, in slices of time. */
import { limits } from "../../limits/mod.ts";

interface QueuedCall {
  readonly overload: number;
  readonly payload: Uint8Array;
}

/** Runs a call; `nowMs` is on the clock of `performance.now()`. */
type RunCall = (call: number, overload: number, payload: Uint8Array, nowMs: number) => void;

/** The outbox of replies: while it is full, no call begins. */
export interface Outlet {
  readonly isFull: boolean;
  hasRoom(): Promise<void>;
}

/** Among quick calls, one in this many reads the clock, which takes as long as everything else about such a call. */
const quickCallsPerLook = 4;

/**
 * Runs calls in order of arrival: immediately, until those of one event-loop turn have taken `limits.executorSliceMs`;
 * the rest in slices. So replies leave, and cancels and pings are read, even under many short calls.
 */
export class CallQueue {
  readonly #run: RunCall;
  readonly #isQuick: (overload: number) => boolean;
  readonly #outlet: Outlet;
  readonly #queued = new Map<number, QueuedCall>();
  readonly #turns: (() => void)[] = [];
  #sliceEndMs: number | undefined;
  #isHeldBack = false;
  /** The last reading of the clock, and the number of calls begun since. */
  #readMs = 0;
  #unread = 0;

  /**
   * @param run Runs one call; it must not throw, and copies what it keeps of the payload.
   * @param isQuick Whether an overload's recent calls took negligible time.
   */
  constructor(outlet: Outlet, run: RunCall, isQuick: (overload: number) => boolean) {
    this.#outlet = outlet;
    this.#run = run;
    this.#isQuick = isQuick;
  }

  /** Whether calls are queued. */
  get isWaiting(): boolean {
    return this.#queued.size > 0;
  }

  /** Runs a call now, or soon. The payload is copied before this returns. */
  add(call: number, overload: number, payload: Uint8Array): void {
    if (this.#queued.size > 0) {
      this.#queued.set(call, { overload, payload: payload.slice() });
      return;
    }
    if (this.#outlet.isFull) {
      this.#queued.set(call, { overload, payload: payload.slice() });
      this.#continue();
      return;
    }
    const nowMs = this.#now(overload);
    if (this.#sliceEndMs === undefined) {
      this.#beginSlice(nowMs);
    } else if (nowMs > this.#sliceEndMs) {
      this.#queued.set(call, { overload, payload: payload.slice() });
      this.#continueSoon();
      return;
    }
    this.#run(call, overload, payload, nowMs);
  }

  #beginSlice(nowMs: number): void {
    this.#sliceEndMs = nowMs + limits.executorSliceMs;
    queueMicrotask(() => this.#sliceEndMs = undefined);
  }

  #continueSoon(): void {
    setTimeout(() => this.#runSlice(), 0);
  }

  /** The current time before a call; if calls are quick, as of a few calls ago. */
  #now(overload: number): number {
    const mayWait = this.#sliceEndMs !== undefined && this.#unread < quickCallsPerLook - 1;
    if (mayWait && this.#isQuick(overload)) {
      this.#unread += 1;
      return this.#readMs;
    }
    this.#unread = 0;
    return this.#readMs = performance.now();
  }

  /** Drops a call that has not begun. */
  remove(call: number): void {
    this.#queued.delete(call);
  }

  /** Calls back when queued calls have had their next turn; immediately while none may begin. */
  whenTurn(onTurn: () => void): void {
    if (this.#queued.size === 0 || this.#isHeldBack) onTurn();
    else this.#turns.push(onTurn);
  }

  /** Resumes the queue when the outbox has room. */
  #continue(): void {
    if (!this.#outlet.isFull) return this.#continueSoon();
    if (this.#isHeldBack) return;
    this.#isHeldBack = true;
    for (const onTurn of this.#turns.splice(0)) onTurn();
    this.#outlet.hasRoom().then(() => {
      this.#isHeldBack = false;
      this.#runSlice();
    });
  }

  #runSlice(): void {
    for (const onTurn of this.#turns.splice(0)) onTurn();
    let nowMs = performance.now();
    const endMs = nowMs + limits.executorSliceMs;
    for (const [call, { overload, payload }] of this.#queued) {
      this.#queued.delete(call);
      this.#run(call, overload, payload, nowMs);
      nowMs = performance.now();
      if (nowMs > endMs || this.#outlet.isFull) break;
    }
    if (this.#queued.size > 0) this.#continue();
  }
}
