/**
 * Makes what every script shares unchangeable: the language's own objects, and those of the runtime that
 * scripts may use. All scripts of a service run in one realm; without this, one that replaced
 * `Array.prototype.map` would change what the others return, and what the executor sends.
 *
 * Freezing alone would break ordinary code. Where a prototype's property cannot be written, no object that
 * inherits it can be given its own by assignment: `error.name = "X"` and `Thing.prototype.toString = …` would
 * throw. So the properties that programs really assign become pairs of functions: reading gives what was
 * there, writing gives the object its own property, as it would without freezing.
 *
 * Measured (Deno 2.4.2 and 2.9.6): arrays, promises, JSON, strings, maps, generators are as fast as before.
 * V8's fast paths ask whether certain prototypes are untouched, and freezing does not touch them; replacing
 * one of the properties they watch does, which is why {@linkcode watchedConstructors} keep theirs.
 */

const { apply, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
const { freeze, hasOwn, preventExtensions } = Object;
const isView = ArrayBuffer.isView;

/** Objects that are frozen deeply. */
const hardened = new Set<object>();

/**
 * Freezes everything that can be reached from `roots`: over properties, their getters and setters, what getters
 * return, and prototypes. Where it fails half-way, for want of stack, it can be called again.
 */
export function harden(roots: readonly unknown[]): void {
  const found = new Set<object>();
  const overridden = new Map<object, string[]>();
  const open: unknown[] = [...roots];
  while (open.length > 0) {
    const item = open.pop();
    if ((typeof item !== "object" || item === null) && typeof item !== "function") continue;
    if (hardened.has(item) || found.has(item)) continue;
    found.add(item);
    open.push(getPrototypeOf(item));
    const keys = ownKeys(item);
    if (typeof item === "object" && !hasOwn(item, "constructor")) open.push(...answersOf(item));
    // Nearly all are plain functions, with their length and their name.
    if (typeof item === "function" && keys.length === 2 && typeof item.name === "string") continue;
    const overriddenKeys: string[] = [];
    for (const key of keys) {
      const property = getOwnPropertyDescriptor(item, key)!;
      if (property.get !== undefined || property.set !== undefined) {
        open.push(property.get, property.set);
        continue;
      }
      const value = property.value;
      if ((typeof value !== "object" || value === null) && typeof value !== "function") {
        if ((key === "name" || key === "message") && isErrorPrototype(item)) {
          overriddenKeys.push(key);
        }
        continue;
      }
      open.push(value);
      if (typeof key === "string" && isOverridden(item, key, value)) overriddenKeys.push(key);
    }
    if (overriddenKeys.length > 0) overridden.set(item, overriddenKeys);
  }
  // Only now: what was found first must not be read through what is made last.
  for (const [holder, keys] of overridden) makeOverridable(holder, keys);
  for (const object of found) close(object);
  for (const object of found) hardened.add(object);
}

/** Whether it is one of those that scripts share: whatever it has is ours, or the language's. */
export function isHardened(object: object): boolean {
  return hardened.has(object);
}

/** What the getters of an object return, its prototypes' included. */
function answersOf(object: object): unknown[] {
  const answers: unknown[] = [];
  for (
    let holder: object | null = object;
    holder !== null && holder !== Object.prototype;
    holder = getPrototypeOf(holder)
  ) {
    for (const key of ownKeys(holder)) {
      const { get } = getOwnPropertyDescriptor(holder, key)!;
      if (get !== undefined) answers.push(apply(get, object, []));
    }
  }
  return answers;
}

/** Prototypes of what the syntax, or a method, makes, which no global leads to by properties alone. */
export function hiddenIntrinsics(): unknown[] {
  return [
    async () => {},
    function* () {},
    async function* () {},
    function* () {}(),
    async function* () {}(),
    [][Symbol.iterator](),
    new Map().entries(),
    new Set().values(),
    ""[Symbol.iterator](),
    "".matchAll(/x/g),
    [].values().map(String),
    Iterator.from({ next: () => ({ done: true, value: undefined }) }),
    ...stackAccessors(),
  ];
}

/** Later versions of V8 give each error's stack the same two functions. */
function stackAccessors(): unknown[] {
  const captured = {};
  Error.captureStackTrace(captured);
  return [new Error(), captured].flatMap((holder) => {
    const { get, set } = getOwnPropertyDescriptor(holder, "stack")!;
    return [get, set];
  });
}

/** Their `constructor` is what V8 watches to know that nobody derived a class from an instance's. */
const watchedConstructors = new Set<unknown>([
  Array,
  Promise,
  RegExp,
  ArrayBuffer,
  SharedArrayBuffer,
  getPrototypeOf(Uint8Array),
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  (globalThis as { Float16Array?: unknown }).Float16Array,
]);

/** Every method of theirs is assigned by some program to an object that inherits it. */
const overriddenPrototypes = new Set<unknown>([
  Object.prototype,
  Function.prototype,
  Array.prototype,
  Iterator.prototype,
]);

/** Properties assigned to objects of any kind. */
const overriddenAnywhere = new Set(["toString", "toLocaleString", "valueOf", "toJSON"]);

/** Whether ordinary programs assign this to objects that inherit it. */
function isOverridden(holder: object, key: string, value: unknown): boolean {
  if (typeof value !== "function") return false;
  if (key === "constructor") return value.prototype === holder && !watchedConstructors.has(value);
  if (overriddenPrototypes.has(holder)) return true;
  return overriddenAnywhere.has(key) && holder !== String.prototype;
}

function isErrorPrototype(object: object): boolean {
  return object === Error.prototype || object instanceof Error;
}

/**
 * Turns properties into pairs of functions, so that objects which inherit them can be given their own. All of
 * a holder at once: V8 rearranges a prototype after each change.
 */
function makeOverridable(holder: object, keys: readonly string[]): void {
  const pairs = Object.create(null) as Record<string, PropertyDescriptor>;
  for (const key of keys) {
    const { value, enumerable, configurable } = getOwnPropertyDescriptor(holder, key)!;
    if (!configurable) continue;
    const pair = {
      get(): unknown {
        return value;
      },
      set(this: unknown, given: unknown): void {
        if (this === holder) {
          throw new TypeError(`"${key}" belongs to all scripts: it cannot be replaced`);
        }
        assignOwn(this as object, key, given);
      },
    };
    const { get, set } = pair;
    freeze(get);
    freeze(set);
    pairs[key] = { get, set, enumerable, configurable: false };
  }
  Object.defineProperties(holder, pairs);
}

function assignOwn(target: object, key: string, value: unknown): void {
  // It has its own already where this was reached on purpose, e.g. by Reflect.set.
  const property = hasOwn(target, key)
    ? { __proto__: null, value }
    : { __proto__: null, value, writable: true, enumerable: true, configurable: true };
  if (defineProperty(target, key, property as PropertyDescriptor)) return;
  throw new TypeError(`cannot assign to "${key}" of an object that cannot be changed`);
}

function close(object: object): void {
  if (object === Error) closeError();
  // Its elements cannot be frozen; none that scripts share has any.
  else if (isView(object)) preventExtensions(object);
  else freeze(object);
}

/**
 * `Error.stackTraceLimit` stays as it is, since libraries set it: it changes how much of a stack is kept, and
 * nothing else. `Error.prepareStackTrace` would see the functions on the stack of others: it can be assigned,
 * without any effect.
 */
function closeError(): void {
  defineProperty(Error, "prepareStackTrace", {
    get: freeze(() => undefined),
    set: freeze(() => {}),
    enumerable: false,
    configurable: false,
  });
  for (const key of ownKeys(Error)) {
    const property = getOwnPropertyDescriptor(Error, key)!;
    if (hasOwn(property, "value") && key !== "stackTraceLimit") property.writable = false;
    defineProperty(Error, key, { ...property, configurable: false });
  }
  preventExtensions(Error);
}

/**
 * Takes `RegExp.$1`, `RegExp.input` and the like away: they reveal the last match, whichever script made it.
 */
export function removeMatchStatics(): void {
  for (const key of ownKeys(RegExp)) {
    const isAccessor = getOwnPropertyDescriptor(RegExp, key)!.get !== undefined;
    if (isAccessor && typeof key === "string") Reflect.deleteProperty(RegExp, key);
  }
}

/** Hardens the objects of a segmenter when there is one: making one now would take longer than all the rest. */
export function hardenSegmentsLater(): void {
  const property = getOwnPropertyDescriptor(Intl.Segmenter.prototype, "segment")!;
  let isHardened = false;
  const { segment } = {
    segment(this: Intl.Segmenter, text: string): Intl.Segments {
      const segments = apply(property.value!, this, [text]) as Intl.Segments;
      if (!isHardened) {
        harden([getPrototypeOf(segments), getPrototypeOf(segments[Symbol.iterator]())]);
        isHardened = true;
      }
      return segments;
    },
  };
  defineProperty(Intl.Segmenter.prototype, "segment", { ...property, value: segment });
}
