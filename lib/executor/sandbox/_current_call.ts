/**
 * Which call code runs for: what a script does now, and what it does later by a timer, a promise or a listener. V8
 * carries one value along with all of these; the runtime has it for its own async variables and hands it out by its
 * inner parts. Reading and setting it takes some nanoseconds, an AsyncLocalStorage 5 ms to load and 1 µs a call.
 */

interface AsyncContext {
  getAsyncContext(): unknown;
  setAsyncContext(context: unknown): void;
}

const inner = (Deno as unknown as Record<symbol, { core?: Partial<AsyncContext> } | undefined>)[
  (Deno as unknown as { internal: symbol }).internal
]?.core ?? {};
/** Where a runtime lacks it, only what runs at once is known to belong to a call. */
let standIn: unknown;
const { getAsyncContext = () => standIn, setAsyncContext = (context) => standIn = context } = inner;
const outside = getAsyncContext();

/** Runs what belongs to a call. */
export function runFor<Result>(call: number, work: () => Result): Result {
  // Without a prototype, as the runtime makes them: it looks into it for its own variables, by their numbers.
  setAsyncContext({ __proto__: null, call });
  try {
    return work();
  } finally {
    setAsyncContext(outside);
  }
}

/** The call that code runs for; undefined where it runs for none. */
export function currentCall(): number | undefined {
  return (getAsyncContext() as { readonly call?: number } | undefined)?.call;
}

/** An object that identifies the call on whose behalf code runs, if any. */
export function callContext(): object | undefined {
  return currentCall() === undefined ? undefined : getAsyncContext() as object;
}
