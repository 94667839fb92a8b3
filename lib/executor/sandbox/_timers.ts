/**
 * Timers and microtasks for scripts. The runtime numbers its timers consecutively, or returns objects that lead to each
 * other: either way one script could stop the timers of another, or those of the executor. These have unguessable
 * numbers, accept no text as a function, and lead nowhere. Errors of handlers are caught here: the runtime would
 * inspect them first, and a value that resists inspection (a proxy, a throwing getter) ends the process.
 */

import { needStack, type OnFirstUse } from "./facades/stack_room.ts";

type Handler = (...args: unknown[]) => unknown;
type Start = (handler: () => unknown, delayMs: number) => unknown;
type Stop = (timer: unknown) => void;

/** The runtime's functions; some of them make it load a large part of itself. */
export interface RuntimeTimers {
  readonly setTimeout: Start;
  readonly clearTimeout: Stop;
  readonly setInterval: Start;
  readonly clearInterval: Stop;
}

/** Runs a handler and passes on what it throws. */
function guarded(handler: Handler, onThrown: (thrown: unknown) => void): Handler {
  return (...args) => {
    try {
      handler(...args);
    } catch (thrown) {
      onThrown(thrown);
    }
  };
}

/** The runtime's longest delay, in milliseconds; longer timers fire at this. */
const delayMsMax = 0x7fff_ffff;
/** Unguessable numbers; those of `Math.random` reveal the next ones. */
class Chance {
  readonly #fill = crypto.getRandomValues.bind(crypto);
  readonly #words = new Uint32Array(64);
  #left = 0;

  /** From 1 to 2^52. */
  next(): number {
    if (this.#left === 0) {
      this.#fill(this.#words);
      this.#left = this.#words.length;
    }
    this.#left -= 2;
    return 1 + this.#words[this.#left]! * 2 ** 20 + (this.#words[this.#left + 1]! >>> 12);
  }
}

/**
 * The functions, by name in the global scope.
 *
 * @param onThrown Receives what handlers throw.
 */
export function scriptTimers(
  runtime: OnFirstUse<RuntimeTimers>,
  onThrown: (thrown: unknown) => void,
): Record<keyof RuntimeTimers | "queueMicrotask", unknown> {
  const nextMicrotask = globalThis.queueMicrotask;
  const chance = new Chance();
  const stops = new Map<number, () => void>();

  /**
   * The runtime's functions, guarded against a lack of stack: a timer half started or stopped would damage all timers.
   */
  function timers(): RuntimeTimers {
    needStack();
    return runtime.value;
  }

  function newIdentifier(): number {
    let identifier: number;
    do identifier = chance.next(); while (stops.has(identifier));
    return identifier;
  }

  function checked(handler: unknown): Handler {
    if (typeof handler === "function") return guarded(handler as Handler, onThrown);
    throw new TypeError("a timer takes a function; text is not run as code");
  }

  function clear(identifier?: unknown): void {
    const stop = stops.get(identifier as number);
    if (stop === undefined) return;
    needStack();
    stops.delete(identifier as number);
    stop();
  }

  return {
    setTimeout(handler: unknown, delayMs?: unknown, ...args: unknown[]): number {
      const run = checked(handler);
      const identifier = newIdentifier();
      const fire = (): void => {
        stops.delete(identifier);
        run(...args);
      };
      const { setTimeout, clearTimeout } = timers();
      const timer = setTimeout(fire, boundedDelay(delayMs));
      stops.set(identifier, () => clearTimeout(timer));
      return identifier;
    },
    setInterval(handler: unknown, delayMs?: unknown, ...args: unknown[]): number {
      const run = checked(handler);
      const identifier = newIdentifier();
      const { setInterval, clearInterval } = timers();
      const timer = setInterval(() => run(...args), boundedDelay(delayMs));
      stops.set(identifier, () => clearInterval(timer));
      return identifier;
    },
    queueMicrotask(handler: unknown): void {
      const run = checked(handler);
      nextMicrotask(() => run());
    },
    clearTimeout: { clearTimeout: clear }.clearTimeout,
    clearInterval: { clearInterval: clear }.clearInterval,
  };
}

function boundedDelay(delayMs: unknown): number {
  const milliseconds = Number(delayMs);
  return milliseconds > 0 ? Math.min(milliseconds, delayMsMax) : 0;
}
