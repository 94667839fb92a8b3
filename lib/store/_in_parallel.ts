/** How many files are read, hashed or written at once: enough to keep a disk busy, few enough to fit in memory. */
const filesAtOnceMax = 16;

/** Does something for each item, a bounded number at once; results in the order of the items. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(filesAtOnceMax, items.length) }, lane));
  return results;
}
