/** Shared objects cannot be changed, and ordinary code does not notice. */
import assert from "node:assert/strict";
import { DeployRejected } from "../../lib/errors/mod.ts";
import { TestNode } from "../_support/nodes/node.ts";

const text = { returns: ["str"] };

/** Programs as people, bundlers and compilers write them; each returns the expected value, or throws. */
const ordinary: Readonly<Record<string, readonly [source: string, expected: string]>> = {
  classes: [
    `class Mine extends Error { constructor(m, options) { super(m, options); this.name = "Mine"; } }
    const mine = new Mine("m", { cause: 1 });
    mine.message += "!";
    mine.toString = () => "own " + mine.name + mine.message;
    class List extends Array { sum() { return this.reduce((a, b) => a + b, 0); } }
    class Keyed extends Map { get(key) { return super.get(key) ?? 0; } }
    class Later extends Promise {}
    const f = () => [mine, List.from([1, 2]).map((n) => n * 2).sum(), new Keyed().get(1),
      mine instanceof Mine, Later.resolve(1) instanceof Later].join();`,
    "own Minem!,6,0,true,true",
  ],
  prototypes: [
    `function F() {}
    F.prototype = Object.create(Array.prototype);
    F.prototype.push = () => "pushed";
    F.prototype.toString = () => "F";
    function G() { Error.call(this); this.message = "g"; }
    G.prototype = Object.create(Error.prototype);
    G.prototype.constructor = G;
    G.prototype.name = "G";
    function H() {}
    H.prototype.valueOf = () => 7;
    H.prototype.hasOwnProperty = () => "mine";
    const f = () => [new F(), new F().push(), new G(), new G().constructor === G, new H() + 1,
      new H().hasOwnProperty()].join();`,
    "F,pushed,G: g,true,8,mine",
  ],
  compiled: [
    `var __extends = (function () {
      var extendStatics = (d, b) => Object.setPrototypeOf(d, b);
      return function (d, b) {
        extendStatics(d, b);
        function __() { this.constructor = d; }
        d.prototype = b === null ? Object.create(b) : (__.prototype = b.prototype, new __());
      };
    })();
    var Base = function Base() {};
    Base.prototype.toString = function () { return "base"; };
    var Derived = (function (_super) { __extends(D, _super); function D() {} return D; })(Base);
    var Failure = (function (_super) { __extends(E, _super); function E() {} return E; })(Error);
    const f = () => [new Derived(), new Derived().constructor.name, new Failure() instanceof Error].join();`,
    "base,D,true",
  ],
  objects: [
    `const o = {};
    o.toString = () => "o"; o.constructor = 1; o.valueOf = () => 2; o["__proto__"] = null;
    const copy = Object.assign({}, { toString: () => "copied", hasOwnProperty: 3 });
    function callable() {}
    callable.call = 4; callable.toString = () => "callable"; callable.bind = 5;
    const date = new Date(0);
    date.toJSON = () => "date";
    const frozen = Object.freeze({});
    let refused = "";
    try { frozen.toString = 1; } catch (error) { refused = error.name; }
    const f = () => [String(copy), copy.hasOwnProperty, callable.call, String(callable), callable.bind,
      JSON.stringify(date), Object.keys({ ...copy }).join("+"), refused].join();`,
    'copied,3,4,callable,5,"date",toString+hasOwnProperty,TypeError',
  ],
  libraries: [
    `var _a;
    (_a = globalThis).__library_registry ?? (_a.__library_registry = new Map());
    const registry = globalThis.__library_registry;
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 2;
    const lines = new Error().stack.split("\\n").length <= 3;
    Error.stackTraceLimit = limit;
    const before = Error.prepareStackTrace;
    Error.prepareStackTrace = (_, sites) => sites;
    const stack = typeof new Error().stack;
    Error.prepareStackTrace = before;
    const scope = typeof globalThis !== "undefined" && typeof window === "undefined" && typeof process;
    const root = typeof self === "object" && self.Object === Object && self || Function("return this")();
    const f = () => [registry instanceof Map, lines, stack, scope, root === globalThis].join();`,
    "true,true,string,undefined,true",
  ],
  platform: [
    `async function f() {
      const controller = new AbortController();
      const seen = [];
      controller.signal.addEventListener("abort", () => seen.push("aborted"));
      controller.signal.onabort = () => seen.push("onabort");
      controller.abort();
      const target = new EventTarget();
      target.addEventListener("x", (event) => seen.push(event.type), { once: true });
      target.dispatchEvent(new Event("x"));
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", new TextEncoder().encode("x")));
      const match = new URLPattern({ pathname: "/:name" }).exec("http://h/n").pathname.groups.name;
      await new Promise((done) => queueMicrotask(done));
      const timer = setTimeout(() => seen.push("late"), 1);
      clearTimeout(timer);
      const ticks = await new Promise((done) => {
        let count = 0;
        const each = setInterval((step) => {
          count += step;
          if (count === 4) { clearInterval(each); done(count); }
        }, 1, 2);
      });
      return [...seen, digest.length, match, atob(btoa("b")), ticks, new URL("/a?b=c", "http://h").search,
        [...new URLSearchParams("a=1").entries()].join(), typeof performance.now(),
        [...new Intl.Segmenter().segment("ab")].length, structuredClone(new Map([[1, [2]]])).get(1)[0],
        new TextDecoder().decode(new TextEncoder().encode("ü")), typeof timer].join();
    }`,
    "aborted,onabort,x,20,n,b,4,?b=c,a,1,number,2,2,ü,number",
  ],
};

