/** Works on many files or scripts, some at once. */
import { limits } from "../limits/mod.ts";

/**
 * Maps items with bounded concurrency, with turns of the event loop between slices of time: much of the work may be over
 * at once, or need this thread.
 *
 * @returns The results in the order of the items.
 * @throws The first error of `work`; work on other items may go on.
 */
export async function inLanes<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  let next = 0;
  let sinceMs = performance.now();
  let turn: Promise<void> | undefined;
  const anotherTurn = (): Promise<void> =>
    turn ??= new Promise((resolve) =>
      setTimeout(() => {
        turn = undefined;
        sinceMs = performance.now();
        resolve();
      }, 0)
    );
  const lane = async () => {
    for (;;) {
      while (performance.now() - sinceMs >= limits.sliceOfStepsMs) await anotherTurn();
      if (next >= items.length) return;
      const index = next++;
      results[index] = await work(items[index]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limits.filesAtOnceMax, items.length) }, lane));
  return results;
}
