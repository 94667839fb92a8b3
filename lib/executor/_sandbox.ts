/**
 * What a script finds when it looks around: the language, and those parts of the web platform that reach
 * nothing outside of the process, not even by their private parts. All else of the runtime leaves the global
 * scope before the first script is loaded, and what stays cannot be changed.
 *
 * Of the runtime's own objects, private parts are properties with symbols for names, which any script can
 * find out and set. So nothing is kept here that holds the number of a resource in such a part, or makes
 * objects by a name in one (measured with Deno 2.9: a stream that was given `{ rid }` is piped from whatever
 * resource has that number). That rules out streams, Blob, the runtime's structuredClone and performance.
 */
import { harden, hardenSegmentsLater, hiddenIntrinsics } from "./_realm.ts";
import { structuredClone } from "./_structured_clone.ts";
import { scriptTimers } from "./_timers.ts";

/** What stays as the language has it. */
const languageGlobals = [
  ...["globalThis", "Infinity", "NaN", "undefined", "isFinite", "isNaN", "parseFloat", "parseInt"],
  ...["decodeURI", "decodeURIComponent", "encodeURI", "encodeURIComponent", "escape", "unescape"],
  ...["Object", "Function", "Boolean", "Symbol", "Number", "BigInt", "Math", "Date", "Temporal"],
  ...["String", "RegExp", "Array", "Map", "Set", "WeakMap", "WeakSet", "WeakRef", "Iterator"],
  ...["ArrayBuffer", "SharedArrayBuffer", "DataView", "Atomics", "JSON", "Intl", "Reflect"],
  ...["Proxy", "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array"],
  ...["Int32Array", "Uint32Array", "BigInt64Array", "BigUint64Array", "Float16Array"],
  ...["Float32Array", "Float64Array", "Promise", "FinalizationRegistry", "Error"],
  ...["AggregateError", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError"],
  ...["URIError", "SuppressedError", "DisposableStack", "AsyncDisposableStack"],
];

/** What stays of the web platform. */
const webGlobals = [
  ...["console", "crypto", "Crypto", "CryptoKey", "SubtleCrypto"],
  ...["TextEncoder", "TextDecoder", "URL", "URLSearchParams", "URLPattern", "atob", "btoa"],
  ...["AbortController", "AbortSignal", "Event", "EventTarget", "DOMException"],
];

type Globals = Record<PropertyKey, unknown>;

const scope = globalThis as unknown as Globals;
const removedKeys: string[] = [];
/** The scope's names, once it is locked. */
let lockedKeys: Set<PropertyKey> | undefined;
/** Whether a script was found to have closed the scope itself, which is said once. */
let isClosedEarly = false;
const scopePrototype = Reflect.getPrototypeOf(globalThis);

/** What differs between executors. */
export interface LockOptions {
  /** What a grant brings back, by name. */
  readonly granted: Readonly<Record<string, unknown>>;
  /** Takes what is thrown in timers and microtasks. */
  readonly onThrown: (thrown: unknown) => void;
}

/**
 * Takes everything out of the global scope that is not known to be harmless, and makes the rest, with all that
 * it leads to, unchangeable. Listeners for errors, and the scripts' console, must be in their places.
 *
 * Until {@linkcode closeGlobalScope} names can be added, because libraries do so while they load.
 */
export function lockGlobalScope({ granted, onThrown }: LockOptions): void {
  const ours: Globals = { ...safeGlobals(onThrown), ...granted };
  if (granted.Deno !== undefined) ours.Deno = guardedApi(granted.Deno as Record<string, unknown>);
  const kept = new Set<PropertyKey>([...languageGlobals, ...webGlobals, ...Object.keys(ours)]);
  removeAuthority();
  // What the runtime would change in the global scope later, and fail if it cannot (measured with Deno 2.9):
  // where the first microtask is queued by hand, and when the process exits.
  queueMicrotask(() => {});
  scope[Symbol.for("Deno.isUnloadDispatched")] = true;
  hardenSegmentsLater();
  const roots: unknown[] = [scopePrototype, ...Object.values(ours), ...hiddenIntrinsics()];
  for (const key of Reflect.ownKeys(scope)) {
    // With a symbol for a name there are only what makes it a global scope, and our listeners.
    if (!kept.has(key) && typeof key !== "symbol") {
      removedKeys.push(key);
      if (Reflect.deleteProperty(scope, key)) continue;
      throw new Error(`cannot take ${String(key)} out of the global scope`);
    }
    if (Object.hasOwn(ours, key)) continue;
    const { get, value } = Reflect.getOwnPropertyDescriptor(scope, key)!;
    if (get === undefined) roots.push(value);
    lock(key, get === undefined ? { value } : { get: hardenedOnFirstUse(() => get.call(scope)) });
  }
  for (const key of Reflect.ownKeys(ours)) lock(key, { value: ours[key] });
  harden(roots);
  lockedKeys = new Set(Reflect.ownKeys(scope));
}

/**
 * Takes out of the global scope what a script has put there while it loaded; the next one shall not find it.
 *
 * @throws {Error} If it cannot be taken out.
 */
export function forgetAddedGlobals(): void {
  if (lockedKeys === undefined) return;
  for (const key of Reflect.ownKeys(scope)) {
    if (lockedKeys.has(key) || Reflect.deleteProperty(scope, key)) continue;
    // Said once: no other script is to blame for it.
    lockedKeys.add(key);
    throw new Error(`it sets globalThis.${String(key)} for good, which no script may`);
  }
  if (isClosedEarly) return;
  if (!Reflect.isExtensible(scope) || !Reflect.setPrototypeOf(scope, scopePrototype)) {
    isClosedEarly = true;
    throw new Error("it closes globalThis, or gives it another prototype, which no script may");
  }
}

/** From now on nothing can be added to the global scope. @throws As {@linkcode forgetAddedGlobals}. */
export function closeGlobalScope(): void {
  if (lockedKeys === undefined) return;
  forgetAddedGlobals();
  if (Reflect.preventExtensions(scope)) return;
  // Deno 2.4 does not let its global scope be closed. Then at least nobody makes up what it lacks.
  for (const key of removedKeys) lock(key, { value: undefined });
}

/** What scripts get instead of the runtime's own. */
function safeGlobals(onThrown: LockOptions["onThrown"]): Globals {
  const { timeOrigin } = performance;
  const now = performance.now.bind(performance);
  return {
    ...scriptTimers({
      setTimeout: original("setTimeout"),
      clearTimeout: original("clearTimeout"),
      setInterval: original("setInterval"),
      clearInterval: original("clearInterval"),
      queueMicrotask: original("queueMicrotask"),
    }, onThrown),
    // By this name older libraries find the global scope; without it they try to make code from a text.
    self: globalThis,
    structuredClone,
    performance: {
      timeOrigin,
      now: () => now(),
      toJSON: () => ({ timeOrigin }),
    },
  };
}

/**
 * The granted functions, whose results have prototypes that nobody can change: a connection of a script has the
 * one of the executor's own link to the node.
 */
function guardedApi(api: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const guarded = (name: string, run: (...args: unknown[]) => unknown) => {
    const harmless = <Result>(result: Result): Result => {
      if (typeof result === "object" && result !== null) harden([Reflect.getPrototypeOf(result)]);
      return result;
    };
    const { [name]: each } = {
      [name]: (...args: unknown[]) => {
        const result = run(...args);
        return result instanceof Promise ? result.then(harmless) : harmless(result);
      },
    };
    return each;
  };
  return Object.fromEntries(
    Object.entries(api).map(([name, value]) => [
      name,
      typeof value === "function" ? guarded(name, value as () => unknown) : value,
    ]),
  );
}

/**
 * Reads a global when it is first needed: the runtime loads some only then, which takes longer than all that
 * is done here.
 */
function original<Value>(name: string): () => Value {
  const property = Reflect.getOwnPropertyDescriptor(scope, name)!;
  if (property.get === undefined) return () => property.value as Value;
  return () => property.get!.call(scope) as Value;
}

/** What the runtime loads on first use, unchangeable before anyone sees it. */
function hardenedOnFirstUse(get: () => unknown): () => unknown {
  let value: unknown;
  let isRead = false;
  return Object.freeze((): unknown => {
    if (!isRead) {
      value = get();
      harden([value]);
      isRead = true;
    }
    return value;
  });
}

function lock(key: PropertyKey, property: PropertyDescriptor): void {
  const { enumerable = false } = Reflect.getOwnPropertyDescriptor(scope, key) ?? {};
  const isDone = Reflect.defineProperty(scope, key, {
    ...property,
    ...("value" in property ? { writable: false } : { set: undefined }),
    enumerable,
    configurable: false,
  });
  if (!isDone) throw new Error(`cannot lock ${String(key)} in the global scope`);
}

/** Methods of kept classes that reach what scripts do not have. */
function removeAuthority(): void {
  // They need a Blob, and make what import() could name.
  for (const name of ["createObjectURL", "revokeObjectURL"]) Reflect.deleteProperty(URL, name);
}
