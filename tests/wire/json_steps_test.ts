import assert from "node:assert/strict";
import { encodeJsonSteps, parseJsonSteps } from "../../lib/encoding/json_steps.ts";
import { atOnce } from "../../lib/encoding/steps.ts";
import { type Random, withSeeds } from "./_values.ts";

function parsed(text: string): unknown {
  return atOnce(parseJsonSteps(text));
}

/** The outcome, or undefined for none. */
function outcome(parse: (text: string) => unknown, text: string): unknown {
  try {
    return { value: parse(text) };
  } catch {
    return "no JSON";
  }
}

/** Any value; large if lists are long. */
function anyValue(random: Random, depth: number): unknown {
  switch (random.below(depth === 0 ? 5 : 8)) {
    case 0:
      return random.below(1000) - 500;
    case 1:
      return null;
    case 2:
      return random.below(2) === 0;
    case 3:
      return '"\\]}[{,:é\u2028'.repeat(random.below(20));
    case 4:
      return random.below(1e6) / 1e3;
    case 5:
      return Object.fromEntries(
        Array.from(
          { length: random.below(12) },
          (
            _,
            index,
          ) => [["__proto__", 'a"b', "7", "x"][index % 4] + index, anyValue(random, depth - 1)],
        ),
      );
    default:
      return Array.from({ length: random.below(40) }, () => anyValue(random, depth - 1));
  }
}

Deno.test("JSON in steps equals the runtime's, however large", () => {
  withSeeds([1, 2, 3, 4], (random) => {
    const value = { list: Array.from({ length: 12 }, () => anyValue(random, 4)), last: [] };
    for (const text of [JSON.stringify(value), JSON.stringify(value, undefined, 3) + "\n"]) {
      assert.deepEqual(parsed(text), JSON.parse(text));
    }
    const bytes = atOnce(encodeJsonSteps(value));
    const withHead = atOnce(encodeJsonSteps(value, 3));
    assert.deepEqual(withHead, new Uint8Array([0, 0, 0, ...bytes]));
    const written = new TextDecoder().decode(bytes);
    assert.equal(written, JSON.stringify(value));
  });
});

Deno.test("invalid JSON is refused in steps, too, wherever the mistake is", () => {
  const long = JSON.stringify("x".repeat(100_000));
  const numbers = Array.from({ length: 40_000 }, (_, index) => index).join(",");
  const good = [long, `[${numbers}]`, `{"a":[${numbers}],"b":{}}`, `[[[${numbers}],1],[]]`];
  for (const text of good) assert.deepEqual(parsed(text), JSON.parse(text));
  const bad = [
    ...good.flatMap((text) => [text + "x", text + text, text.slice(0, -1), `[${text}`, text + "]"]),
    ...["[,", "[1 2,", "[1,,", "[1:2,", "[nul,", "[01,", "[}"].map((start) =>
      `${start}${numbers}]`
    ),
    ...["{1:", '{"a" ', '{"a":,"b":', '{"a":1,,"b":', '{,"b":', '{"a",'].map((start) =>
      `${start}[${numbers}]}`
    ),
    `[${numbers},]`,
    `{"a":[${numbers}],}`,
    `[${numbers}}`,
  ];
  for (const text of bad) {
    assert.equal(outcome(JSON.parse, text), "no JSON", text.slice(0, 40));
    assert.equal(outcome(parsed, text), "no JSON", text.slice(0, 40));
  }
});

Deno.test("endlessly nested brackets are refused before they cost memory", () => {
  assert.equal(outcome(parsed, "[".repeat(10_000_000)), "no JSON");
  assert.equal(outcome(parsed, '{"a":'.repeat(2_000_000)), "no JSON");
});
