import assert from "node:assert/strict";
import { Line, type Place } from "../../lib/channel/_line.ts";

Deno.test("a line gives the lowest rank first, of equals the one that came first, whoever leaves it", () => {
  let state = 1;
  const random = (below: number): number => (state = state * 48_271 % 0x7fff_ffff) % below;
  const line = new Line<number>();
  const expected: Place<number>[] = [];
  for (let step = 0; step < 5000; step++) {
    const action = random(5);
    if (action < 3) expected.push(line.add(step, random(50)));
    else if (action === 3 && expected.length > 0) {
      line.remove(expected.splice(random(expected.length), 1)[0]!);
    } else {
      expected.sort((a, b) => a.rank - b.rank || a.item - b.item);
      assert.equal(line.take(), expected.shift()?.item);
    }
    assert.equal(line.length, expected.length);
  }
});
