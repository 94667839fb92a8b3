/** Reads untrusted objects without running their code. */

const { apply, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;

type ProxyDetails = (value: object) => readonly [target: object | null, handler: unknown] | null;

interface RuntimeInternals {
  readonly internal: symbol;
  readonly [key: symbol]: { readonly core?: { readonly getProxyDetails?: ProxyDetails } };
}

/** JavaScript cannot distinguish a proxy from its target, but Deno can; on other runtimes, traps of proxies run. */
const proxyDetails: ProxyDetails = (() => {
  const runtime = (globalThis as unknown as { Deno?: RuntimeInternals }).Deno;
  return runtime?.[runtime.internal]?.core?.getProxyDetails ?? (() => null);
})();

/** The target of a proxy, through any number of proxies; undefined if revoked. */
export function withoutProxy(object: object): object | undefined {
  let found: object | null = object;
  for (let details = proxyDetails(object); details !== null; details = proxyDetails(found)) {
    found = details[0];
    if (found === null) return undefined;
  }
  return found;
}

let hasHarmlessGetters: (holder: object) => boolean = () => false;

/** Trusts the getters of these objects, which belong to the platform. */
export function trustGettersOf(isTrusted: (holder: object) => boolean): void {
  hasHarmlessGetters = isTrusted;
}

/** An object and its prototypes, up to the first that is a proxy. */
export function* holdersOf(object: object): Generator<object, void, undefined> {
  for (let holder: object | null = object; holder !== null; holder = getPrototypeOf(holder)) {
    if (proxyDetails(holder) !== null) return;
    yield holder;
  }
}

/** Whether its getters may be called. */
export function isTrusted(holder: object): boolean {
  return hasHarmlessGetters(holder);
}

/** The value of an own or inherited property; undefined if reading it would run untrusted code. */
export function dataOf(object: object, key: PropertyKey): unknown {
  for (const holder of holdersOf(object)) {
    const property = getOwnPropertyDescriptor(holder, key);
    if (property === undefined) continue;
    if (property.get === undefined) return property.value;
    return isTrusted(holder) ? attempted(property.get, object) : undefined;
  }
  return undefined;
}

/** The result of a getter; undefined if it throws, because the object only looks like a platform object. */
export function attempted(getter: () => unknown, object: object): unknown {
  try {
    return apply(getter, object, []);
  } catch {
    return undefined;
  }
}

/** Whether an object is an instance of a class. */
export function isA(object: object, prototype: object): boolean {
  for (const holder of holdersOf(object)) if (holder === prototype) return true;
  return false;
}

/** The name of an object's class, if known. */
export function classNameOf(object: object): string | undefined {
  for (const holder of holdersOf(object)) {
    const property = getOwnPropertyDescriptor(holder, "constructor");
    if (property === undefined) continue;
    // In a bundle, the platform's classes may have internal names.
    const tag = isTrusted(holder) ? dataOf(holder, Symbol.toStringTag) : undefined;
    if (typeof tag === "string" && tag !== "") return tag;
    const made = property.get === undefined ? property.value : dataOf(holder, "constructor");
    // An instance may have an own property `constructor`.
    if (typeof made !== "function" || proxyDetails(made) !== null) continue;
    const name = getOwnPropertyDescriptor(made, "name")?.value;
    if (typeof name === "string" && name !== "") return name;
  }
  return undefined;
}

/** A built-in getter. */
export function getterOf(prototype: object, key: PropertyKey): () => unknown {
  return getOwnPropertyDescriptor(prototype, key)!.get!;
}

/** The text of a stack, if it comes from V8's own getter or is plain data. */
export function stackOf(error: object): string | undefined {
  const property = getOwnPropertyDescriptor(error, "stack");
  if (property === undefined) return undefined;
  const { get, value } = property;
  const stack = get === undefined
    ? value
    : get === stackGetter()
    ? apply(get, error, [])
    : undefined;
  return typeof stack === "string" ? stack : undefined;
}

let foundStackGetter: (() => unknown) | undefined;

/**
 * Looked for when it is needed: for the places of an error that is made while a bundle loads, V8 parses all of the
 * bundle again.
 */
function stackGetter(): (() => unknown) | undefined {
  return foundStackGetter ??= getOwnPropertyDescriptor(new Error(), "stack")?.get;
}
