/** Detects work whose time grows faster than its input, by ratios of processor time within one run. */
import { threadMs } from "../_support/processor_time.ts";

/** The permitted factor for four times the input: four, doubled for garbage, caches and other load. */
const ratioMax = 8;
/** How often an excessive ratio is measured again before it counts. */
const attempts = 6;

/** Work on an input of a given size. */
export type SizedWork = (size: number) => unknown;

/** What is measured. */
export interface Sizes {
  /** The smaller input's. */
  readonly size: number;
  /** Less time for the larger input does not matter: one garbage collection would look like growth. */
  readonly smallMs: number;
}

/**
 * Measures work on inputs of `size` and of four times that.
 *
 * @returns The ratio of their times if it exceeds linear growth; undefined if not.
 */
export async function excessiveGrowth(
  work: SizedWork,
  { size, smallMs }: Sizes,
): Promise<number | undefined> {
  let best = Infinity;
  let shorterMs = Infinity;
  let longerMs = Infinity;
  for (let attempt = 0; attempt < attempts; attempt++) {
    longerMs = Math.min(longerMs, await processorMs(work, 4 * size));
    if (longerMs < smallMs) return undefined;
    shorterMs = Math.min(shorterMs, await processorMs(work, size));
    best = longerMs / Math.max(shorterMs, 0.5);
    if (best <= ratioMax) return undefined;
    // A minute is proof enough.
    if (longerMs > 10_000) break;
  }
  return best;
}

/** Of this thread alone: other load does not count. */
async function processorMs(work: SizedWork, size: number): Promise<number> {
  const beforeMs = threadMs();
  await work(size);
  return threadMs() - beforeMs;
}
