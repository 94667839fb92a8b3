/** Creating code from strings, and inspecting others' code. */
import { isMissing, trying } from "../_trying.ts";
import type { Attack } from "./attacks.ts";

const noCode = "V8 compiles no strings in an executor, by any constructor.";
const gone = "Deleted before scripts load: only the language and pure web APIs stay global.";

export const codeAttacks: readonly Attack[] = [
  {
    name: "compile a string: eval, direct and indirect",
    source: trying("return typeof eval === 'function' ? (0, eval)('1') + eval('1') : eval;"),
    expected: { value: /^(ReferenceError: eval is not defined|EvalError: .*|got undefined)$/ },
    why: `${noCode} eval is deleted.`,
  },
  {
    name: "compile a string: new Function",
    source: trying("return await new Function('file', 'return import(file)')(bait.file);"),
    expected: { value: /^EvalError: Code generation from strings disallowed/ },
    why: noCode,
  },
  {
    name: "compile a string: the constructor of an async function",
    source: trying("return await (async () => {}).constructor('return import(\"node:fs\")')();"),
    expected: { value: /^EvalError: Code generation from strings disallowed/ },
    why: noCode,
  },
  {
    name: "compile a string: the constructor of a generator function",
    source: trying(
      "return Object.getPrototypeOf(function* () {}).constructor('yield import(\"node:fs\")')().next().value;",
    ),
    expected: { value: /^EvalError: Code generation from strings disallowed/ },
    why: noCode,
  },
  {
    name: "compile a string: the constructor of an async generator function",
    source: trying(
      "return (await (async function* () {}).constructor('yield await import(\"node:fs\")')().next()).value;",
    ),
    expected: { value: /^EvalError: Code generation from strings disallowed/ },
    why: noCode,
  },
  {
    name: "compile a string: Reflect.construct(Function, …) by a bound constructor",
    source: trying(
      "return Reflect.construct([].map.constructor.bind(null, 'return 1'), [], Object)();",
    ),
    expected: { value: /^EvalError: Code generation from strings disallowed/ },
    why: noCode,
  },
  {
    name: "compile a string: setTimeout and setInterval",
    source: trying(`
      const said = [];
      for (const start of [setTimeout, setInterval]) {
        try { start("globalThis.ran = true", 0); } catch (error) { said.push(error.name); }
      }
      await new Promise((done) => setTimeout(done, 5));
      return said + " " + globalThis.ran;
    `),
    expected: { value: "got TypeError,TypeError undefined" },
    why: "A timer takes a function and nothing else.",
  },
  {
    name: "code in another realm: ShadowRealm",
    source: trying("return new ShadowRealm().evaluate('1');"),
    expected: isMissing("ShadowRealm"),
    why: gone,
  },
  {
    name: "compile machine code: WebAssembly",
    source: trying("return new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));"),
    expected: isMissing("WebAssembly"),
    why: gone,
  },
  {
    name: "the functions on the stack: Error.prepareStackTrace",
    source: trying(`
      let seen = "nothing";
      try { Error.prepareStackTrace = (_, sites) => { seen = String(sites[0].getFunction()); return sites; }; }
      catch { /* not even that */ }
      return seen + " " + typeof new Error("x").stack;
    `),
    expected: { value: "got nothing string" },
    why: "Scripts can assign it, but V8 never calls it.",
  },
  {
    name: "the functions on the stack: Error.captureStackTrace",
    source: trying(
      "const holder = {}; Error.captureStackTrace(holder); return typeof holder.stack;",
    ),
    expected: { value: "got string" },
    why: "A stack is a string; it names only the executor's files, which are public.",
  },
  {
    name: "the functions on the stack: caller, arguments, arguments.callee",
    source: trying("return (function own() { return String(own.caller) + arguments.callee; })();"),
    expected: { value: /^TypeError: / },
    why: "Modules are strict code, where V8 exposes none of these.",
  },
];
