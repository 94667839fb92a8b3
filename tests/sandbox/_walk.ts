/** Walks everything that a script can reach, from within a script. */

/**
 * A script that visits everything within its reach: globals, `this`, and what it can create or be given, each twice, so
 * that shared objects are known. It returns violations as JSON.
 *
 * @param looks Of an object literal: functions that create objects, by name; they are first run at every depth near the
 *   end of the stack.
 */
export function walkingScript(looks: string): string {
  return `
const known = new Set(Reflect.ownKeys(Symbol).map((name) => Symbol[name]).filter((each) => typeof each === "symbol"));
const isObject = (value) => value !== null && /^(object|function)$/.test(typeof value);

/** What is reachable from an object, with its path. */
function reach(roots) {
  const reached = new Map();
  const open = [];
  const add = (value, path) => {
    if (!isObject(value) || reached.has(value)) return;
    reached.set(value, path);
    open.push(value);
  };
  for (const [path, value] of roots) add(value, path);
  while (open.length > 0) {
    const object = open.pop();
    const path = reached.get(object);
    if (ArrayBuffer.isView(object) && object.length > 1000) continue;
    add(Object.getPrototypeOf(object), path + "^");
    for (let holder = object; holder !== null; holder = Object.getPrototypeOf(holder)) {
      for (const key of Reflect.ownKeys(holder)) {
        const property = Object.getOwnPropertyDescriptor(holder, key);
        const to = path + "." + String(key);
        if (holder === object) for (const each of [property.value, property.get, property.set]) add(each, to);
        if (property.get === undefined) continue;
        try { add(Reflect.apply(property.get, object, []), to + "()"); } catch { /* it wants another receiver */ }
      }
    }
  }
  return reached;
}

export default async function walk(text) {
  const bait = JSON.parse(text);
  const looks = ${looks};
  let left = 300;
  (function down() {
    try { down(); } catch { /* the end of the stack */ }
    if (left-- <= 0) return;
    for (const look of Object.values(looks)) {
      try {
        const made = look(bait);
        if (typeof made?.then === "function") made.then(() => {}, () => {});
      } catch { /* too deep */ }
    }
  })();
  const failed = [];
  const make = async () => {
    const made = [];
    for (const [name, look] of Object.entries(looks)) {
      try { made.push([name, await look(bait)]); } catch (error) { 
        made.push(["thrown by " + name, error]);
        // The names tell which of them must fail.
        if (!/^(no|not|bad|other|thrown|deep)[A-Z]/.test(name)) failed.push(name + ": " + error);
      }
    }
    return made;
  };
  const [one, other] = [reach(await make()), reach(await make())];
  // From getters' results, only follow what they return again.
  const globals = reach([["globalThis", globalThis]]);
  const shared = new Map([...reach([["globalThis", globalThis]])].filter(([object]) => globals.has(object)));
  for (const [object, path] of one) if (other.has(object)) shared.set(object, path);
  const problems = { unfrozen: [], symbols: [], resources: [], scopes: [] };
  for (const [object, path] of shared) {
    if (object !== Error && !Object.isFrozen(object) && !(ArrayBuffer.isView(object) && !Object.isExtensible(object))) {
      problems.unfrozen.push(path);
    }
  }
  // Another call's \`this\` shares its prototypes with this one's.
  const services = this.farcall?.service("plain");
  const others = services === undefined ? [] : [["services", services], ["error", await services.walk(1).catch((error) => error)]];
  const ofCall = reach([["this", this], ...others]);
  for (const [object, path] of ofCall) {
    const isOwn = object === this || object === this.farcall || object === this.signal || others.some(([, each]) => each === object);
    if (!isOwn && !path.startsWith("error") && !Object.isFrozen(object) && !shared.has(object)) problems.unfrozen.push(path);
  }
  for (const [object, path] of [...shared, ...one, ...other, ...ofCall]) {
    const foreign = Reflect.ownKeys(object).filter((key) => typeof key === "symbol" && !known.has(key));
    if (foreign.length > 0) problems.symbols.push(path + " " + foreign.map(String));
    if (path !== "globalThis" && object !== globalThis && Object.hasOwn(object, "Array") && Object.hasOwn(object, "JSON")) {
      problems.scopes.push(path);
    }
  }
  const bytes = new Uint8Array(64);
  for (const [object, path] of [...shared, ...one]) {
    if (typeof object !== "function") continue;
    for (let number = 0; number <= 40; number++) {
      let made;
      try { made = Reflect.construct(object, [number]); } catch { break; }
      if (!isObject(made)) break;
      const foreign = Reflect.ownKeys(made).filter((key) => typeof key === "symbol" && !known.has(key));
      if ("rid" in made || foreign.length > 0) problems.resources.push(path + " makes what bears " + foreign.map(String));
      for (const name of ["write", "writeSync", "read", "readSync", "closeWrite", "close", "cancel", "abort"]) {
        try { made[name]?.(bytes)?.then?.(() => {}, () => {}); } catch { /* it is of another kind */ }
      }
    }
    try {
      const scope = object === Deno_?.exit ? undefined : Reflect.apply(object, undefined, []);
      if (isObject(scope) && scope !== globalThis && Object.hasOwn(scope, "JSON")) problems.scopes.push(path + "()");
      scope?.then?.(() => {}, () => {});
    } catch { /* it wants another receiver */ }
  }
  const errors = Object.entries(Object.getOwnPropertyDescriptors(Error));
  const writable = errors.filter(([, each]) => each.writable || each.configurable).map(([key]) => key);
  await new Promise((done) => setTimeout(done, 20));
  return JSON.stringify({ isMuch: shared.size > 800, failed, ...problems, writable, isOpen: Object.isExtensible(Error) });
}
const Deno_ = globalThis.Deno;
`;
}

