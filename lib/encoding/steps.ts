/**
 * Work on something that may be large, in steps: between two of them other work may run. A caller with a
 * clock decides when; one that needs the outcome at once takes all steps in a row.
 */

/** Yields between its steps. */
export type Steps<Result> = Generator<void, Result>;

/** Takes all steps: at once, or in slices of time. */
export type TakeSteps = <Result>(steps: Steps<Result>) => Result | Promise<Result>;

/** Takes all steps in a row. */
export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
