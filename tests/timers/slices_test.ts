/** Long work in slices, with turns for the rest of the program in between. */
import assert from "node:assert/strict";
import { limits } from "../../lib/limits/mod.ts";
import { inSlices } from "../../lib/timers/slices.ts";

Deno.test("a turn has one slice of long work, however much runs concurrently", async () => {
  const [works, slicesOfEach] = [10, 4];
  function* steps(): Generator<void, number> {
    let count = 0;
    for (; count < slicesOfEach; count++) {
      const startMs = performance.now();
      while (performance.now() - startMs < limits.sliceOfStepsMs);
      yield;
    }
    return count;
  }
  let turns = 0;
  const counting = setInterval(() => turns += 1, 0);
  let slices = 0;
  const results = await Promise.all(
    Array.from({ length: works }, () => inSlices(steps(), () => slices += 1)),
  );
  clearInterval(counting);
  assert.deepEqual(results, Array(works).fill(slicesOfEach));
  assert.ok(slices >= works * slicesOfEach, `${slices} slices`);
  // Each work starts immediately; together, they take as many turns as one of them has slices.
  assert.ok(turns >= 2 * slicesOfEach, `${turns} turns`);
});

Deno.test("of works that begin in one turn, all but the first have only a short slice of it", async () => {
  const { sliceOfStepsMs, firstSliceOfStepsMs } = limits;
  const taken = Array<number>(10).fill(0);
  function* steps(index: number): Generator<void, void> {
    for (let count = 0; count < sliceOfStepsMs; count++) {
      const startMs = performance.now();
      while (performance.now() - startMs < firstSliceOfStepsMs);
      taken[index]! += 1;
      yield;
    }
  }
  const works = taken.map((_, index) => inSlices(steps(index)));
  const [, ...others] = taken;
  assert.deepEqual(others, others.map(() => 1));
  await Promise.all(works);
  assert.deepEqual(taken, taken.map(() => sliceOfStepsMs));
});
