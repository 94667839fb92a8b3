/**
 * Timers and microtasks for scripts. The runtime numbers its timers one by one, or hands out objects that lead to each
 * other: either way one script could stop the timers of another, or those of the executor. These have
 * numbers that nobody can guess, take no text for a function, and lead nowhere.
 *
 * What a handler throws is caught here. The runtime would look at it first, and what does not want to be looked at
 * (a proxy, a getter that throws) ends the process.
 */

type Handler = (...args: unknown[]) => unknown;
type Start = (handler: () => unknown, delayMs: number) => unknown;
type Stop = (timer: unknown) => void;

/** What the runtime offers; each is asked for when it is first needed. */
export interface RuntimeTimers {
  readonly setTimeout: () => Start;
  readonly clearTimeout: () => Stop;
  readonly setInterval: () => Start;
  readonly clearInterval: () => Stop;
  readonly queueMicrotask: () => (handler: () => void) => void;
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

/** The longest delay that the runtime knows, in milliseconds; what is longer fires at this. */
const delayMsMax = 0x7fff_ffff;
/** Numbers below this are integers, and too many to try. */
const identifierBound = 2 ** 52;

/**
 * The functions, by the names that they have in the global scope.
 *
 * @param onThrown Takes what handlers throw.
 */
export function scriptTimers(
  runtime: RuntimeTimers,
  onThrown: (thrown: unknown) => void,
): Record<keyof RuntimeTimers, unknown> {
  const { random, floor } = Math;
  const stops = new Map<number, () => void>();

  function newIdentifier(): number {
    let identifier: number;
    do identifier = 1 + floor(random() * identifierBound); while (stops.has(identifier));
    return identifier;
  }

  function checked(handler: unknown): Handler {
    if (typeof handler === "function") return guarded(handler as Handler, onThrown);
    throw new TypeError("a timer takes a function; text is not run as code");
  }

  function clear(identifier?: unknown): void {
    const stop = stops.get(identifier as number);
    if (stop === undefined) return;
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
      const timer = runtime.setTimeout()(fire, boundedDelay(delayMs));
      stops.set(identifier, () => runtime.clearTimeout()(timer));
      return identifier;
    },
    setInterval(handler: unknown, delayMs?: unknown, ...args: unknown[]): number {
      const run = checked(handler);
      const identifier = newIdentifier();
      const timer = runtime.setInterval()(() => run(...args), boundedDelay(delayMs));
      stops.set(identifier, () => runtime.clearInterval()(timer));
      return identifier;
    },
    queueMicrotask(handler: unknown): void {
      const run = checked(handler);
      runtime.queueMicrotask()(() => run());
    },
    clearTimeout: { clearTimeout: clear }.clearTimeout,
    clearInterval: { clearInterval: clear }.clearInterval,
  };
}

function boundedDelay(delayMs: unknown): number {
  const milliseconds = Number(delayMs);
  return milliseconds > 0 ? Math.min(milliseconds, delayMsMax) : 0;
}
