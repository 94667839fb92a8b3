/**
 * Tracks the call that code runs for, now and later in a timer, a promise or a listener. V8 propagates one value along
 * these; the runtime uses it for its own async variables and exposes it internally. Reading and setting it takes some
 * nanoseconds; an AsyncLocalStorage takes 5 ms to load and 1 µs per call.
 */

interface AsyncContext {
  getAsyncContext(): unknown;
  setAsyncContext(context: unknown): void;
}

const inner = (Deno as unknown as Record<symbol, { core?: Partial<AsyncContext> } | undefined>)[
  (Deno as unknown as { internal: symbol }).internal
]?.core ?? {};
/** Without it, only synchronous code can be attributed to a call. */
let standIn: unknown;
const { getAsyncContext = () => standIn, setAsyncContext = (context) => standIn = context } = inner;
const outside = getAsyncContext();

/**
 * The context of a call. It inherits nothing, like the runtime's own, because the runtime looks up its variables in it
 * by number. (An object literal without a prototype would be a hash table in V8, and eight times as slow to create.)
 */
class CallContext {
  readonly call: number;

  constructor(call: number) {
    this.call = call;
  }
}

Reflect.deleteProperty(CallContext.prototype, "constructor");
Object.setPrototypeOf(CallContext.prototype, null);
Object.freeze(CallContext.prototype);

/** Runs code in the context of a call. */
export function runFor<Result>(call: number, work: () => Result): Result {
  setAsyncContext(new CallContext(call));
  try {
    return work();
  } finally {
    setAsyncContext(outside);
  }
}

/** The current call, if any. */
export function currentCall(): number | undefined {
  return (getAsyncContext() as { readonly call?: number } | undefined)?.call;
}

/** An object that identifies the current call, if any. */
export function callContext(): object | undefined {
  return currentCall() === undefined ? undefined : getAsyncContext() as object;
}
