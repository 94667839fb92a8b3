/** The order in which an executor runs calls, and how long it does so before it looks at what else came. */
import { limits } from "../limits/mod.ts";

interface QueuedCall {
  readonly overload: number;
  readonly payload: Uint8Array;
}

/** Runs a call; `nowMs` is on the clock of `performance.now()`. */
type RunCall = (call: number, overload: number, payload: Uint8Array, nowMs: number) => void;

/**
 * Runs calls in the order in which they came: at once, until those of one turn of the event loop have
 * taken `limits.executorSliceMs`; the rest a slice at a time. So many calls that are each short keep
 * nobody from being heard: answers leave, cancels and pings are read between them.
 */
export class CallQueue {
  readonly #run: RunCall;
  readonly #queued = new Map<number, QueuedCall>();
  #sliceEndMs: number | undefined;

  /** @param run Runs one call; it must not throw, and copies what it keeps of the payload. */
  constructor(run: RunCall) {
    this.#run = run;
  }

  /** Runs a call now, or soon. The payload is copied before this returns. */
  add(call: number, overload: number, payload: Uint8Array): void {
    if (this.#queued.size > 0) {
      this.#queued.set(call, { overload, payload: payload.slice() });
      return;
    }
    const nowMs = performance.now();
    if (this.#sliceEndMs === undefined) {
      this.#sliceEndMs = nowMs + limits.executorSliceMs;
      queueMicrotask(() => this.#sliceEndMs = undefined);
    } else if (nowMs > this.#sliceEndMs) {
      this.#queued.set(call, { overload, payload: payload.slice() });
      setTimeout(() => this.#runSlice(), 0);
      return;
    }
    this.#run(call, overload, payload, nowMs);
  }

  /** Forgets a call that has not begun. */
  remove(call: number): void {
    this.#queued.delete(call);
  }

  #runSlice(): void {
    let nowMs = performance.now();
    const endMs = nowMs + limits.executorSliceMs;
    for (const [call, { overload, payload }] of this.#queued) {
      this.#queued.delete(call);
      this.#run(call, overload, payload, nowMs);
      nowMs = performance.now();
      if (nowMs > endMs) break;
    }
    if (this.#queued.size > 0) setTimeout(() => this.#runSlice(), 0);
  }
}
