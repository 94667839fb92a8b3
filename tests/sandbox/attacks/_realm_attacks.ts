/** Modifying shared objects, so that other calls, or the executor itself, behave differently. */
import type { Attack } from "./attacks.ts";
import { trying } from "../_trying.ts";

const frozen = "Shared objects are frozen before scripts load; global names cannot be rebound.";
const typeError = { value: /^TypeError: / };

/** An assignment that fails in strict code. */
function patching(name: string, statement: string): Attack {
  return {
    name: `patch ${name}`,
    source: trying(`${statement} return "patched";`),
    expected: typeError,
    why: frozen,
  };
}

/** The global scope accepts no new names once scripts are loaded; no attempt may have a lasting effect. */
export const realmAttacks: readonly Attack[] = [
  patching("Promise.prototype.then", "Promise.prototype.then = function () { return 7; };"),
  patching("JSON.stringify", "JSON.stringify = () => '[\"forged\"]';"),
  patching(
    "JSON.parse, by defineProperty",
    "Object.defineProperty(JSON, 'parse', { value: () => ['forged'] });",
  ),
  patching("Array.prototype.map", "Array.prototype.map = () => ['forged'];"),
  patching(
    "Array.prototype[Symbol.iterator]",
    "Array.prototype[Symbol.iterator] = function* () { yield 'forged'; };",
  ),
  patching(
    "the next of array iterators",
    "Object.getPrototypeOf([][Symbol.iterator]()).next = () => ({ done: true });",
  ),
  patching("Object.prototype with a new name", "Object.prototype.then = (done) => done('forged');"),
  patching("Object.prototype by __proto__", "({}).__proto__.polluted = 'forged';"),
  patching("Object.prototype's toString", "Object.prototype.toString = () => 'forged';"),
  patching(
    "Object.prototype with a setter, by __defineSetter__",
    "Object.prototype.__defineSetter__('type', () => {});",
  ),
  patching(
    "the prototype of Array.prototype",
    "Object.setPrototypeOf(Array.prototype, { forged: 1 });",
  ),
  patching("Function.prototype.call", "Function.prototype.call = () => 'forged';"),
  patching(
    "String.prototype.isWellFormed, which the executor asks",
    "String.prototype.isWellFormed = () => true;",
  ),
  patching("RegExp.prototype.exec", "RegExp.prototype.exec = () => null;"),
  patching("Map.prototype.get", "Map.prototype.get = () => undefined;"),
  patching(
    "Uint8Array's subarray, by %TypedArray%",
    "Object.getPrototypeOf(Uint8Array.prototype).subarray = () => null;",
  ),
  patching(
    "TextEncoder.prototype.encode",
    "TextEncoder.prototype.encode = () => new Uint8Array(3);",
  ),
  patching(
    "Error.prototype",
    "Error.prototype.message = 'forged'; Error.prototype[Symbol.hasInstance] = () => true;",
  ),
  patching(
    "the prototypes of generators",
    "Object.getPrototypeOf(function* () {}).prototype.next = () => ({});",
  ),
  patching(
    "the prototypes of async generators",
    "Object.getPrototypeOf(async function* () {}).prototype.next = () => ({});",
  ),
  patching(
    "Promise[Symbol.species]",
    "Object.defineProperty(Promise, Symbol.species, { value: class {} });",
  ),
  patching("console.log", "console.log = () => { throw new Error('forged'); };"),
  patching(
    "crypto.subtle",
    "crypto.subtle.digest = () => 'forged'; crypto.getRandomValues = (a) => a;",
  ),
  patching("Math.random and Date.now", "Math.random = () => 4; Date.now = () => 0;"),
  patching(
    "URL.prototype",
    "Object.defineProperty(URL.prototype, 'href', { get: () => 'forged' });",
  ),
  patching("a global name", "Promise = class {}; globalThis.Promise = Promise;"),
  patching(
    "a global name, by defineProperty",
    "Object.defineProperty(globalThis, 'Array', { value: class {} });",
  ),
  patching("a global name, by deleting it", "delete globalThis.JSON;"),
  patching("globalThis with a new name", "globalThis.shared = 'forged';"),
  patching("the prototype of globalThis", "Object.setPrototypeOf(globalThis, { forged: 1 });"),
  patching(
    "the internals of globalThis, by its symbols",
    `
      const symbols = Object.getOwnPropertySymbols(globalThis);
      for (const key of symbols) globalThis[key] = undefined;
      globalThis[Symbol("new")] = 1;`,
  ),
  {
    name: "patch through a setter's receiver, which shows only at run time",
    source: trying(`
      Reflect.set(Object.prototype, "toString", () => "forged", Object.prototype);
      Reflect.set({}, "valueOf", () => 7, Array.prototype);
      return String({}) + typeof [].valueOf();
    `),
    expected: { value: /^(got \[object Object\]object|TypeError: .*)$/ },
    why: "The setters that give objects their own toString refuse frozen objects.",
  },
  {
    name: "no attack: ordinary code may override inherited names on its own objects",
    source: trying(`
      class Mine extends Error { constructor(text) { super(text); this.name = "Mine"; this.message += "!"; } }
      function Old() {}
      Old.prototype.toString = () => "old";
      Old.prototype.constructor = Old;
      function Derived() {}
      Derived.prototype = Object.create(Array.prototype);
      Derived.prototype.map = () => "own map";
      const plain = JSON.parse('{"constructor": 1, "valueOf": 2, "__proto__": 3, "toString": "four"}');
      const assigned = Object.assign({}, { toString() { return "assigned"; }, hasOwnProperty: 1 });
      const later = {};
      later.constructor = 5;
      later.valueOf = () => 6;
      const error = new Mine("text");
      error.toString = () => "told";
      const fn = () => {};
      fn.toString = () => "function";
      fn.call = 1;
      const date = new Date(0);
      date.toJSON = () => "dated";
      return [error.name, error.message, error, new Old(), new Derived().map(), plain.constructor,
        Object.keys(plain).length, assigned, later.constructor, later + 1, fn, fn.call,
        JSON.stringify(date), Object.keys(later).length].join();
    `),
    expected: { value: 'got Mine,text!,told,old,own map,1,4,assigned,5,7,function,1,"dated",2' },
    why: "The frozen prototype's accessors turn such an assignment into an own property.",
  },
];
