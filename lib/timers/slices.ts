/** Long work, a slice at a time. */
import { limits } from "../limits/mod.ts";

/** Takes steps, and lets everything else have its turn whenever they have taken as long as a slice. */
export async function inSlices<Result>(steps: Generator<void, Result>): Promise<Result> {
  let sinceMs = performance.now();
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    if (performance.now() - sinceMs < limits.sliceOfStepsMs) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    sinceMs = performance.now();
  }
}