/** Objects of the language and the platform that every script can create. */
export const platformLooks = `
    thrownError: () => { throw new TypeError("x"); },
    deepCall: () => { const down = () => down() + 1; return down(); },
    event: () => {
      let fired;
      const target = new EventTarget();
      target.addEventListener("x", (event) => fired = event);
      target.dispatchEvent(new Event("x"));
      return [target, fired, new CustomEvent("x", { detail: 1 })];
    },
    signal: () => [new AbortController(), AbortSignal.any([AbortSignal.abort()]), AbortSignal.timeout(60_000)],
    exception: () => { try { structuredClone(() => {}); } catch (error) { return [error, new DOMException("m", "AbortError")]; } },
    address: () => [new URL("http://a/?b=c"), new URL("a:b").searchParams, new URLSearchParams("a=b").entries()],
    pattern: () => [new URLPattern({ pathname: "/:n" }), new URLPattern({ pathname: "/:n" }).exec("http://h/n")],
    texts: () => [new TextEncoder(), new TextDecoder(), new TextEncoder().encode("x"), new TextEncoder().encodeInto("x", new Uint8Array(3))],
    badDecoder: () => new TextDecoder("no such"),
    badBase64: () => atob("*"),
    random: () => [crypto, crypto.subtle, crypto.getRandomValues(new Uint8Array(3))],
    key: async () => await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"]),
    keys: async () => await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]),
    webKey: async () => await crypto.subtle.exportKey("jwk", await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"])),
    noKey: async () => await crypto.subtle.importKey("raw", new Uint8Array(3), "AES-GCM", true, ["encrypt"]),
    digest: () => crypto.subtle.digest("SHA-1", new Uint8Array(1)),
    timers: () => { clearTimeout(setTimeout(() => {}, 60_000)); return [setTimeout, setInterval, queueMicrotask]; },
    segments: () => [new Intl.Segmenter().segment("a"), new Intl.Segmenter().segment("a")[Symbol.iterator]()],
    clone: () => structuredClone(new Map([[1, new Set([new Date(), /x/, new Error("e")])]])),
    registry: () => [new FinalizationRegistry(() => {}), new WeakRef({})],
    syntax: () => [function* () {}, async function* () {}, async () => {}, [].values(), [].values().map(String),
      Iterator.from({ next() {} }), "".matchAll(/x/g), ""[Symbol.iterator](), new Map().keys(), new Set().keys(),
      /x/.exec("x"), Proxy.revocable({}, {}), Promise.withResolvers(), new Intl.NumberFormat().format],
    performance: () => [performance, performance.toJSON()],
    printed: () => console.debug("walked"),`;
