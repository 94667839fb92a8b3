/**
 * `structuredClone` for scripts, limited to the language's own values. The runtime's also deserializes objects of its
 * own from anything that a script marks as such (`Symbol.for("Deno.core.hostObject")`, measured with Deno 2.9: Node's
 * internals are loaded, and a wrong mark ends the process), so scripts do not get it.
 */

import { DOMException } from "./facades/dom_exception.ts";

interface Cloning {
  /** Already cloned values: values may be cyclic. */
  readonly clones: Map<object, unknown>;
}

const errorClasses = new Map<string, ErrorConstructor>(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]
    .map((each) => [each.name, each]),
);

/** The class name of a typed array, whatever the object claims. */
const viewNameOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)!.get as () => string;

/**
 * A deep copy.
 *
 * @param options `transfer` lists buffers that move into the copy and are empty afterwards.
 * @throws {DOMException} `DataCloneError`, if the value contains something that cannot be copied.
 */
export function structuredClone(
  value: unknown,
  options?: { transfer?: Iterable<unknown> },
): unknown {
  const cloning: Cloning = { clones: new Map() };
  const transferred: ArrayBuffer[] = [];
  for (const item of options?.transfer ?? []) {
    if (!(item instanceof ArrayBuffer) || transferred.includes(item) || item.detached) {
      throw notCloneable(
        "what is transferred must be an ArrayBuffer that was not transferred before",
      );
    }
    transferred.push(item);
  }
  // The bytes are copied and the originals detached last: nothing is lost if something cannot be copied.
  const clone = cloneOf(value, cloning);
  for (const buffer of transferred) buffer.transfer();
  return clone;
}

function cloneOf(value: unknown, cloning: Cloning): unknown {
  if (typeof value === "symbol") throw notCloneable("a symbol cannot be copied");
  if (typeof value === "function") throw notCloneable("a function cannot be copied");
  if (typeof value !== "object" || value === null) return value;
  const known = cloning.clones.get(value);
  if (known !== undefined) return known;
  if (Array.isArray(value)) {
    const clone = keep(value, new Array(value.length), cloning);
    return copyProperties(value, clone, cloning);
  }
  const leaf = leafClone(value, cloning);
  if (leaf !== undefined) return keep(value, leaf, cloning);
  if (value instanceof Map) {
    const clone = keep(value, new Map(), cloning);
    for (const [key, item] of [...value]) clone.set(cloneOf(key, cloning), cloneOf(item, cloning));
    return clone;
  }
  if (value instanceof Set) {
    const clone = keep(value, new Set(), cloning);
    for (const item of [...value]) clone.add(cloneOf(item, cloning));
    return clone;
  }
  if (value instanceof Error) return cloneError(value, cloning);
  if (isOfThePlatform(value)) {
    throw notCloneable(`an object of class ${tagOf(value)} cannot be copied`);
  }
  return copyProperties(value, keep(value, {}, cloning), cloning);
}

/** The copy of a value without nested values; undefined for anything else. */
function leafClone(value: object, cloning: Cloning): object | undefined {
  if (value instanceof Date) return new Date(value.getTime());
  if (value instanceof RegExp) return new RegExp(value.source, value.flags);
  if (value instanceof Boolean || value instanceof Number || value instanceof String) {
    return Object(value.valueOf());
  }
  if (value instanceof BigInt) return Object(BigInt.prototype.valueOf.call(value));
  if (value instanceof ArrayBuffer) return value.slice(0);
  if (typeof SharedArrayBuffer === "function" && value instanceof SharedArrayBuffer) return value;
  if (!ArrayBuffer.isView(value)) return undefined;
  const buffer = cloneOf(value.buffer, cloning) as ArrayBuffer;
  if (value instanceof DataView) return new DataView(buffer, value.byteOffset, value.byteLength);
  const view = value as Uint8Array;
  const View =
    (globalThis as unknown as Record<string, Uint8ArrayConstructor>)[viewNameOf.call(view)]!;
  return new View(buffer, view.byteOffset, view.length);
}

function cloneError(error: Error, cloning: Cloning): Error {
  const ErrorClass = errorClasses.get(error.name) ?? Error;
  const clone = keep(error, new ErrorClass(), cloning);
  const values: Record<string, unknown> = { stack: String(error.stack) };
  if (Object.hasOwn(error, "message")) values.message = String(error.message);
  if (Object.hasOwn(error, "cause")) values.cause = cloneOf(error.cause, cloning);
  for (const [key, value] of Object.entries(values)) {
    Object.defineProperty(clone, key, { value, writable: true, configurable: true });
  }
  return clone;
}

function copyProperties<Clone extends object>(
  value: object,
  clone: Clone,
  cloning: Cloning,
): Clone {
  for (const key of Object.keys(value)) {
    Object.defineProperty(clone, key, {
      value: cloneOf((value as Record<string, unknown>)[key], cloning),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return clone;
}

function keep<Clone>(value: object, clone: Clone, { clones }: Cloning): Clone {
  clones.set(value, clone);
  return clone;
}

/** Whether a value is more than its properties: its class has a tag of its own (Promise, WeakMap, URL, …). */
function isOfThePlatform(value: object): boolean {
  const tag = tagOf(value);
  if (tag === "Object" || tag === "Arguments") return false;
  return Object.hasOwn(globalThis, tag) || tag.includes(" ") || tag === "Generator";
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

function notCloneable(reason: string): DOMException {
  return new DOMException(reason, "DataCloneError");
}
