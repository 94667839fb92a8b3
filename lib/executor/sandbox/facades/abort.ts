/** AbortController and AbortSignal for scripts. */
import { DOMException } from "./dom_exception.ts";
import { Event, EventTarget, HandlerProperty } from "./events.ts";

/** Only this module creates signals. */
const making = Symbol("making");

let abortSignal: (signal: AbortSignal, reason: unknown) => void;
let follow: (signal: AbortSignal, sources: readonly AbortSignal[]) => void;
let algorithmsOf: (signal: AbortSignal) => Set<(reason: unknown) => void>;

/** Starts a timer; set together with scripts' timers. */
let startTimer: (work: () => void, delayMs: number) => void = () => {};

/** The timer behind `AbortSignal.timeout`. */
export function timeoutsBy(start: typeof startTimer): void {
  startTimer = start;
}

/** Whether an operation is aborted, and why. */
export class AbortSignal extends EventTarget {
  readonly #onabort: HandlerProperty;
  readonly #algorithms = new Set<(reason: unknown) => void>();
  #isAborted = false;
  #reason: unknown;

  constructor(key?: unknown) {
    if (key !== making) throw new TypeError("Illegal constructor");
    super();
    this.#onabort = new HandlerProperty(this, "abort");
  }

  static {
    abortSignal = (signal, reason) => {
      if (signal.#isAborted) return;
      signal.#isAborted = true;
      signal.#reason = reason === undefined ? aborted() : reason;
      const algorithms = [...signal.#algorithms];
      signal.#algorithms.clear();
      for (const each of algorithms) each(signal.#reason);
      signal.dispatchEvent(new Event("abort"));
    };
    follow = (signal, sources) => {
      const stopAll = (reason: unknown): void => {
        for (const source of sources) source.#algorithms.delete(stopAll);
        abortSignal(signal, reason);
      };
      for (const source of sources) source.#algorithms.add(stopAll);
    };
    algorithmsOf = (signal) => signal.#algorithms;
  }

  /** A signal that is already aborted. */
  static abort(reason?: unknown): AbortSignal {
    const signal = new AbortSignal(making);
    abortSignal(signal, reason);
    return signal;
  }

  /** A signal that is aborted after a time, in milliseconds. */
  static timeout(delayMs: unknown): AbortSignal {
    const milliseconds = Number(delayMs);
    if (!(milliseconds >= 0) || milliseconds > Number.MAX_SAFE_INTEGER) {
      throw new TypeError("AbortSignal.timeout takes a number of milliseconds");
    }
    const signal = new AbortSignal(making);
    const end = (): void =>
      abortSignal(signal, new DOMException("Signal timed out.", "TimeoutError"));
    startTimer(end, milliseconds);
    return signal;
  }

  /** A signal that is aborted as soon as any of these is. */
  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const sources = [...signals];
    if (!sources.every((each) => each instanceof AbortSignal)) {
      throw new TypeError("AbortSignal.any takes signals");
    }
    const signal = new AbortSignal(making);
    const first = sources.find((each) => each.aborted);
    if (first === undefined) follow(signal, sources);
    else abortSignal(signal, first.reason);
    return signal;
  }

  get aborted(): boolean {
    return this.#isAborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  throwIfAborted(): void {
    if (this.#isAborted) throw this.#reason;
  }

  get onabort(): unknown {
    return this.#onabort.get();
  }

  set onabort(handler: unknown) {
    this.#onabort.set(handler);
  }

  override get [Symbol.toStringTag](): string {
    return "AbortSignal";
  }
}

function aborted(): DOMException {
  return new DOMException("The signal has been aborted", "AbortError");
}

/** Aborts an operation. */
export class AbortController {
  readonly #signal = new AbortSignal(making);

  get signal(): AbortSignal {
    return this.#signal;
  }

  abort(reason?: unknown): void {
    abortSignal(this.#signal, reason);
  }

  get [Symbol.toStringTag](): string {
    return "AbortController";
  }
}

/**
 * Runs a callback when the signal is aborted, immediately if it already is.
 *
 * @returns Removes the callback.
 */
export function whenAborted(signal: AbortSignal, work: (reason: unknown) => void): () => void {
  if (signal.aborted) {
    work(signal.reason);
    return () => {};
  }
  const algorithms = algorithmsOf(signal);
  algorithms.add(work);
  return () => algorithms.delete(work);
}
