import assert from "node:assert/strict";
import { MalformedMessage } from "../../lib/errors/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { checkJsonDepth } from "../../lib/encoding/json_scan.ts";
import { integerDigitsMax, parseJson, stringifyJson } from "../../lib/encoding/json.ts";
import { thrownBy } from "./_values.ts";
import { threadMs } from "../_support/processor_time.ts";

Deno.test("no digit of an integer is lost at the edge of the safe range", () => {
  for (let offset = -10n; offset <= 10n; offset++) {
    for (const value of [2n ** 53n + offset, -(2n ** 53n) + offset, 2n ** 64n + offset]) {
      const read = parseJson(`[${value}]`) as (number | bigint)[];
      assert.equal(BigInt(read[0]), value);
      const isSafe = value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER;
      assert.equal(typeof read[0], isSafe ? "number" : "bigint");
      assert.equal(stringifyJson(read), `[${value}]`);
    }
  }
});

Deno.test("large integers are found wherever they occur, and only they become bigint", () => {
  const digits = "12345678901234567890";
  assert.deepEqual(parseJson(digits), BigInt(digits));
  assert.deepEqual(parseJson(`{"a":[1,-${digits},"${digits}",0.${digits},1e16,true]}`), {
    a: [1, -BigInt(digits), digits, Number(`0.${digits}`), 1e16, true],
  });
});

Deno.test("-0 and bigints survive writing", () => {
  assert.equal(
    stringifyJson({ a: -0, b: [0, 10n ** 30n], c: "x" }),
    `{"a":-0,"b":[0,1${"0".repeat(30)}],"c":"x"}`,
  );
  assert.ok(Object.is(parseJson("-0"), -0));
});

Deno.test("a key called __proto__ is data and never changes a prototype", () => {
  for (const number of ["1", "12345678901234567890"]) {
    const read = parseJson(`{"__proto__":{"polluted":${number}}}`) as object;
    assert.equal(Object.getPrototypeOf(read), Object.prototype);
    assert.deepEqual(Object.keys(read), ["__proto__"]);
    assert.equal(stringifyJson(read), `{"__proto__":{"polluted":${number}}}`);
  }
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

Deno.test("anything but JSON is refused as a malformed message", () => {
  for (const text of ["", "{", "[1,]", "01", "NaN", "[1234567890123456789", "'a'"]) {
    assert.ok(thrownBy(() => parseJson(text)) instanceof MalformedMessage, text);
  }
});

Deno.test("one number cannot keep a node busy for seconds", () => {
  const longest = "9".repeat(integerDigitsMax);
  assert.equal(parseJson(longest), BigInt(longest));
  const thrown = thrownBy(() => parseJson("9".repeat(10_000)));
  assert.ok(thrown instanceof MalformedMessage);
  assert.match(thrown.message, /10000 digits/);
  const startMs = threadMs();
  thrownBy(() => parseJson("9".repeat(4_000_000)));
  assert.ok(threadMs() - startMs < 2000);
});

Deno.test("values that JSON cannot express are refused instead of being altered", () => {
  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  for (const value of [undefined, NaN, [Infinity], { a: undefined }, () => 1, Symbol(), cyclic]) {
    assert.ok(thrownBy(() => stringifyJson(value)) instanceof TypeError);
  }
});

Deno.test("deep nesting is refused before it takes memory, and brackets in strings do not count", () => {
  const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  checkJsonDepth(nested(limits.jsonDepthMax));
  assert.ok(
    thrownBy(() => checkJsonDepth(nested(limits.jsonDepthMax + 1))) instanceof MalformedMessage,
  );
  checkJsonDepth(JSON.stringify(["[".repeat(1000), '\\"' + "{".repeat(1000), "\\"]));
  checkJsonDepth('"' + "[".repeat(1000));
  assert.ok(
    thrownBy(() => checkJsonDepth('["\\\\",' + "[".repeat(1000))) instanceof MalformedMessage,
  );
  const startMs = threadMs();
  checkJsonDepth('"' + '\\"'.repeat(1_000_000));
  checkJsonDepth('"' + "\\".repeat(2_000_000) + '"');
  assert.ok(threadMs() - startMs < 2000);
});
