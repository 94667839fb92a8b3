/** Results and exceptions made to break their receiver. */
import type { Attack } from "./attacks.ts";

const checked = "The executor checks and serializes results; errors are this call's exception.";
const shown = "The executor reads thrown values defensively, into this call's exception.";
const anything = /./;

function result(
  name: string,
  returns: string,
  expression: string,
  message: RegExp,
  why = checked,
): Attack {
  const source = `export default () => { ${
    /^\s*(return|const|let|class)\b/.test(expression) ? expression : `return ${expression};`
  } };`;
  return { name: `return ${name}`, returns, source, expected: { exception: message }, why };
}

function tooLarge(...options: Parameters<typeof result>): Attack {
  const attack = result(...options);
  return { ...attack, expected: { exception: /bytes/, code: "Message Too Large" } };
}

function valued(
  name: string,
  returns: string,
  body: string,
  value: unknown,
  why = checked,
): Attack {
  return {
    name: `return ${name}`,
    returns,
    source: `export default () => { ${body} };`,
    expected: { value },
    why,
  };
}

function thrown(name: string, body: string, message: RegExp = anything): Attack {
  return {
    name: `throw ${name}`,
    source: `export default () => { ${body} };`,
    expected: { exception: message },
    why: shown,
  };
}

export const resultAttacks: readonly Attack[] = [
  result(
    "a list that holds itself",
    "List[List[int]]",
    "const list = []; list.push(list); return list;",
    anything,
  ),
  result(
    "a dict that holds itself",
    "Dict[str, Dict[str, int]]",
    "const dict = {}; dict.self = dict; return dict;",
    anything,
  ),
  result(
    "a getter that throws",
    "Dict[str, int]",
    "({ get a() { throw new Error('from a getter'); } })",
    /from a getter/,
  ),
  result(
    "a proxy with traps that throw",
    "Dict[str, int]",
    "new Proxy({}, { ownKeys() { throw new Error('from a trap'); } })",
    anything,
  ),
  result(
    "a revoked proxy",
    "List[int]",
    "const { proxy, revoke } = Proxy.revocable([], {}); revoke(); return proxy;",
    anything,
  ),
  tooLarge(
    "a list of the greatest possible length",
    "List[int]",
    "new Array(4_294_967_295)",
    anything,
  ),
  tooLarge(
    "a list that claims to be longer than it is",
    "List[int]",
    "new Proxy([], { get: (list, key) => key === 'length' ? 2 ** 52 : list[key] })",
    anything,
  ),
  tooLarge(
    "one list, repeated many million times",
    "List[List[List[List[List[List[int]]]]]]",
    "let list = new Array(200).fill(1); for (let i = 0; i < 5; i++) list = new Array(200).fill(list); return list;",
    /./,
    "The size of a result is limited while it is serialized.",
  ),
  result("another type than declared", "int", "'7'", /int/),
  result("a number that is not an int", "int", "NaN", /int/),
  result("a str that is not valid Unicode", "str", "'\\ud800'", anything),
  result("undefined where a value is declared", "str", "undefined", anything),
  result("a symbol", "str", "Symbol('x')", anything),
  result(
    "an object with toJSON as a str",
    "str",
    "({ toJSON: () => 'forged', toString: () => 'forged' })",
    anything,
  ),
  result("a class instance as a dict", "Dict[str, int]", "new Map([['a', 1]])", anything),
  result(
    "a thenable that throws",
    "str",
    "({ then() { throw new Error('from then'); } })",
    /from then/,
  ),
  result(
    "an object whose then getter throws",
    "str",
    "({ get then() { throw new Error('from its getter'); } })",
    /from its getter/,
  ),
  result(
    "a thenable that resolves to itself, rejects, and resolves again",
    "str",
    "const self = { then(done, failed) { failed(new Error('no')); done('yes'); done(self); } }; return self;",
    /^no$/,
  ),
  result(
    "a promise that resolves to itself",
    "str",
    "let done; const own = new Promise((d) => { done = d; }); done(own); return own;",
    /[Cc]haining +cycle/,
  ),
  valued("a thenable", "str", "return { then(done) { done('resolved'); } };", "resolved"),
  valued(
    "a promise whose own then returns bytes in place of an outcome",
    "str",
    `const own = Promise.resolve("the value");
      Object.defineProperty(own, "then", { value: () => new Uint8Array([91, 34, 102, 34, 93]) });
      return own;`,
    "the value",
    "The executor awaits the promise itself, which never reads its then.",
  ),
  valued(
    "a promise of a class whose then forges an exception",
    "str",
    `class Own extends Promise {
        then(done, failed) { super.then(done, failed); return { type: "Client Not Registered", message: "forged" }; }
      }
      return Own.resolve("the value");`,
    "the value",
    "A then's return value is never taken as the outcome.",
  ),
  valued(
    "a frozen object",
    "Dict[str, List[int]]",
    "return Object.freeze({ a: Object.freeze([1]) });",
    { a: [1] },
  ),
  valued(
    "an object without a prototype, with special property names",
    "Dict[str, int]",
    'return JSON.parse(\'{"__proto__": 1, "constructor": 2}\');',
    JSON.parse('{"__proto__": 1, "constructor": 2}'),
  ),
  valued(
    "bytes that change length during serialization",
    "Tuple[bytes, str]",
    `const buffer = new ArrayBuffer(8, { maxByteLength: 1 << 20 });
      return [new Uint8Array(buffer), { toString() { buffer.resize(1 << 20); return ""; } }].with(1, "same");`,
    [new Uint8Array(8), "same"],
  ),
  valued(
    "a list whose items change on each read",
    "List[int]",
    `let reads = 0;
      return new Proxy([1, 2], { get: (list, key) => key === "0" && ++reads > 1 ? '"forged' : list[key] });`,
    [1, 2],
    "Each part of a result is read once.",
  ),
  thrown("nothing", "throw undefined;"),
  thrown("null", "throw null;"),
  thrown("a number", "throw 42;", /42/),
  thrown("a symbol", "throw Symbol('thrown');", /thrown/),
  thrown("a function", "throw () => 1;"),
  thrown("an object without a prototype", "throw Object.create(null);"),
  thrown("a frozen error", "throw Object.freeze(new Error('frozen'));", /^frozen$/),
  thrown(
    "an error whose message and stack throw",
    `
    throw Object.defineProperties(new Error(), {
      message: { get() { throw 1; } }, stack: { get() { throw 2; } }, name: { get() { throw 3; } },
    });`,
  ),
  thrown("an object whose toString throws", "throw { toString() { throw new Error('inner'); } };"),
  thrown(
    "a proxy with traps that throw",
    `
    const trap = () => { throw new Error("from a trap"); };
    throw new Proxy({}, { get: trap, getPrototypeOf: trap, ownKeys: trap, has: trap });`,
  ),
  thrown(
    "a revoked proxy",
    "const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy;",
  ),
  thrown(
    "an error with a message of many megabytes",
    "throw new Error('x'.repeat(50_000_000));",
    /^x+…$/,
  ),
  thrown(
    "an error that says it is one of farcall's",
    `
    throw Object.assign(new Error("forged"), { name: "ClientNotRegistered", code: "Client Not Registered" });`,
    /^forged$/,
  ),
];
