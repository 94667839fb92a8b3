/**
 * What a script finds when it looks around: the language, and for each part of the web platform, and of what was
 * granted, an object of our own that leads to nothing of the runtime.
 *
 * The runtime's own objects cannot be made safe. Their private parts are properties with symbols for names, which any
 * script can find out and set: behind these lie the numbers of resources, the list of all timers, the bytes of keys.
 * Their classes take the number of a resource and so make a connection out of the link to the node. So scripts get
 * none of them (see facades/), nor the runtime's global object: what they know as `globalThis` is made here.
 */
import { trustGettersOf } from "../../inspect/mod.ts";
import { AbortController, AbortSignal, timeoutsBy } from "./facades/abort.ts";
import { Crypto, crypto, CryptoKey, SubtleCrypto } from "./facades/crypto.ts";
import { DOMException } from "./facades/dom_exception.ts";
import { CustomEvent, Event, EventTarget, reportListeners } from "./facades/events.ts";
import { guardedFinalizationRegistry } from "./facades/finalization.ts";
import { OnFirstUse, runtimeGlobal } from "./facades/stack_room.ts";
import { atob, btoa, TextDecoder, TextEncoder } from "./facades/text.ts";
import { URL, URLSearchParams } from "./facades/url.ts";
import { URLPattern } from "./facades/url_pattern.ts";
import {
  harden,
  hardenSegmentsLater,
  hiddenIntrinsics,
  isHardened,
  removeMatchStatics,
} from "./_lockdown.ts";
import { structuredClone } from "./_structured_clone.ts";
import { type RuntimeTimers, scriptTimers } from "./_timers.ts";

