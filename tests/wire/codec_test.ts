import assert from "node:assert/strict";
import { type Codec, codecOfText, fromJson, toJson } from "../../lib/types/codec.ts";
import { integerDigitsMax, parseJson, stringifyJson } from "../../lib/encoding/json.ts";
import { TypeMismatch } from "../../lib/types/type_mismatch.ts";
import { type Random, randomType, randomValue, spell, thrownBy, withSeeds } from "./_values.ts";
import { formatTypeExpression } from "../../lib/types/type_expression.ts";

const big = 2n ** 70n;
const bytes = (...values: number[]) => new Uint8Array(values);

/** Values and their text forms, both ways. */
const literals: [type: string, json: string, value: unknown][] = [
  ["int", "5", 5],
  ["int", "-9007199254740991", -9007199254740991],
  ["int", "9007199254740992", 9007199254740992n],
  ["int", `${big}`, big],
  ["int53", "5", 5],
  ["int53", "-9007199254740991", -9007199254740991],
  ["List[int53]", "[0,9007199254740991]", [0, 9007199254740991]],
  ["float", "1.5", 1.5],
  ["float", "-0", -0],
  ["float", "1e+21", 1e21],
  ["float", '"NaN"', NaN],
  ["float", '"-Infinity"', -Infinity],
  ["str", '"hé\\n\\u0000😀\\"\\\\"', 'hé\n\0😀"\\'],
  ["str", '""', ""],
  ["bool", "true", true],
  ["bytes", '""', bytes()],
  ["bytes", '"AA=="', bytes(0)],
  ["bytes", '"+/8="', bytes(0xfb, 0xff)],
  ["bytes", '"AAEC"', bytes(0, 1, 2)],
  ["None", "null", null],
  ["List[int]", "[]", []],
  ["List[int]", `[1,${big},3]`, [1, big, 3]],
  ["List[bytes]", '["AA==",""]', [bytes(0), bytes()]],
  ["Dict[str, int]", '{"a":1,"__proto__":2}', Object.fromEntries([["a", 1], ["__proto__", 2]])],
  ["Dict[str, bytes]", '{"__proto__":"AA=="}', Object.fromEntries([["__proto__", bytes(0)]])],
  ["Dict[str, float]", '{"toJSON":1,"":-0}', { toJSON: 1, "": -0 }],
  ["Tuple[int, str]", '[1,"a"]', [1, "a"]],
  ["Optional[int]", "null", null],
  ["Optional[int]", "7", 7],
  ["List[Optional[Tuple[bool, None]]]", "[null,[false,null]]", [null, [false, null]]],
];

Deno.test("every type has its spelling in the original protocol's JSON, both ways", () => {
  for (const [type, json, value] of literals) {
    const codec = codecOfText(type);
    assert.equal(codec.write(value, undefined), json, type);
    assert.deepEqual(fromJson(codec, parseJson(json)), value, json);
    assert.equal(stringifyJson(toJson(codec, value)), json);
    assert.ok(codec.accepts(value, { left: 1000 }), json);
  }
});

/** Alternative spellings that are accepted. */
const alsoRead: [type: string, json: string, value: unknown][] = [
  ["int", "-0", 0],
  ["int", "5.0", 5],
  ["int", "1e3", 1000],
  ["int53", "-0", 0],
  ["int53", "1e3", 1000],
  ["float", "2", 2],
  ["float", `${big}`, Number(big)],
  ["List[float]", `[1,${big}]`, [1, Number(big)]],
];

Deno.test("numbers are read as Python and others write them", () => {
  for (const [type, json, value] of alsoRead) {
    assert.deepEqual(fromJson(codecOfText(type), parseJson(json)), value);
  }
});

