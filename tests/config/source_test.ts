/** Places of offsets in a text, however long its lines are. */
import assert from "node:assert/strict";
import { SourceText } from "../../lib/config/source.ts";
import { excessiveGrowth } from "../linear_time/_growth.ts";

/** Offsets in an order that leads to and fro. */
function* toAndFro(length: number): Generator<number> {
  for (let index = 0; index < length; index++) yield (index * 7919) % length;
}

Deno.test("a column counts characters, from the line's start to the one at the offset, in any order", () => {
  const long = "a😀".repeat(3000);
  const text = `first\n${long}\r\n${long.slice(1)}\n😀`;
  const expected: [number, number][] = [];
  let [line, column] = [1, 1];
  for (const character of text) {
    for (let unit = 0; unit < character.length; unit++) expected.push([line, column]);
    [line, column] = character === "\n" ? [line + 1, 1] : [line, column + 1];
  }
  expected.push([line, column]);
  const source = new SourceText(text);
  const wrong = [...toAndFro(expected.length)].filter((offset) => {
    const { line, column } = source.positionAt(offset);
    return line !== expected[offset][0] || column !== expected[offset][1];
  });
  assert.deepEqual(wrong, []);
});

Deno.test("many places in one long line take no more time each than few", async () => {
  const places = (length: number): void => {
    const source = new SourceText("x".repeat(100 * length));
    for (const offset of toAndFro(length)) source.positionAt(100 * offset);
  };
  assert.equal(await excessiveGrowth(places, { size: 1000, smallMs: 60 }), undefined);
});
