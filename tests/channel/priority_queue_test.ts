import assert from "node:assert/strict";
import { PriorityQueue, type QueueEntry } from "../../lib/channel/_priority_queue.ts";

Deno.test("a queue gives the lowest rank first, among equals the one added first, whichever entries are removed", () => {
  let state = 1;
  const random = (below: number): number => (state = state * 48_271 % 0x7fff_ffff) % below;
  const line = new PriorityQueue<number>();
  const expected: QueueEntry<number>[] = [];
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
