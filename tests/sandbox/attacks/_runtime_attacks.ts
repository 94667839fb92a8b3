/** Escaping through the runtime's own actions, and through the private state of its objects. */
import { trying } from "../_trying.ts";
import type { Attack } from "./attacks.ts";

const unread = "Such comments are refused: for stacks, Deno reads the file without permission.";
const aMap = / comment .*\bsource\b.* at \d+:\d+; /;

function mapped(name: string, comment: string): Attack {
  return {
    name,
    source: `export default () => new Error("x").stack;\n${comment}\n`,
    expected: { refused: aMap },
    why: unread,
  };
}

export const runtimeAttacks: readonly Attack[] = [
  mapped(
    "make the runtime read a file: sourceMappingURL",
    "//# sourceMappingURL=file:///etc/passwd",
  ),
  mapped("make the runtime read without end: sourceMappingURL", "//@ sourceMappingURL=/dev/zero"),
  mapped(
    "make the runtime read a file: sourceMappingURL in a block comment",
    "/*# sourceMappingURL=/etc/passwd */",
  ),
  mapped("pass for another file: sourceURL", "//# sourceURL=file:///etc/passwd"),
  {
    name: "make the runtime fetch types: compiler comments",
    source: `// @deno-types="http://127.0.0.1:1/x.d.ts"
/// <reference types="http://127.0.0.1:1/x.d.ts" />
/** @jsxImportSource http://127.0.0.1:1/ */
export default () => "nothing was fetched";`,
    expected: { value: "nothing was fetched" },
    why: "Such comments matter only beside imports, and no permission is left.",
  },
  {
    name: "remove the executor's listeners, by a symbol leaked to a proxy",
    source: trying(`
      const asked = new Set();
      const spy = new Proxy(new EventTarget(), { get: (target, key) => (asked.add(key), target[key]) });
      EventTarget.prototype.addEventListener.call(spy, "x", () => {});
      return [...asked, ...Object.getOwnPropertySymbols(globalThis)].filter((key) => typeof key === "symbol").length;
    `),
    expected: { value: /^TypeError: / },
    why: "EventTarget is farcall's own; its private members never consult a proxy.",
  },
  {
    name: "observe others' errors: a listener on the global scope",
    source: trying(
      `globalThis.addEventListener("unhandledrejection", (event) => { globalThis.heard = event.reason; });`,
    ),
    expected: { value: /^TypeError: / },
    why: "Scripts' globalThis is not an EventTarget.",
  },
  {
    name: "other calls' timers, through a timer object's links",
    source: trying(
      `const timer = setTimeout(() => {}, 1); return typeof timer + Reflect.ownKeys(Object(timer)).length;`,
    ),
    expected: { value: "got number0" },
    why: "A script's timer is a plain number; the runtime's may be linked objects.",
  },
  {
    name: "forge runtime objects: performance.mark with a detail",
    source: trying(`
      const detail = { [Symbol.for("Deno.core.hostObject")]: () => ({ type: "X509Certificate" }) };
      return performance.mark("x", { detail });
    `),
    expected: { value: "TypeError: performance.mark is not a function" },
    why: "performance is farcall's own and only tells the time.",
  },
  {
    name: "a constructor of the global scope's class",
    source: trying("return Object.getPrototypeOf(globalThis).constructor === Object;"),
    expected: { value: "got true" },
    why: "Scripts' globalThis is a plain object.",
  },
];
