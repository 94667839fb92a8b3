/**
 * Freezes what all scripts share: the language's built-ins, and our objects. All scripts of a service run in one realm;
 * without this, one that replaced `Array.prototype.map` would change what the others return, and what the executor
 * sends.
 *
 * Freezing alone would break ordinary code. An object cannot be given its own property by assignment if it inherits a
 * read-only one: `error.name = "X"` and `Thing.prototype.toString = …` would throw. So the properties that programs
 * actually assign become accessors: reading returns the original value, writing defines an own property on the object,
 * as without freezing.
 *
 * Measured (Deno 2.4.2 and 2.9.6): arrays, promises, JSON, strings, maps, generators are as fast as before. V8's fast
 * paths depend on certain prototypes being unmodified. Freezing does not count as modification, but replacing one of
 * the watched properties does, so {@linkcode watchedConstructors} keep theirs.
 */

const { apply, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
const { freeze, hasOwn, preventExtensions } = Object;
const isView = ArrayBuffer.isView;

/** Deeply frozen objects. */
const hardened = new Set<object>();

/** The state of a walk. */
interface Walk {
  readonly found: Set<object>;
  /** The properties to convert to accessors, by holder. */
  readonly overridden: Map<object, readonly string[]>;
  readonly open: unknown[];
}

/**
 * Freezes everything reachable from `roots`: through properties, getters and setters, values of getters, and
 * prototypes. If it fails for lack of stack, it can be called again. Uses functions instead of nested loops: V8
 * optimizes a long loop as hot, which takes a fifth of an executor's start and completes only after the loop.
 */
export function harden(roots: readonly unknown[]): void {
  const walk: Walk = { found: new Set(), overridden: new Map(), open: [...roots] };
  while (walk.open.length > 0) visit(walk, walk.open.pop());
  // Only now, because objects must not be read through accessors made here.
  walk.overridden.forEach((keys, holder) => makeOverridable(holder, keys));
  walk.found.forEach(close);
  walk.found.forEach(hardened.add, hardened);
}

function visit({ found, overridden, open }: Walk, item: unknown): void {
  if ((typeof item !== "object" || item === null) && typeof item !== "function") return;
  if (hardened.has(item) || found.has(item)) return;
  found.add(item);
  open.push(getPrototypeOf(item));
  const keys = ownKeys(item);
  if (typeof item === "object" && !hasOwn(item, "constructor")) open.push(...answersOf(item));
  // Fast path: nearly all are plain functions with only length and name.
  if (typeof item === "function" && keys.length === 2 && typeof item.name === "string") return;
  const overriddenKeys = keys.filter((key) => visitProperty(open, item, key)) as string[];
  if (overriddenKeys.length > 0) overridden.set(item, overriddenKeys);
}

/** @returns Whether it becomes an accessor. */
function visitProperty(open: unknown[], holder: object, key: PropertyKey): boolean {
  const { get, set, value } = getOwnPropertyDescriptor(holder, key)!;
  if (get !== undefined || set !== undefined) {
    open.push(get, set);
    return false;
  }
  if ((typeof value !== "object" || value === null) && typeof value !== "function") {
    return (key === "name" || key === "message") && isErrorPrototype(holder);
  }
  open.push(value);
  return typeof key === "string" && isOverridden(holder, key, value);
}

/** Whether it is a shared frozen object, whose properties are ours or the language's. */
export function isHardened(object: object): boolean {
  return hardened.has(object);
}

/** The values of an object's own and inherited getters. */
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

/** Prototypes of objects made by syntax or methods, unreachable through properties of globals. */
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

/** Newer versions of V8 share the two accessors of all errors' stacks. */
function stackAccessors(): unknown[] {
  const captured = {};
  Error.captureStackTrace(captured);
  return [new Error(), captured].flatMap((holder) => {
    const { get, set } = getOwnPropertyDescriptor(holder, "stack")!;
    return [get, set];
  });
}

/** V8 watches their `constructor` for overridden species. */
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

/** Methods that some program assigns to inheriting objects. */
const overriddenPrototypes = new Set<unknown>([
  Object.prototype,
  Function.prototype,
  Array.prototype,
  Iterator.prototype,
]);

/** Properties assigned to objects of any kind. */
const overriddenAnywhere = new Set(["toString", "toLocaleString", "valueOf", "toJSON"]);

/** Whether ordinary programs assign this property to inheriting objects. */
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
 * Converts properties to accessors, so that inheriting objects can be given their own. All of a holder at once, because
 * V8 reorganizes a prototype after each change.
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
  // The receiver already has its own property if this was reached deliberately, e.g. by Reflect.set.
  const property = hasOwn(target, key)
    ? { __proto__: null, value }
    : { __proto__: null, value, writable: true, enumerable: true, configurable: true };
  if (defineProperty(target, key, property as PropertyDescriptor)) return;
  throw new TypeError(`cannot assign to "${key}" of an object that cannot be changed`);
}

function close(object: object): void {
  if (object === Error) closeError();
  // Its elements cannot be frozen; no shared typed array has any.
  else if (isView(object)) preventExtensions(object);
  else freeze(object);
}

/**
 * `Error.stackTraceLimit` stays, because libraries set it: it changes how much of a stack is kept, and nothing else.
 * `Error.prepareStackTrace` would see the functions on others' stacks: it can be assigned, without effect.
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

/** Removes `RegExp.$1`, `RegExp.input` and the like: they reveal the last match, whichever script made it. */
export function removeMatchStatics(): void {
  for (const key of ownKeys(RegExp)) {
    const isAccessor = getOwnPropertyDescriptor(RegExp, key)!.get !== undefined;
    if (isAccessor && typeof key === "string") Reflect.deleteProperty(RegExp, key);
  }
}

/** Hardens a segmenter's objects when one is created: creating one here would take longer than everything else. */
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
