/** Work on many items at once. */
import assert from "node:assert/strict";
import { limits } from "../../lib/limits/mod.ts";
import { inLanes } from "../../lib/timers/lanes.ts";

Deno.test("work in lanes is done for every item, in order, at most so many at once", async () => {
  let [now, most] = [0, 0];
  const items = Array.from({ length: 5 * limits.filesAtOnceMax }, (_, index) => index);
  const results = await inLanes(items, async (item) => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 0));
    now--;
    return 2 * item;
  });
  assert.deepEqual(results, items.map((item) => 2 * item));
  assert.equal(most, limits.filesAtOnceMax);
  assert.deepEqual(await inLanes([], () => Promise.reject(new Error("called"))), []);
});

Deno.test("work in lanes that is over at once gives others their turns", async () => {
  const items = Array.from({ length: 40 }, (_, index) => index);
  let isDone = false;
  let turns = 0;
  const others = (async () => {
    while (!isDone) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      turns++;
    }
  })();
  await inLanes(items, () => {
    const untilMs = performance.now() + limits.sliceOfStepsMs;
    while (performance.now() < untilMs);
    return Promise.resolve();
  });
  isDone = true;
  await others;
  assert.ok(turns > 5, String(turns));
});

Deno.test("an error of work in lanes arrives", async () => {
  await assert.rejects(inLanes([1, 2, 3], (item) => Promise.reject(new Error(`no ${item}`))), {
    message: "no 1",
  });
});
