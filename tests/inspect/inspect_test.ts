import assert from "node:assert/strict";
import { formatLine, inspect, inspectBare, tableOf } from "../../lib/inspect/mod.ts";
import { limits } from "../../lib/limits/mod.ts";

class Point {
  x = 1;
  #hidden = 2;
  get hidden(): number {
    throw new Error(`a getter was called: ${this.#hidden}`);
  }
}
class Derived extends Point {}
class NamedByItsClass extends Error {}

/** Values that run a script's code when they are inspected carelessly. */
const tripwire: ProxyHandler<object> = new Proxy({}, {
  get(_, trap): never {
    throw new Error(`a trap was called: ${String(trap)}`);
  },
});

function withItself(): unknown {
  const object: Record<string, unknown> = { name: "a" };
  return Object.assign(object, { self: object, list: [object] });
}

const cases: readonly (readonly [value: unknown, text: string])[] = [
  [undefined, "undefined"],
  [null, "null"],
  [-0, "-0"],
  [NaN, "NaN"],
  [2n, "2n"],
  ['a "quoted"\nline', '"a \\"quoted\\"\\nline"'],
  [Symbol("s"), "Symbol(s)"],
  [[1, "two", [3]], '[ 1, "two", [ 3 ] ]'],
  [[], "[]"],
  [{}, "{}"],
  // deno-lint-ignore no-sparse-arrays
  [[1, , , 4], "[ 1, <2 empty items>, 4 ]"],
  [{ "b-c": undefined, [Symbol("key")]: -0 }, '{ "b-c": undefined, [Symbol(key)]: -0 }'],
  [
    {
      get both() {
        return 1;
      },
      set both(_: unknown) {
        assert.fail();
      },
      set one(_: unknown) {
        assert.fail();
      },
    },
    "{ both: [Getter/Setter], one: [Setter] }",
  ],
  [{
    get thrower() {
      throw new Error("called");
    },
  }, "{ thrower: [Getter] }"],
  [
    { toJSON: () => "no", toString: () => "no" },
    "{ toJSON: [Function: toJSON], toString: [Function: toString] }",
  ],
  [
    new Map<unknown, unknown>([["a", new Set([1, { b: 2 }])]]),
    'Map(1) { "a" => Set(2) { 1, { b: 2 } } }',
  ],
  [new (class Registry extends Map {})(), "Registry(0) {}"],
  [/a+\/b/gi, "/a+\\/b/gi"],
  [new Date(0), "1970-01-01T00:00:00.000Z"],
  [new Date(NaN), "Invalid Date"],
  [new Point(), "Point { x: 1 }"],
  [new Derived(), "Derived { x: 1 }"],
  [Derived, "[class Derived extends Point]"],
  [function named() {}, "[Function: named]"],
  [async () => {}, "[AsyncFunction: (anonymous)]"],
  [Object.create(null), "[Object: null prototype] {}"],
  [Object(-0), "[Number: -0]"],
  [Object("text"), '[String: "text"]'],
  [new Uint8Array([1, 2]), "Uint8Array(2) [ 1, 2 ]"],
  [new ArrayBuffer(8), "ArrayBuffer { byteLength: 8 }"],
  [Promise.resolve(1), "Promise {}"],
  [withItself(), '<ref *1> { name: "a", self: [Circular *1], list: [ [Circular *1] ] }'],
  [[[[[[[1]]]]]], "[ [ [ [ [ [Array] ] ] ] ] ]"],
  [new Proxy({ a: 1 }, tripwire), "{ a: 1 }"],
  [new Proxy(new Proxy([1], tripwire), tripwire), "[ 1 ]"],
  [Object.create(new Proxy({}, tripwire)), "{}"],
  [
    { constructor: new Proxy(class {}, tripwire), a: 1 },
    "{ constructor: [class (anonymous)], a: 1 }",
  ],
  // Only look-alikes.
  [Object.create(Map.prototype), "Map {}"],
  [Object.create(Date.prototype), "Date {}"],
  [Object.create(RegExp.prototype), "RegExp {}"],
  [
    Object.assign(new Date(0), {
      getTime() {
        throw 1;
      },
    }),
    "1970-01-01T00:00:00.000Z { getTime: [Function: getTime] }",
  ],
  [
    Object.defineProperty(/x/y, "flags", {
      get() {
        throw 1;
      },
    }),
    "/x/y",
  ],
];

Deno.test("a value is shown as people write it, without running its code", async (t) => {
  for (const [value, text] of cases) {
    await t.step(text, () => assert.equal(inspect(value), text));
  }
  await t.step("a string by itself has no quotes", () => assert.equal(inspectBare("a\n"), "a\n"));
});

