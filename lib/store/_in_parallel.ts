/** Does something for each item, a bounded number at once; results in the order of the items. */
import { limits } from "../limits/mod.ts";
export async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limits.filesAtOnceMax, items.length) }, lane));
  return results;
}
