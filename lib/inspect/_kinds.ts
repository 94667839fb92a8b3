/**
 * Built-in objects with internal state. It is read by the original built-in methods, which scripts cannot fake by
 * overriding properties.
 */
import { errorIn, errorText } from "./errors.ts";
import { classNameOf, dataOf, getterOf, holdersOf, isA, isTrusted } from "./_reading.ts";

const { apply, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;

/** The items of a collection, and their number. */
export interface Items {
  readonly kind: string;
  readonly size: number;
  /** Entries have two values, single items one. */
  next(): readonly unknown[] | undefined;
}

type Next = () => IteratorResult<unknown>;

const mapSize = getterOf(Map.prototype, "size");
const setSize = getterOf(Set.prototype, "size");
const mapEntries = Map.prototype.entries;
const setValues = Set.prototype.values;
const nextOfMap: Next = (getPrototypeOf(new Map().entries()) as { next: Next }).next;
const nextOfSet: Next = (getPrototypeOf(new Set().values()) as { next: Next }).next;
const typedPrototype = getPrototypeOf(Uint8Array.prototype)!;
const typedLength = getterOf(typedPrototype, "length");
const typedName = getterOf(typedPrototype, Symbol.toStringTag);
const bufferLength = getterOf(ArrayBuffer.prototype, "byteLength");
const timeOf = Date.prototype.getTime;
const isoOf = Date.prototype.toISOString;
const sourceOf = getterOf(RegExp.prototype, "source");
const regExpFlags = Object.entries({
  ...{ hasIndices: "d", global: "g", ignoreCase: "i", multiline: "m" },
  ...{ dotAll: "s", unicode: "u", unicodeSets: "v", sticky: "y" },
}).map(([key, flag]) => ({ flag, isSet: getterOf(RegExp.prototype, key) }));
const sourceTextOf = Function.prototype.toString;
const boxes = Object.entries({ Number, String, Boolean, BigInt, Symbol }).map(
  ([name, { prototype }]) => ({ name, prototype, unbox: prototype.valueOf as () => unknown }),
);

/** The items of a collection; undefined for other objects. */
export function itemsOf(object: object): Items | undefined {
  return attempt(object, Map.prototype, () => {
    const entries = apply(mapEntries, object, []);
    return {
      kind: "Map",
      size: apply(mapSize, object, []) as number,
      next: () => {
        const result = apply(nextOfMap, entries, []);
        return result.done ? undefined : result.value as unknown[];
      },
    };
  }) ?? attempt(object, Set.prototype, () => {
    const values = apply(setValues, object, []);
    return {
      kind: "Set",
      size: apply(setSize, object, []) as number,
      next: () => {
        const result = apply(nextOfSet, values, []);
        return result.done ? undefined : [result.value];
      },
    };
  }) ?? platformItems(object);
}

const languageCollections = new Set<object>([
  ...[Array.prototype, typedPrototype, Map.prototype, Set.prototype],
]);

/** The entries of the platform's collections, such as Headers. */
function platformItems(object: object): Items | undefined {
  for (const holder of holdersOf(object)) {
    if (languageCollections.has(holder)) return undefined;
    if (holder === object || !isTrusted(holder)) continue;
    const entries = getOwnPropertyDescriptor(holder, "entries")?.value;
    if (typeof entries !== "function") continue;
    return attempt(object, holder, () => {
      const all = [...apply(entries, object, []) as Iterable<[unknown, unknown]>];
      let index = 0;
      return { kind: "Object", size: all.length, next: () => all[index++] };
    });
  }
  return undefined;
}

/** The length and class of a typed array; undefined for other objects. */
export function typedArrayOf(object: object): { kind: string; length: number } | undefined {
  return attempt(object, typedPrototype, () => ({
    kind: String(apply(typedName, object, [])),
    length: apply(typedLength, object, []) as number,
  }));
}

/** The text of functions, errors, dates, patterns and boxed primitives; undefined for other objects. */
export function ownText(object: object): string | undefined {
  if (typeof object === "function") return functionText(object);
  const error = errorIn(object);
  if (error !== undefined) return errorText(error);
  return attempt(object, Date.prototype, () => {
    const isValid = !Number.isNaN(apply(timeOf, object, []));
    return isValid ? apply(isoOf, object, []) : "Invalid Date";
  }) ?? attempt(object, RegExp.prototype, () => {
    const flags = regExpFlags.filter(({ isSet }) => apply(isSet, object, []));
    return `/${apply(sourceOf, object, [])}/${flags.map(({ flag }) => flag).join("")}`;
  }) ?? attempt(object, ArrayBuffer.prototype, () => {
    return `ArrayBuffer { byteLength: ${apply(bufferLength, object, [])} }`;
  }) ?? boxText(object);
}

function boxText(object: object): string | undefined {
  for (const { name, prototype, unbox } of boxes) {
    const text = attempt(object, prototype, () => {
      const value = apply(unbox, object, []);
      const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
      return `[${name}: ${Object.is(value, -0) ? "-0" : shown}]`;
    });
    if (text !== undefined) return text;
  }
  return undefined;
}

function functionText(object: object): string {
  const name = dataOf(object, "name");
  const shownName = typeof name === "string" && name !== "" ? name : "(anonymous)";
  const isClass = attempt(object, Function.prototype, () => {
    return apply(sourceTextOf, object, []).startsWith("class");
  });
  if (!isClass) return `[${classNameOf(object) ?? "Function"}: ${shownName}]`;
  const base = getPrototypeOf(object);
  const baseName = base === null ? "" : getOwnPropertyDescriptor(base, "name")?.value;
  const isDerived = typeof baseName === "string" && baseName !== "";
  return `[class ${shownName}${isDerived ? ` extends ${baseName}` : ""}]`;
}

/** The result of a built-in method on an object; undefined if the object is not of its kind. */
function attempt<Result>(
  object: object,
  prototype: object,
  read: () => Result,
): Result | undefined {
  if (!isA(object, prototype)) return undefined;
  try {
    return read();
  } catch {
    return undefined;
  }
}
