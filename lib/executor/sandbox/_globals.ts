/**
 * The global scope of scripts: the language, and for each part of the web platform and each granted permission an
 * object of ours that leads to nothing of the runtime.
 *
 * The runtime's own objects cannot be made safe. Their private state is in properties named by symbols, which any
 * script can find and set: resource numbers, the list of all timers, the bytes of keys. Their classes accept the number
 * of a resource, which turns the link to the node into a connection of the script. So scripts get none of them (see
 * facades/), nor the runtime's global object: their `globalThis` is made here.
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

/** V8's collector, exposed for _minor_collections.ts. V8 does not let it be deleted. */
const collectorName = "gc";
const emptied = { value: undefined, writable: false };

/** Built-ins of the language that stay. */
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

/** Our replacements of the web platform. */
const platformGlobals = {
  ...{ AbortController, AbortSignal, CustomEvent, Event, EventTarget, DOMException },
  ...{ Crypto, crypto, CryptoKey, SubtleCrypto, TextDecoder, TextEncoder, atob, btoa },
  ...{ URL, URLPattern, URLSearchParams, structuredClone },
};

type Globals = Record<PropertyKey, unknown>;

const { apply, defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } =
  Reflect;

/** The runtime's global object, in which bare names are looked up. Scripts cannot reach it. */
const runtimeScope = globalThis as unknown as Globals;
const isUnloadDispatched = Symbol.for("Deno.isUnloadDispatched");
/** The `globalThis` of scripts. */
const scriptScope: Globals = {};
/** Its names, once it is locked. */
let lockedKeys: Set<PropertyKey> | undefined;
/** The runtime's globals that scripts do not get. */
const takenNames = new Set<string>();
/** Whether a script has sealed it, which is reported once. */
let isClosedEarly = false;

/** The parts that differ between executors. */
export interface LockOptions {
  /** Granted objects, by name. */
  readonly granted: Readonly<Record<string, unknown>>;
  /** Objects reachable from these without a name. */
  readonly hidden: readonly unknown[];
  /** Handles errors of timers, microtasks and listeners. */
  readonly onThrown: (thrown: unknown) => void;
  /** Handles unhandled rejections. */
  readonly onRejected: (reason: unknown) => void;
}

/**
 * Removes everything from the global scope that is not known to be harmless, and freezes the rest with everything
 * reachable from it. The scripts' console must be installed before.
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
  // The first explicitly queued microtask makes the runtime change the global scope (measured with Deno 2.9).
  queueMicrotask(() => {});
  for (const key of ownKeys(runtimeScope)) {
    // A property named by a symbol marks it as a global scope.
    if (typeof key === "symbol" || Object.hasOwn(names, key)) continue;
    takenNames.add(key);
    if (deleteProperty(runtimeScope, key)) continue;
    if (key === collectorName && defineProperty(runtimeScope, key, emptied)) continue;
    throw new Error(`cannot take ${String(key)} out of the global scope`);
  }
  // The runtime needs these names; as bare names they find functions that only log.
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
  // Deno 2.4 looks up some names (setTimeout) in its own table first; and its global object cannot be sealed, which is
  // harmless then.
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
 * Removes from `globalThis` what a script added while loading, so that the next one does not see it.
 *
 * @throws {Error} If it cannot be removed.
 */
export function forgetAddedGlobals(): void {
  if (lockedKeys === undefined) return;
  for (const key of ownKeys(scriptScope)) {
    if (lockedKeys.has(key) || deleteProperty(scriptScope, key)) continue;
    // Reported once: other scripts are not to blame.
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

/** Seals `globalThis`. @throws As {@linkcode forgetAddedGlobals}. */
export function closeGlobalScope(): void {
  if (lockedKeys === undefined) return;
  forgetAddedGlobals();
  Object.freeze(scriptScope);
}

/** Lets the process exit: the runtime then checks a flag on its global object. No script may run afterwards. */
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

/** The replacements for scripts. */
function ownGlobals(onThrown: LockOptions["onThrown"]): Globals {
  const { timeOrigin } = performance;
  const now = performance.now.bind(performance);
  const timers = scriptTimers(timersOfRuntime(), onThrown);
  timeoutsBy(timers.setTimeout as (work: () => void, delayMs: number) => void);
  return {
    ...platformGlobals,
    ...timers,
    globalThis: scriptScope,
    // Older libraries find the global scope by this name; without it they try to generate code.
    self: scriptScope,
    FinalizationRegistry: guardedFinalizationRegistry(onThrown),
    performance: {
      timeOrigin,
      now: () => now(),
      toJSON: () => ({ timeOrigin }),
    },
  };
}

/**
 * Lazy, because for its timers the runtime loads a large part of itself, which takes longer than everything else here.
 */
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
 * The runtime calls it as `globalThis.dispatchEvent` for uncaught errors, and exits unless the event was handled. A
 * script has no event of the runtime, so calling it has no effect.
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
  // Scripts do not have these classes, so a script's proxy cannot pass for such an event and learn the runtime's
  // private symbols.
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

/** Further bare names: methods of all objects, as constants, and a script's additions. */
function inheritedNames(): Globals {
  const found: Globals = Object.create(addedNames());
  for (const key of ownKeys(Object.prototype)) {
    const { value } = getOwnPropertyDescriptor(Object.prototype, key)!;
    if (typeof value === "function") lock(found, key, value);
  }
  return found;
}

/**
 * The names that a script adds to its `globalThis` while loading, except those of the runtime, which its own code uses.
 * A getter among them receives that `globalThis`, never the real global object.
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

/** Objects whose shared prototypes are not reachable through properties. */
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
