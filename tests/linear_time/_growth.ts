/** Whether the time of some work grows faster than its input: by ratios of processor time, in one run. */
import { threadMs } from "../_support/processor_time.ts";

/** Below this one collection of garbage looks like growth, and the time does not matter. */
const smallMs = 60;
/** What four times the input may take: four times as long, and twice that for garbage, caches and neighbours. */
const ratioMax = 8;
/** How often a ratio beyond that is measured again before it counts. */
const attempts = 6;

/** Work on an input of a given size. */
export type SizedWork = (size: number) => unknown;

/**
 * Measures work on inputs of `size` and four times that.
 *
 * @returns The ratio of their times where that shows more than linear growth; undefined where all is well.
 */
export async function excessiveGrowth(work: SizedWork, size: number): Promise<number | undefined> {
  let best = Infinity;
  let shorterMs = Infinity;
  let longerMs = Infinity;
  for (let attempt = 0; attempt < attempts; attempt++) {
    longerMs = Math.min(longerMs, await processorMs(work, 4 * size));
    if (longerMs < smallMs) return undefined;
    shorterMs = Math.min(shorterMs, await processorMs(work, size));
    best = longerMs / Math.max(shorterMs, 0.5);
    if (best <= ratioMax) return undefined;
    // A minute of proof is enough.
    if (longerMs > 10_000) break;
  }
  return best;
}

/** Of this thread alone: what others do on the machine does not count. */
async function processorMs(work: SizedWork, size: number): Promise<number> {
  const beforeMs = threadMs();
  await work(size);
  return threadMs() - beforeMs;
}
