import assert from "node:assert/strict";
import { Uint32Map } from "../../lib/channel/mod.ts";

Deno.test("pending calls are found by number, whatever is added and removed", () => {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0];
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
  const table = new Uint32Map<{ of: number }>();
  const expected = new Map<number, { of: number }>();
  // Few numbers, so that they collide; and both ends of the range.
  const numbers = Array.from({ length: 600 }, (_, index) => index).concat(2 ** 32 - 1, 2 ** 31);
  for (let step = 0; step < 100_000; step++) {
    const number = numbers[random(numbers.length)];
    // It grows at first, and becomes empty at the end.
    if (random(100_000) > step) {
      const value = { of: number };
      table.set(number, value);
      expected.set(number, value);
    } else {
      assert.equal(table.take(number), expected.get(number), `seed ${seed}, step ${step}`);
      expected.delete(number);
    }
    const other = numbers[random(numbers.length)];
    assert.equal(table.get(other), expected.get(other), `seed ${seed}, step ${step}`);
    assert.equal(table.has(other), expected.has(other), `seed ${seed}, step ${step}`);
    assert.equal(table.size, expected.size, `seed ${seed}, step ${step}`);
  }
  const inOrder = (entries: Iterable<[number, { of: number }]>) =>
    [...entries].sort(([a], [b]) => a - b);
  assert.deepEqual(inOrder(table.entries()), inOrder(expected));
  table.clear();
  assert.equal(table.size, 0);
  assert.deepEqual(table.entries(), []);
});

Deno.test("a call is found as fast among a hundred thousand as among a few", () => {
  const table = new Uint32Map<object>();
  const value = {};
  for (let number = 1; number <= 100_000; number++) table.set(number * 4096, value);
  for (let number = 1; number <= 100_000; number++) {
    assert.equal(table.take(number * 4096), value);
    assert.equal(table.take(number * 4096), undefined);
  }
  assert.equal(table.size, 0);
});