Deno.test("an error is shown by its class, with its current message, its stack, its parts and its causes", () => {
  const inner = Object.assign(new RangeError("inner"), { code: 7 });
  const error = new NamedByItsClass("before", { cause: inner });
  error.message = "now";
  const lines = inspect({ error }).split("\n");
  assert.equal(lines[0], "{ error: NamedByItsClass: now");
  assert.match(lines[1] ?? "", /^ {4}at .*inspect_test\.ts/);
  assert.ok(lines.some((line) => line === "Caused by: RangeError: inner"));
  assert.match(lines.at(-1) ?? "", / \{ code: 7 \} \}$/);
  const several = inspect(new AggregateError([new TypeError("one"), "two"], "many"));
  assert.match(
    several,
    /^AggregateError: many\n[^]*\n.*errors: TypeError: one\n[^]*errors: "two"$/,
  );
  const loop = new Error("loop");
  loop.cause = loop;
  assert.match(inspect(loop), /Caused by: \[Circular \*1\]$/);
  const withCode = new Error("x");
  Object.defineProperty(withCode, "stack", { get: () => assert.fail("a getter was called") });
  assert.equal(inspect(withCode), "Error: x");
});

Deno.test("endless values are shown in part", () => {
  let deep: unknown = 0;
  for (let level = 0; level < 10_000; level++) deep = { deep };
  const wide = Array.from({ length: 12 }).reduce<unknown>(
    (list) => [list, list, list],
    "x".repeat(100),
  );
  const nestedMaps = new Map([[wide, wide]]);
  for (
    const value of [
      ...[
        deep,
        wide,
        nestedMaps,
        new Array(2 ** 32 - 1),
        new Uint8Array(2 ** 20),
        "x".repeat(2 ** 25),
      ],
      ...[Object.fromEntries(Array.from({ length: 50_000 }, (_, key) => [`key${key}`, key]))],
      ...[new Set(Array.from({ length: 50_000 }, (_, item) => item))],
    ]
  ) {
    const { length } = inspect(value, { depth: Infinity });
    assert.ok(length <= 2 * limits.scriptLogLineBytesMax, String(length));
  }
  assert.match(inspect(Array(101).fill(1)), /1, \.\.\. 1 more \w+ \]$/);
  assert.match(inspect(Array(205).fill(1)), /\.\.\. 105 more \w+ \]$/);
});

Deno.test("the first text of a line says how the values after it are shown", () => {
  const lines: readonly (readonly [values: readonly unknown[], text: string])[] = [
    [[], ""],
    [["%s is %d and %i, %f", "Bob", "42", "42.7px", "1.5z"], "Bob is 42 and 42, 1.5"],
    [["%o %O %j", { a: ["b"] }, [1], "c"], '{ a: [ "b" ] } [ 1 ] "c"'],
    [["%s", -0], "-0"],
    [["%s %s", { a: { b: {} } }, Symbol("s")], "{ a: [Object] } Symbol(s)"],
    [["%d %d %d", 2n, {}, Symbol("s")], "2n NaN NaN"],
    [["%cred%c", "color: red", ""], "red"],
    [["100%%, %x, %", 1], "100%, %x, % 1"],
    [["100%%"], "100%%"],
    [["%s %s", 1], "1 %s"],
    [["a", "b", { c: "d" }], 'a b { c: "d" }'],
    [[{ a: 1 }, "%s", 1], "{ a: 1 } %s 1"],
    [["%d", { valueOf: () => assert.fail("it was called") }], "NaN"],
  ];
  for (const [values, text] of lines) assert.equal(formatLine(values), text);
});

Deno.test("a table has a row per item and a column per property", () => {
  const table = tableOf([{ a: 1, b: "x" }, { a: 22, c: true }, 5]);
  assert.deepEqual(table?.split("\n"), [
    "┌─────────┬────┬─────┬──────┬────────┐",
    "│ (index) │ a  │ b   │ c    │ Values │",
    "├─────────┼────┼─────┼──────┼────────┤",
    '│ 0       │ 1  │ "x" │      │        │',
    "│ 1       │ 22 │     │ true │        │",
    "│ 2       │    │     │      │ 5      │",
    "└─────────┴────┴─────┴──────┴────────┘",
  ]);
  const columns = tableOf(new Map([["k", 1]]), ["1"])?.split("\n");
  assert.equal(columns?.[3], "│ 0       │ 1 │");
  assert.equal(tableOf("text"), undefined);
});