/** What stays as the language has it. */
const languageGlobals = [
  ...["Infinity", "NaN", "undefined", "isFinite", "isNaN", "parseFloat", "parseInt"],
  ...["decodeURI", "decodeURIComponent", "encodeURI", "encodeURIComponent", "escape", "unescape"],
  ...["Object", "Function", "Boolean", "Symbol", "Number", "BigInt", "Math", "Date", "Temporal"],
  ...["String", "RegExp", "Array", "Map", "Set", "WeakMap", "WeakSet", "WeakRef", "Iterator"],
  ...["ArrayBuffer", "SharedArrayBuffer", "DataView", "Atomics", "JSON", "Intl", "Reflect"],
  ...["Proxy", "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array"],
  ...["Int32Array", "Uint32Array", "BigInt64Array", "BigUint64Array", "Float16Array"],
  ...["Float32Array", "Float64Array", "Promise", "Error"],
  ...["AggregateError", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError"],
  ...["URIError", "SuppressedError", "DisposableStack", "AsyncDisposableStack"],
];

/** Our own in place of the web platform's. */
const platformGlobals = {
  ...{ AbortController, AbortSignal, CustomEvent, Event, EventTarget, DOMException },
  ...{ Crypto, crypto, CryptoKey, SubtleCrypto, TextDecoder, TextEncoder, atob, btoa },
  ...{ URL, URLPattern, URLSearchParams, structuredClone },
};

type Globals = Record<PropertyKey, unknown>;

const { apply, defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } =
  Reflect;

/** The runtime's global object: where bare names are looked up. No script can reach it. */
const runtimeScope = globalThis as unknown as Globals;
const isUnloadDispatched = Symbol.for("Deno.isUnloadDispatched");
/** What scripts have as `globalThis`. */
const scriptScope: Globals = {};
/** Its names, once it is locked. */
let lockedKeys: Set<PropertyKey> | undefined;
/** What the runtime had in its own, and scripts do not get. */
const takenNames = new Set<string>();
/** Whether a script was found to have closed it, which is said once. */
let isClosedEarly = false;

/** What differs between executors. */
export interface LockOptions {
  /** What a grant brings, by name. */
  readonly granted: Readonly<Record<string, unknown>>;
  /** What scripts come to by these without a name. */
  readonly hidden: readonly unknown[];
  /** Takes what is thrown in timers, microtasks and listeners. */
  readonly onThrown: (thrown: unknown) => void;
  /** Takes unhandled rejections. */
  readonly onRejected: (reason: unknown) => void;
}

/**
 * Takes everything out of the global scope that is not known to be harmless, and makes the rest, with all that
 * it leads to, unchangeable. The scripts' console must be in its place.
 *
 * Until {@linkcode closeGlobalScope} names can be added to `globalThis`, because libraries do so while they load.
 */
export function lockGlobalScope({ granted, hidden, onThrown, onRejected }: LockOptions): void {
  const names: Globals = { ...languageAndConsole(), ...ownGlobals(onThrown), ...granted };
  const hear = errorHearing(onThrown, onRejected);
  const report = (thrown: unknown): void => onThrown(thrown);
  reportListeners(onThrown);
  removeMatchStatics();
  hardenSegmentsLater();
  // Where the first microtask is queued by hand, the runtime changes the global scope (measured with Deno 2.9).
  queueMicrotask(() => {});
  for (const key of ownKeys(runtimeScope)) {
    // With a symbol for a name there is what makes it a global scope.
    if (typeof key === "symbol" || Object.hasOwn(names, key)) continue;
    takenNames.add(key);
    if (deleteProperty(runtimeScope, key)) continue;
    throw new Error(`cannot take ${String(key)} out of the global scope`);
  }
  // Of the runtime's own names it needs these; bare names find the functions, which only log.
  lock(runtimeScope, "dispatchEvent", hear);
  lock(runtimeScope, "reportError", report);
  runtimeScope[isUnloadDispatched] = true;
  const bareNames = inheritedNames();
  for (const key of ownKeys(names)) {
    for (const scope of [scriptScope, bareNames]) lock(scope, key, names[key]);
    // The runtime itself looks for its global object by this name when it exits.
    if (key !== "globalThis") lock(runtimeScope, key, names[key]);
    else defineProperty(runtimeScope, key, { value: names[key], writable: false });
  }
  // Deno 2.4 keeps some names (setTimeout) aside and looks for them here first; and it does not let its global
  // object be closed, which then matters to nobody.
  Reflect.setPrototypeOf(runtimeScope, Object.freeze(bareNames));
  Reflect.preventExtensions(runtimeScope);
  harden([
    hear,
    ...hidden,
    ...Object.values(names).filter((value) => value !== scriptScope),
    ...samples(),
  ]);
  trustGettersOf(isHardened);
  lockedKeys = new Set(ownKeys(scriptScope));
}

/**
 * Takes out of `globalThis` what a script has put there while it loaded; the next one shall not find it.
 *
 * @throws {Error} If it cannot be taken out.
 */
export function forgetAddedGlobals(): void {
  if (lockedKeys === undefined) return;
  for (const key of ownKeys(scriptScope)) {
    if (lockedKeys.has(key) || deleteProperty(scriptScope, key)) continue;
    // Said once: no other script is to blame for it.
    lockedKeys.add(key);
    throw new Error(`it sets globalThis.${String(key)} for good, which no script may do`);
  }
  if (isClosedEarly) return;
  const isOpen = Reflect.isExtensible(scriptScope);
  if (!isOpen || !Reflect.setPrototypeOf(scriptScope, Object.prototype)) {
    isClosedEarly = true;
    throw new Error("it closes globalThis or changes its prototype, which no script may do");
  }
}

/** From now on nothing can be added to `globalThis`. @throws As {@linkcode forgetAddedGlobals}. */
export function closeGlobalScope(): void {
  if (lockedKeys === undefined) return;
  forgetAddedGlobals();
  Object.freeze(scriptScope);
}

/**
 * Makes it possible for the process to exit: the runtime looks then whether its global object says that it has told so.
 * No script may run afterwards.
 */
export function openForExit(): void {
  defineProperty(runtimeScope, "globalThis", { value: runtimeScope });
}

function languageAndConsole(): Globals {
  const found: Globals = {};
  for (const name of [...languageGlobals, "console"]) {
    if (name in runtimeScope) found[name] = runtimeScope[name];
  }
  return found;
}

/** What scripts get instead of the runtime's own. */
function ownGlobals(onThrown: LockOptions["onThrown"]): Globals {
  const { timeOrigin } = performance;
  const now = performance.now.bind(performance);
  const timers = scriptTimers(timersOfRuntime(), onThrown);
  timeoutsBy(timers.setTimeout as (work: () => void, delayMs: number) => void);
  return {
    ...platformGlobals,
    ...timers,
    globalThis: scriptScope,
    // By this name older libraries find the global scope; without it they try to make code from a text.
    self: scriptScope,
    FinalizationRegistry: guardedFinalizationRegistry(onThrown),
    performance: {
      timeOrigin,
      now: () => now(),
      toJSON: () => ({ timeOrigin }),
    },
  };
}

/** The runtime loads a good part of itself for its timers: longer than all that is done here takes. */
function timersOfRuntime(): OnFirstUse<RuntimeTimers> {
  const [setTimeout, clearTimeout, setInterval, clearInterval] = [
    runtimeGlobal<RuntimeTimers["setTimeout"]>("setTimeout"),
    runtimeGlobal<RuntimeTimers["clearTimeout"]>("clearTimeout"),
    runtimeGlobal<RuntimeTimers["setInterval"]>("setInterval"),
    runtimeGlobal<RuntimeTimers["clearInterval"]>("clearInterval"),
  ];
  return new OnFirstUse(() => ({
    setTimeout: setTimeout.value,
    clearTimeout: clearTimeout.value,
    setInterval: setInterval.value,
    clearInterval: clearInterval.value,
  }));
}

/**
 * What the runtime calls, as `globalThis.dispatchEvent`, for uncaught errors; it ends the process unless it is
 * told that this was taken care of. A script has no event of the runtime, so what it passes here comes to nothing.
 */
function errorHearing(
  onThrown: LockOptions["onThrown"],
  onRejected: LockOptions["onRejected"],
): (event: unknown) => boolean {
  const getterOf = (prototype: object, name: string) =>
    getOwnPropertyDescriptor(prototype, name)!.get!;
  const typeOf = getterOf(globalThis.Event.prototype, "type");
  const reasonOf = getterOf(PromiseRejectionEvent.prototype, "reason");
  const errorOf = getterOf(ErrorEvent.prototype, "error");
  const { preventDefault } = globalThis.Event.prototype;
  // No script has these, so no proxy of one's passes for such an event: it would be told the runtime's private symbols.
  const [rejection, failure] = [PromiseRejectionEvent.prototype, ErrorEvent.prototype];
  const { dispatchEvent } = {
    dispatchEvent(event: unknown): boolean {
      try {
        const kind = getPrototypeOf(event as object);
        if (kind !== rejection && kind !== failure) return true;
        const type = apply(typeOf, event, []);
        if (type === "unhandledrejection") onRejected(apply(reasonOf, event, []));
        else if (type === "error") onThrown(apply(errorOf, event, []));
        else return true;
        apply(preventDefault, event, []);
        return false;
      } catch {
        return true; // No event at all.
      }
    },
  };
  return dispatchEvent;
}

/** What bare names find beside the global ones: methods of all objects, as constants, and what a script adds. */
function inheritedNames(): Globals {
  const found: Globals = Object.create(addedNames());
  for (const key of ownKeys(Object.prototype)) {
    const { value } = getOwnPropertyDescriptor(Object.prototype, key)!;
    if (typeof value === "function") lock(found, key, value);
  }
  return found;
}

/**
 * The names that a script has put into its `globalThis` while it loads, but for those that were the runtime's: its own
 * code goes by them. A getter among them gets that `globalThis`, and never what the names are looked up in.
 */
function addedNames(): object {
  const hasName = (key: PropertyKey): boolean =>
    typeof key === "string" && !takenNames.has(key) && Object.hasOwn(scriptScope, key);
  return new Proxy(Object.freeze(Object.create(null)), {
    has: (_, key) => hasName(key),
    get: (_, key) => hasName(key) ? scriptScope[key] : undefined,
    set: (_, key, value) => {
      if (hasName(key)) return Reflect.set(scriptScope, key, value);
      throw new ReferenceError(`${String(key)} is not defined`);
    },
  });
}

/** Objects of which properties alone do not lead to all that their kind has in common. */
function samples(): unknown[] {
  const controller = new AbortController();
  return [
    ...hiddenIntrinsics(),
    new URLSearchParams().entries(),
    new URL("about:blank").searchParams,
    AbortSignal.any([controller.signal]),
    new CustomEvent("x"),
    crypto.subtle,
  ];
}

function lock(scope: Globals, key: PropertyKey, value: unknown): void {
  const property = { value, writable: false, enumerable: false, configurable: false };
  if (defineProperty(scope, key, property)) return;
  throw new Error(`cannot lock ${String(key)} in the global scope`);
}