Deno.test("ordinary code works in a frozen realm", async (t) => {
  const rpcs = Object.fromEntries(
    Object.entries(ordinary).map(([name, [source]]) =>
      [name, { ...text, source: `${source}\nexport default f;` }] as const
    ),
  );
  await using node = await TestNode.start({ deployment: { services: { s: { rpcs } } } });
  await using connection = await node.connection();
  for (const [name, [, expected]] of Object.entries(ordinary)) {
    await t.step(name, async () => {
      assert.equal(await connection.call(`s.${name}`, [], text), expected);
    });
  }
});

Deno.test("names that a script adds to the global scope while loading are hidden from the next one", async () => {
  const adds = `globalThis.fetch = () => "forged"; globalThis.added = 1;
    Object.setPrototypeOf(globalThis, { inherited: 1 });
    export default () => "loaded";`;
  const finds =
    `const found = [typeof globalThis.fetch, typeof globalThis.added, typeof globalThis.inherited];
    export default () => found.join();`;
  await using node = await TestNode.start({
    deployment: {
      services: {
        s: { rpcs: { adds: { ...text, source: adds }, finds: { ...text, source: finds } } },
      },
    },
  });
  await using connection = await node.connection();
  assert.equal(await connection.call("s.adds", [], text), "loaded");
  assert.equal(await connection.call("s.finds", [], text), "undefined,undefined,undefined");
});

Deno.test("a script that changes the global scope irreversibly is refused, and named", async (t) => {
  await using node = await TestNode.start();
  const attempts = {
    'Object.defineProperty(globalThis, "mine", { value: 1 });': /\bglobalThis\.mine\b/,
    "Object.setPrototypeOf(globalThis, null); Reflect.preventExtensions(globalThis) || fail();":
      /\bglobalThis\b|\bfail\b/,
    "globalThis.JSON = {};": /'JSON'/,
    "Array.prototype.map = 1;": /"map" .*\bscripts\b/,
    "Promise.prototype.then = 1;": /'then'/,
  };
  for (const [statement, reason] of Object.entries(attempts)) {
    await t.step(statement, async () => {
      const source = `${statement}\nexport default () => "";`;
      await assert.rejects(
        node.deploy({ services: { s: { rpcs: { bad: { ...text, source } } } } }),
        (error: unknown) => {
          assert.ok(error instanceof DeployRejected);
          assert.match(error.message, /s: bad\(\) -> str/);
          assert.match(error.message, reason);
          return true;
        },
      );
    });
  }
});

