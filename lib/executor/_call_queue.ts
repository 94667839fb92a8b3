/** The order in which an executor runs calls, and how long it does so before it looks at what else came. */
import { limits } from "../limits/mod.ts";

interface QueuedCall {
  readonly overload: number;
  readonly payload: Uint8Array;
}

/**
 * Runs calls in the order in which they came: at once, until those of one turn of the event loop have
 * taken `limits.executorSliceMs`; the rest a slice at a time. So many calls that are each short keep
 * nobody from being heard: answers leave, cancels and pings are read between them.
 */
export class CallQueue {
  readonly #run: (call: number, overload: number, payload: Uint8Array) => void;
  readonly #queued = new Map<number, QueuedCall>();
  #sliceEndMs: number | undefined;

  /** @param run Runs one call; it must not throw, and copies what it keeps of the payload. */
  constructor(run: (call: number, overload: number, payload: Uint8Array) => void) {
    this.#run = run;
  }

  /** Runs a call now, or soon. The payload is copied before this returns. */
  add(call: number, overload: number, payload: Uint8Array): void {
    if (this.#queued.size > 0) {
      this.#queued.set(call, { overload, payload: payload.slice() });
      return;
    }
    if (this.#sliceEndMs === undefined) {
      this.#sliceEndMs = performance.now() + limits.executorSliceMs;
      queueMicrotask(() => this.#sliceEndMs = undefined);
    } else if (performance.now() > this.#sliceEndMs) {
      this.#queued.set(call, { overload, payload: payload.slice() });
      setTimeout(() => this.#runSlice(), 0);
      return;
    }
    this.#run(call, overload, payload);
  }

  /** Forgets a call that has not begun. */
  remove(call: number): void {
    this.#queued.delete(call);
  }

  #runSlice(): void {
    const endMs = performance.now() + limits.executorSliceMs;
    for (const [call, { overload, payload }] of this.#queued) {
      this.#queued.delete(call);
      this.#run(call, overload, payload);
      if (performance.now() > endMs) break;
    }
    if (this.#queued.size > 0) setTimeout(() => this.#runSlice(), 0);
  }
}
