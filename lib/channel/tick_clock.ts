let nowMs: number | undefined;

/**
 * When the current tick began, on the clock of `performance.now()`: the same for all work done without a pause, such as
 * the many frames of one read. Reading the clock takes 0.1 µs, and a call would read it four times.
 *
 * For deadlines and times of arrival; it cannot measure work that may finish within the tick.
 */
export function tickNowMs(): number {
  if (nowMs === undefined) {
    nowMs = performance.now();
    queueMicrotask(forget);
  }
  return nowMs;
}

/** The time now, at which another tick begins. */
export function beginTick(): number {
  if (nowMs === undefined) queueMicrotask(forget);
  return nowMs = performance.now();
}

function forget(): void {
  nowMs = undefined;
}