/** Walks everything within a script's reach, including what it can create, and reports what is not frozen. */
const audit = `export default async function audit() {
  const seen = new Set();
  const open = [];
  const bad = [];
  const add = (value, path) => {
    if (value === null || !/^(object|function)$/.test(typeof value) || seen.has(value)) return;
    seen.add(value);
    open.push([value, path]);
  };
  for (const key of Reflect.ownKeys(globalThis)) {
    if (globalThis[key] !== globalThis) add(globalThis[key], String(key));
    add(Object.getOwnPropertyDescriptor(globalThis, key).get, String(key));
  }
  add(Object.getPrototypeOf(globalThis), "the prototype of globalThis");
  let fired;
  const target = new EventTarget();
  target.addEventListener("x", (event) => fired = event);
  target.dispatchEvent(new Event("x"));
  const controller = new AbortController();
  const made = [
    target, fired, controller, AbortSignal.any([controller.signal, AbortSignal.timeout(1)]), new DOMException(),
    new URL("a:b").searchParams, new URLSearchParams().entries(), new TextDecoder(), new TextEncoder(),
    new URLPattern({}), crypto.subtle.digest("SHA-1", new Uint8Array(1)), setTimeout(() => {}, 0),
    await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"]),
    new Intl.Segmenter().segment("a"), new Intl.Segmenter().segment("a")[Symbol.iterator](),
    new Intl.NumberFormat().format, [].values(), [].values().map(String), Iterator.from({ next() {} }),
    "".matchAll(/x/g), ""[Symbol.iterator](), new Map().keys(), new Set().keys(), function* () {}, async function* () {}, async () => {}, /x/.exec("x"), Proxy.revocable({}, {}), new WeakRef({}),
    Promise.withResolvers(), new FinalizationRegistry(() => {}), new AggregateError([]), new Error().stack,
  ];
  // Objects that a script creates are its own; what all of their kind share is not.
  for (const each of made) {
    if (typeof each !== "object" && typeof each !== "function") continue;
    add(Object.getPrototypeOf(each), "the prototype of " + Object.prototype.toString.call(each));
    for (const key of Reflect.ownKeys(each)) {
      const { value } = Object.getOwnPropertyDescriptor(each, key);
      if (typeof value === "object" && value !== null) add(Object.getPrototypeOf(value), String(key));
    }
  }
  while (open.length > 0) {
    const [object, path] = open.pop();
    if (!Object.isFrozen(object) && object !== Error) bad.push(path);
    add(Object.getPrototypeOf(object), path + "^");
    for (const key of Reflect.ownKeys(object)) {
      const { value, get, set } = Object.getOwnPropertyDescriptor(object, key);
      for (const each of [value, get, set]) add(each, path + "." + String(key));
    }
  }
  const errors = Object.entries(Object.getOwnPropertyDescriptors(Error));
  const writable = errors.filter(([, each]) => each.writable || each.configurable).map(([key]) => key);
  return JSON.stringify({ isMuch: seen.size > 900, bad, writable, isOpen: Object.isExtensible(Error) });
}`;

Deno.test("nothing that a script shares with another can be changed", async () => {
  const rpcs = { audit: { ...text, source: audit } };
  await using node = await TestNode.start({ deployment: { services: { s: { rpcs } } } });
  await using connection = await node.connection();
  assert.deepEqual(JSON.parse(await connection.call("s.audit", [], text) as string), {
    isMuch: true,
    bad: [],
    // It changes how much of a stack is kept, and nothing else; libraries set it.
    writable: ["stackTraceLimit"],
    isOpen: false,
  });
});