/** Other accepted values of a type, and their conversions. */
const alsoWritten: [type: string, value: unknown, json: string][] = [
  ["int", 5n, "5"],
  ["int", -0, "0"],
  ["int53", -5n, "-5"],
  ["float", 2n ** 60n, "1152921504606847000"],
  ["None", undefined, "null"],
  ["Optional[int]", undefined, "null"],
  ["bytes", bytes(1, 2, 3, 4).buffer, '"AQIDBA=="'],
  ["bytes", new DataView(bytes(1, 2, 3, 4).buffer, 1, 2), '"AgM="'],
  ["bytes", new Uint16Array([257]), '"AQE="'],
  ["Dict[str, int]", Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
];

Deno.test("equivalent values are accepted", () => {
  for (const [type, value, json] of alsoWritten) {
    assert.equal(codecOfText(type).write(value, undefined), json);
    assert.ok(codecOfText(type).accepts(value, { left: 10 }));
  }
});

class Point {
  x = 1;
}

const long = "x".repeat(100);
const mismatches: [type: string, value: unknown, message: string][] = [
  ["int", 1.5, "expected int, got 1.5"],
  ["int", 2 ** 53, "expected int, got 9007199254740992 (not a safe integer; use a bigint)"],
  ["int", NaN, "expected int, got NaN"],
  ["int", "x", 'expected int, got "x"'],
  ["int", null, "expected int, got null"],
  ["int", 10n ** BigInt(integerDigitsMax), "expected int, got an integer of more than 4096 digits"],
  ["int", Promise.resolve(1), "expected int, got a promise (it was not awaited)"],
  ["int53", 1.5, "expected int53, got 1.5"],
  ["int53", "x", 'expected int53, got "x"'],
  [
    "int53",
    2n ** 53n,
    "expected int53, got 9007199254740992 (beyond ±(2^53−1); an int has room for it)",
  ],
  [
    "List[int53]",
    [1, 2 ** 53],
    "item 2: expected int53, got 9007199254740992 (beyond " +
    "±(2^53−1); an int has room for it)",
  ],
  ["float", "1", 'expected float, got "1"'],
  ["float", 2n ** 53n + 1n, "expected float, got 9007199254740993"],
  ["str", 5, "expected str, got 5"],
  ["str", "a\ud800", 'expected str, got "a\\ud800" (half of a surrogate pair is not a character)'],
  ["bool", 0, "expected bool, got 0"],
  ["bool", "x".repeat(59) + "😀", `expected bool, got "${"x".repeat(59)}…"`],
  ["bytes", "AA==", 'expected bytes, got "AA=="'],
  ["None", 0, "expected None, got 0"],
  ["List[int]", { length: 1 }, "expected List[int], got an object"],
  ["List[int]", [1, long], `item 2: expected int, got "${"x".repeat(60)}…"`],
  ["List[int]", new Array(2), "item 1: expected int, got undefined"],
  ["Dict[str, int]", [], "expected Dict[str, int], got a list of 0"],
  ["Dict[str, int]", new Map(), "expected Dict[str, int], got an object of class Map"],
  ["Dict[str, int]", new Point(), "expected Dict[str, int], got an object of class Point"],
  ["Dict[str, int]", { a: 1, 'b"': [1] }, 'key "b\\"": expected int, got a list of 1'],
  [
    "Dict[str, int]",
    { "\udc00": 1 },
    'key "\\udc00": expected str, got "\\udc00" (half of a surrogate pair is not a character)',
  ],
  ["Tuple[int, int]", [1], "expected Tuple[int, int] (2 items), got a list of 1"],
  ["Tuple[int, int]", [1, true], "item 2: expected int, got true"],
  ["Optional[int]", "", 'expected int, got ""'],
  [
    "List[Dict[str, Tuple[int]]]",
    [{}, { k: [() => 1] }],
    'item 2, key "k", item 1: expected int, got a function',
  ],
];

Deno.test("a value that does not fit is refused with its path and a short excerpt", () => {
  for (const [type, value, message] of mismatches) {
    const codec = codecOfText(type);
    const thrown = thrownBy(() => codec.write(value, undefined));
    assert.ok(thrown instanceof TypeMismatch, type);
    assert.equal(thrown.message, message);
    assert.equal(codec.accepts(value, { left: 1000 }), false, message);
  }
});

Deno.test("a mismatch gives its parts to programs, too", () => {
  const thrown = thrownBy(() =>
    codecOfText("List[int]").write([1, "x"], undefined)
  ) as TypeMismatch;
  assert.deepEqual([thrown.path, thrown.expected, thrown.got], ["item 2", "int", '"x"']);
});

const refusedJson: [type: string, json: string, message: string][] = [
  ["int", "1e20", "expected int, got 100000000000000000000 (write all digits of an integer)"],
  ["int", "1.5", "expected int, got 1.5"],
  ["float", "1e999", "expected float, got a number beyond the range of a float"],
  ["float", "9".repeat(400), "expected float, got a number beyond the range of a float"],
  ["float", '"inf"', 'expected float, got "inf"'],
  ["str", "5", "expected str, got 5"],
  ["str", '"\\ud800"', 'expected str, got "\\ud800" (half of a surrogate pair is not a character)'],
  ["bytes", "3", "expected bytes, got 3"],
  ["bytes", '"AA"', 'expected bytes, got "AA" (not base64)'],
  ["bytes", '"A A="', 'expected bytes, got "A A=" (not base64)'],
  ["bytes", '"A=AA"', 'expected bytes, got "A=AA" (not base64)'],
  ["bytes", '"===="', 'expected bytes, got "====" (not base64)'],
  ["bytes", '"-_8="', 'expected bytes, got "-_8=" (not base64)'],
  ["None", "false", "expected None, got false"],
  ["List[int]", "[1,[2]]", "item 2: expected int, got a list of 1"],
  ["Dict[str, int]", "null", "expected Dict[str, int], got null"],
  ["Dict[str, int]", '{"__proto__":null}', 'key "__proto__": expected int, got null'],
  ["Tuple[int]", "[]", "expected Tuple[int] (1 items), got a list of 0"],
];

Deno.test("JSON of another type is never converted", () => {
  for (const [type, json, message] of refusedJson) {
    const thrown = thrownBy(() => fromJson(codecOfText(type), parseJson(json)));
    assert.ok(thrown instanceof TypeMismatch, json);
    assert.equal(thrown.message, message);
  }
});

const texts: [type: string, text: string, value: unknown, canonical?: string][] = [
  ["int", "5", 5],
  ["int", " +007 ", 7, "7"],
  ["int", "-0", 0, "0"],
  ["int", "9007199254740993", 9007199254740993n],
  ["int", "-" + "9".repeat(4096), -BigInt("9".repeat(4096))],
  ["float", "1.5", 1.5],
  ["float", ".5", 0.5, "0.5"],
  ["float", "1e-3", 0.001, "0.001"],
  ["float", "-0", -0],
  ["float", "NaN", NaN],
  ["float", "-inf", -Infinity, "-Infinity"],
  ["str", " null ", " null "],
  ["bool", "True", true, "true"],
  ["bool", "false", false],
  ["None", "", null, "null"],
  ["None", "None", null, "null"],
  ["bytes", "AAEC", bytes(0, 1, 2)],
  ["List[int]", " [1, 2]", [1, 2], "[1,2]"],
  ["List[float]", '[1, "NaN"]', [1, NaN], '[1,"NaN"]'],
  ["Dict[str, bytes]", '{"a": "AA=="}', { a: bytes(0) }, '{"a":"AA=="}'],
  ["Tuple[str, int]", `["null",${big}]`, ["null", big]],
  ["Optional[str]", "null", null],
  ["Optional[str]", "x", "x"],
  ["Optional[List[int]]", "None", null, "null"],
];

Deno.test("every type can be written in a shell, and read back from the output", () => {
  for (const [type, text, value, canonical] of texts) {
    const codec: Codec = codecOfText(type);
    assert.deepEqual(codec.fromText(text), value, text);
    assert.equal(codec.toText(value), canonical ?? text);
  }
});

Deno.test("a text that is not a value of its type is refused", () => {
  const refused: [type: string, text: string][] = [
    ["int", ""],
    ["int", "1.0"],
    ["int", "0x10"],
    ["int", "1_000"],
    ["int", "9".repeat(4097)],
    ["float", ""],
    ["float", "."],
    ["float", "1e999"],
    ["float", "0x10"],
    ["bool", "1"],
    ["None", "0"],
    ["bytes", "!"],
    ["str", "\ud800"],
    ["List[int]", "1, 2"],
    ["List[int]", '["1"]'],
    ["List[int]", "[".repeat(1_000_000)],
    ["Optional[int]", ""],
  ];
  for (const [type, text] of refused) {
    const thrown = thrownBy(() => codecOfText(type).fromText(text));
    assert.ok(thrown instanceof TypeMismatch, `${type} ${text.slice(0, 20)}`);
    assert.ok(thrown.message.length < 200);
  }
});

Deno.test("a container not written as JSON is refused with a valid example", () => {
  const types = [
    "List[int]",
    "List[str]",
    "List[List[bytes]]",
    "Dict[str, List[float]]",
    "Tuple[int, Optional[Dict[str, bool]], None]",
    "Optional[List[str]]",
  ];
  for (const type of types) {
    const codec = codecOfText(type);
    const { message } = thrownBy(() => codec.fromText("[a,"));
    const [, example] = / as JSON, [a-z]+ as (.*), got "\[a,"/.exec(message)!;
    codec.fromText(example);
  }
});

Deno.test("arguments that are tried against one overload are intact for the next", () => {
  const json = parseJson('[["AA==","AA==",5]]') as unknown[];
  thrownBy(() => fromJson(codecOfText("List[List[bytes]]"), json));
  assert.deepEqual(json, [["AA==", "AA==", 5]]);
  fromJson(codecOfText("Dict[str, float]"), Object.freeze({ a: "NaN" }));
});

Deno.test("random values survive the text form and the string form", () => {
  withSeeds([11, 12, 13, 14], (random: Random) => {
    for (let round = 0; round < 150; round++) {
      const codec = codecOfText(formatTypeExpression(randomType(random, 4)));
      const value = randomValue(random, codec.type);
      const json = stringifyJson(toJson(codec, value));
      assert.equal(spell(fromJson(codec, parseJson(json))), spell(value), codec.text);
      // The one ambiguous text: an Optional[str] with the word for None.
      if (codec.type.kind === "Optional") continue;
      assert.equal(spell(codec.fromText(codec.toText(value))), spell(value), codec.text);
    }
  });
});
