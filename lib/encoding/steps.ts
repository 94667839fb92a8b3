/**
 * Work in steps, for large inputs, so that other work can run in between. A caller with a clock decides when to pause;
 * one that needs the result at once runs all steps.
 */

/** A generator that yields between steps. */
export type Steps<Result> = Generator<void, Result>;

/** Runs all steps, at once or in slices of time. */
export type TakeSteps = <Result>(steps: Steps<Result>) => Result | Promise<Result>;

/** Runs all steps at once. */
export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
