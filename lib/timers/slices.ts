/** Runs long work in slices of time. */
import { limits } from "../limits/mod.ts";

/**
 * Runs steps, and yields whenever they have taken a slice of time.
 *
 * @param took Called with each slice's duration in milliseconds, to charge it to a connection.
 */
export async function inSlices<Result>(
  steps: Generator<void, Result>,
  took: (ms: number) => void = () => {},
): Promise<Result> {
  let sinceMs = performance.now();
  // Many may begin in one turn. Most are over soon, and should not wait behind documents.
  let sliceMs = waiting.length > 0 ? limits.firstSliceOfStepsMs : limits.sliceOfStepsMs;
  for (;;) {
    const { done, value } = steps.next();
    const ms = performance.now() - sinceMs;
    if (!done && ms < sliceMs) continue;
    took(ms);
    if (done) return value;
    await anotherTurn();
    sinceMs = performance.now();
    sliceMs = limits.sliceOfStepsMs;
  }
}

/** Those that wait for another turn. One goes on in each: together, twenty documents would take a turn twenty slices. */
const waiting: (() => void)[] = [];

function anotherTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setTimeout(goOn, 0);
  });
}

function goOn(): void {
  waiting.shift()!();
  if (waiting.length > 0) setTimeout(goOn, 0);
}
