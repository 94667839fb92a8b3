/** Reaching out by what the runtime does on its own, and by the private parts of its objects. */
import { trying } from "./_trying.ts";
import type { Attack } from "./attacks.ts";

const unread =
  "A comment that names a source map or a source is refused where a script arrives: for a stack, Deno reads the file without asking for permission.";
const aMap = / has a comment that names a source map or a source at \d+:\d+; /;

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
    "have the runtime read a file: sourceMappingURL",
    "//# sourceMappingURL=file:///etc/passwd",
  ),
  mapped("have the runtime read without end: sourceMappingURL", "//@ sourceMappingURL=/dev/zero"),
  mapped(
    "have the runtime read a file: sourceMappingURL in a comment of several lines",
    "/*# sourceMappingURL=/etc/passwd */",
  ),
  mapped("be taken for another file: sourceURL", "//# sourceURL=file:///etc/passwd"),
  {
    name: "have the runtime fetch types: comments for its compiler",
    source: `// @deno-types="http://127.0.0.1:1/x.d.ts"
/// <reference types="http://127.0.0.1:1/x.d.ts" />
/** @jsxImportSource http://127.0.0.1:1/ */
export default () => "nothing was fetched";`,
    expected: { value: "nothing was fetched" },
    why: "Only what imports makes these comments mean something; and no permission is left.",
  },
  {
    name: "take the executor's listeners away, by the symbol that a proxy is asked for",
    source: trying(`
      const asked = new Set();
      const spy = new Proxy(new EventTarget(), { get: (target, key) => (asked.add(key), target[key]) });
      EventTarget.prototype.addEventListener.call(spy, "x", () => {});
      return [...asked, ...Object.getOwnPropertySymbols(globalThis)].filter((key) => typeof key === "symbol").length;
    `),
    expected: { value: /^TypeError: / },
    why:
      "EventTarget is farcall's own; what it keeps lies in private members, which no proxy is asked for.",
  },
  {
    name: "hear what others throw: a listener on the global scope",
    source: trying(
      `globalThis.addEventListener("unhandledrejection", (event) => { globalThis.heard = event.reason; });`,
    ),
    expected: { value: /^TypeError: / },
    why: "What scripts have as globalThis is no target of events.",
  },
  {
    name: "the timers of others, by what a timer leads to",
    source: trying(
      `const timer = setTimeout(() => {}, 1); return typeof timer + Reflect.ownKeys(Object(timer)).length;`,
    ),
    expected: { value: "got number0" },
    why:
      "A script's timer is a number and leads nowhere; the runtime's own may be objects in a list.",
  },
  {
    name: "make objects of the runtime by a mark: performance.mark with a detail",
    source: trying(`
      const detail = { [Symbol.for("Deno.core.hostObject")]: () => ({ type: "X509Certificate" }) };
      return performance.mark("x", { detail });
    `),
    expected: { value: "TypeError: performance.mark is not a function" },
    why: "performance is farcall's own and tells the time.",
  },
  {
    name: "a constructor of the global scope's class",
    source: trying("return Object.getPrototypeOf(globalThis).constructor === Object;"),
    expected: { value: "got true" },
    why: "What scripts have as globalThis is a plain object.",
  },
];
