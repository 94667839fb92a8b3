/** Reading or changing another call's data through what the calls of a service share. */
import { trying, tryingWithThis } from "../_trying.ts";
import type { Attack } from "./attacks.ts";

const ownPlatform = "Scripts get farcall's own objects, with private state and frozen classes.";

/** The names of all symbols on an object, its prototypes and its getters' results, except for the language's. */
const foreignSymbols = `
  const known = new Set(Object.getOwnPropertyNames(Symbol).map((name) => Symbol[name]));
  const foreignSymbols = (...made) => {
    const seen = new Set(), found = [];
    const look = (item, depth) => {
      if (item === null || !/^(object|function)$/.test(typeof item) || seen.has(item) || depth > 6) return;
      seen.add(item);
      for (let holder = item; holder !== null; holder = Object.getPrototypeOf(holder)) {
        for (const key of Reflect.ownKeys(holder)) {
          if (typeof key === "symbol" && !known.has(key)) found.push(String(key));
          try { look(item[key], depth + 1); } catch { /* it wants another receiver */ }
        }
      }
    };
    for (const each of made) look(each, 0);
    return found.length;
  };`;

export const sharedAttacks: readonly Attack[] = [
  {
    name: "read others' regex matches: RegExp.$1, RegExp.input and the like",
    source: trying(`
      "secret 4111 1111".match(/(\\d+)/);
      const names = ["input", "$_", "lastMatch", "$&", "lastParen", "$+", "leftContext", "$\`", "rightContext", "$'",
        "$1", "$2", "$9"];
      class Mine extends RegExp {}
      return names.filter((name) => RegExp[name] !== undefined || Mine[name] !== undefined);
    `),
    expected: { value: "got " },
    why: "Deleted before scripts load: they expose the process's last match.",
  },
  {
    name: "other calls' timers, by the private symbols of AbortSignal.timeout",
    source: trying(`${foreignSymbols}
      return foreignSymbols(AbortSignal.timeout(60_000), new AbortController(), new EventTarget(), new Event("x"),
        AbortSignal.any([AbortSignal.abort(), new AbortController().signal]));
    `),
    expected: { value: "got 0" },
    why: ownPlatform,
  },
  {
    name: "the bytes of a non-extractable key, by private symbols",
    source: trying(`${foreignSymbols}
      const algorithm = { name: "HMAC", hash: "SHA-256" };
      const key = await crypto.subtle.generateKey(algorithm, false, ["sign"]);
      const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
      const symbols = foreignSymbols(key, pair, crypto, crypto.subtle, key.algorithm, key.usages);
      try { await crypto.subtle.exportKey("raw", key); return "exported"; } catch (error) { return symbols + error.name; }
    `),
    expected: { value: "got 0InvalidAccessError" },
    why: ownPlatform,
  },
  {
    name: "replace crypto.subtle behind its getter, to see other calls' keys",
    source: trying(`
      const results = [];
      for (const target of [crypto.subtle, SubtleCrypto.prototype, Crypto.prototype, CryptoKey.prototype, crypto]) {
        for (const name of ["importKey", "exportKey", "digest", "subtle", "type"]) {
          try { target[name] = () => "forged"; results.push(name); } catch { /* frozen */ }
          if (Reflect.defineProperty(target, name, { value: 1 })) results.push(name);
        }
      }
      return results;
    `),
    expected: { value: "got " },
    why: "The freezing walk follows getters too.",
  },
  {
    name: "keep lazily initialized objects unfrozen, with hardly any stack left",
    source: trying(`
      const looks = [
        () => crypto.subtle, () => crypto.randomUUID(), () => new TextDecoder(), () => new URLPattern({ pathname: "/a" }),
        () => clearTimeout(setTimeout(() => {}, 60_000)), () => clearInterval(setInterval(() => {}, 60_000)),
        () => queueMicrotask(() => {}), () => new URL("a:b").searchParams, () => performance.now(),
        () => new Intl.Segmenter().segment("a")[Symbol.iterator](), () => AbortSignal.timeout(60_000),
        () => structuredClone([1]), () => new FinalizationRegistry(() => {}), () => console.debug("deep"),
      ];
      let left = 600;
      (function down() {
        try { down(); } catch { /* the end of the stack */ }
        if (left-- <= 0) return;
        for (const look of looks) try { look(); } catch { /* too deep */ }
      })();
      const open = [];
      for (const holder of [crypto, crypto.subtle, TextDecoder, TextDecoder.prototype, URLPattern.prototype,
        Object.getPrototypeOf(new Intl.Segmenter().segment("a")), SubtleCrypto.prototype, AbortSignal.prototype,
        Object.getPrototypeOf(new Intl.Segmenter().segment("a")[Symbol.iterator]())]) {
        if (!Object.isFrozen(holder)) open.push(String(holder));
      }
      await new Promise((done) => setTimeout(done, 1));
      return open + new TextDecoder().decode(new TextEncoder().encode("works")) +
        new URLPattern({ pathname: "/:name" }).test("http://h/n");
    `),
    expected: { value: "got workstrue" },
    why: "Nothing is frozen late; lazy loading needs enough stack, or throws RangeError.",
  },
  {
    name: "replace setTimeout, by another prototype of globalThis",
    source: trying(`
      const before = [setTimeout, globalThis.setTimeout, self.setTimeout, typeof process, typeof window];
      const forged = () => "forged";
      for (const scope of [globalThis, self, Object.getPrototypeOf(globalThis), Object.getPrototypeOf(setTimeout)]) {
        const evil = { setTimeout: forged, clearTimeout: forged, process: forged, window: forged };
        try { Object.setPrototypeOf(scope, evil); } catch { /* frozen */ }
        try { scope.__proto__ = evil; } catch { /* frozen */ }
      }
      try { __proto__ = { setTimeout: forged }; } catch { /* no such name */ }
      const after = [setTimeout, globalThis.setTimeout, self.setTimeout, typeof process, typeof window];
      return before.every((each, index) => each === after[index]);
    `),
    expected: { value: "got true" },
    why: "Scripts' globalThis is a frozen facade; the runtime's global object is unreachable.",
  },
  {
    name: "the runtime's global object, by a getter that a bare name runs",
    source: trying(`
      const scopes = new Set([globalThis]);
      for (const name of ["__proto__", "toString", "valueOf", "constructor", "hasOwnProperty"]) {
        try { Object.defineProperty(Object.prototype, name, { get() { scopes.add(this); } }); } catch { /* frozen */ }
      }
      try { scopes.add(valueOf()); } catch { /* wants an object */ }
      try { scopes.add((0, Object.prototype.valueOf)()); } catch { /* wants an object */ }
      scopes.add((function () { return this; })());
      scopes.delete(undefined);
      return scopes.size;
    `),
    expected: { value: "got 1" },
    why: "Bare names are constants there, and no script can change its prototype.",
  },
  {
    name: "end the executor by a forged event: a rejected promise of its own",
    source: trying(`
      const hostile = new Proxy({}, { get() { throw hostile; }, getPrototypeOf() { throw hostile; } });
      for (const type of ["unhandledrejection", "error", "unload", "beforeunload"]) {
        const event = new Event(type, { cancelable: true });
        for (const forged of [event, hostile, { type, reason: hostile, error: hostile }, undefined]) {
          try { dispatchEvent(forged); } catch { /* refused */ }
        }
      }
      return "on";
    `),
    expected: { value: "got on" },
    why: "The executor accepts only the runtime's error events, and scripts never get one.",
  },
  {
    name: "the runtime's global object, by a getter that a script adds while it loads",
    source: `
      const seen = [];
      Object.defineProperty(globalThis, "spy", { get() { seen.push(this); return 1; }, set(value) { seen.push(this); }, configurable: true });
      spy; typeof spy; spy = 2;
      globalThis.added = { of: 1 };
      const bare = [added.of, typeof added, typeof missing];
      added = 3;
      bare.push(globalThis.added);
      try { missing; } catch (error) { bare.push(error.name); }
      try { missing = 1; } catch (error) { bare.push(error.name); }
      globalThis.Deno = globalThis.TransformStream = {};
      bare.push(typeof Deno, typeof TransformStream);
      export default () => [seen.length, seen.every((each) => each === globalThis), ...bare, typeof added].join();`,
    expected: {
      value:
        "3,true,1,object,undefined,3,ReferenceError,ReferenceError,undefined,undefined,undefined",
    },
    why: "A getter added to globalThis gets the script's globalThis, also for bare names.",
  },
  {
    name: "no attack: an exported JSON Web Key keeps its lists and imports again",
    source: trying(`
      const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt", "decrypt"]);
      const exported = await crypto.subtle.exportKey("jwk", key);
      const again = await crypto.subtle.importKey("jwk", exported, "AES-GCM", false, ["decrypt"]);
      return [Array.isArray(exported.key_ops), exported.key_ops.length, again.usages];
    `),
    expected: { value: "got true,2,decrypt" },
    why: ownPlatform,
  },
  {
    name: "the runtime's private symbols, by a proxy posing as an event or an error",
    source: trying(`
      const asked = [];
      const traps = {
        get(target, key) { if (typeof key === "symbol" && !Object.values(Object.getOwnPropertyDescriptors(Symbol)).some(({ value }) => value === key)) asked.push(key); return key === "type" ? "error" : undefined; },
        set(target, key) { asked.push(key); return true; }, has(target, key) { if (typeof key === "symbol") asked.push(key); return true; },
      };
      for (const kind of [Event, CustomEvent, Error, DOMException, AbortSignal, URL, URLSearchParams, CryptoKey, Uint8Array, Promise]) {
        const spy = new Proxy(kind.prototype, { ...traps, getPrototypeOf: () => kind.prototype });
        for (const each of [spy, Object.create(spy)]) {
          for (const take of [dispatchEvent, reportError, structuredClone, atob, (it) => new URL("a:b", it), (it) => new URLSearchParams(it),
            (it) => AbortSignal.any([it]), (it) => new TextDecoder().decode(it), (it) => crypto.getRandomValues(it), (it) => new URLPattern(it),
            (it) => new EventTarget().dispatchEvent(it), (it) => new EventTarget().addEventListener("x", it, it), (it) => console.log(it)]) {
            try { take(each); } catch { /* refused */ }
          }
          for (const name of ["digest", "importKey", "exportKey", "sign", "encrypt", "generateKey"]) {
            await crypto.subtle[name](each, each, each, each, each).catch(() => {});
          }
        }
      }
      return asked.map(String);
    `),
    expected: { value: "got " },
    why: "The runtime reads its symbols only from objects farcall made or checked first.",
  },
  {
    name: "end the executor by a value that resists inspection, thrown in a listener",
    source: trying(`
      const hostile = new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 2; }, ownKeys() { throw 3; } });
      const target = new EventTarget(), controller = new AbortController();
      for (const each of [target, controller.signal]) {
        each.addEventListener("abort", () => { throw hostile; });
        each.addEventListener("abort", { handleEvent() { throw hostile; } });
        each.addEventListener("abort", { get handleEvent() { throw hostile; } });
      }
      controller.signal.onabort = () => { throw hostile; };
      target.dispatchEvent(new Event("abort"));
      controller.abort(hostile);
      Promise.reject(hostile);
      queueMicrotask(() => { throw hostile; });
      const timer = setInterval(() => { clearInterval(timer); throw hostile; }, 1);
      await new Promise((done) => setTimeout(done, 5));
      return "on";
    `),
    expected: { value: "got on" },
    why: "Errors thrown in callbacks are caught by farcall and inspected defensively.",
  },
  {
    name: "end the executor by an error on garbage collection: FinalizationRegistry",
    source: trying(`
      const hostile = new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 2; } });
      const registry = new FinalizationRegistry(() => { throw hostile; });
      for (let i = 0; i < 200; i++) {
        registry.register({ i, of: new Array(20_000).fill(i) }, i);
        if (i % 20 === 0) await new Promise((done) => setTimeout(done, 1));
      }
      return registry.constructor === FinalizationRegistry && registry instanceof FinalizationRegistry;
    `),
    expected: { value: "got true" },
    why: "farcall's wrapper calls the registry's callback and catches what it throws.",
  },
  {
    name: "move the call to another trace: this.trace",
    source: tryingWithThis(`
      const { trace } = self;
      const before = trace.traceparent;
      const tried = [
        () => { trace.traceparent = "00-" + "a".repeat(32) + "-" + "b".repeat(16) + "-01"; },
        () => { self.trace = { traceparent: "x" }; },
        () => { delete trace.traceparent; },
        () => { Object.setPrototypeOf(trace, { tracestate: "x" }); },
        () => { Object.defineProperty(Object.getPrototypeOf(self), "trace", { value: 1 }); },
      ].map((attempt) => { try { attempt(); return "done"; } catch (error) { return error.name; } });
      return [...new Set(tried), self.trace === trace, trace.traceparent === before].join();
    `),
    expected: { value: "got TypeError,true,true" },
    why: "The trace and its class are frozen; the node has its own copy.",
  },
  {
    name: "claim other times for the call's span: performance, Date",
    source: trying(`
      const tried = [
        () => { performance.now = () => 0; },
        () => { performance.timeOrigin = 0; },
        () => { globalThis.performance = { now: () => 0, timeOrigin: 0 }; },
        () => { Object.getPrototypeOf(performance).now = () => 0; },
        () => { Date.now = () => 0; },
      ].map((attempt) => { try { attempt(); return "done"; } catch (error) { return error.name; } });
      return [...new Set(tried)].join();
    `),
    expected: { value: "got TypeError" },
    why: "Clocks are frozen; times are cut to what the node itself saw.",
  },
];
