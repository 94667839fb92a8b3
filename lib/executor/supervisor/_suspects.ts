import { hasBegun, mayBeRunning, type Progress } from "../progress.ts";

/** What the node knows of an executor that does not yield. */
export interface Silence {
  readonly progress: Progress;
  /** Calls that wait for their answers, by number. */
  readonly inFlight: { entries(): Iterable<[number, { readonly deadlineMs: number }]> };
  /** Calls that were given up since it last yielded, and their deadlines: cancelled, or late. */
  readonly givenUp: ReadonlyMap<number, number>;
}

/**
 * From when on an executor that does not yield may be ended: as soon as a call that may be what keeps it is past its
 * deadline. A call that is still inside its deadline may take the processor for as long, and giving up another call
 * must not cost it its answer. Where no call can be what keeps it, something runs that was left behind: it may be ended
 * now.
 */
export function endableFromMs({ progress, inFlight, givenUp }: Silence, nowMs: number): number {
  const waiting = [...inFlight.entries()];
  const isWaitedFor = waiting.some(([call]) => hasBegun(progress, call));
  const isAnyRunning = [...waiting, ...givenUp].some(([call]) => mayBeRunning(progress, call));
  // What it said that it was inside of is over: it does something else now.
  const told: Progress = isAnyRunning ? progress : { ...progress, now: "elsewhere" };
  let fromMs = Infinity;
  for (const [call, { deadlineMs }] of waiting) {
    if (mayBeRunning(told, call)) fromMs = Math.min(fromMs, deadlineMs);
  }
  for (const [call, deadlineMs] of givenUp) {
    if (!mayBeRunning(told, call)) continue;
    // Nobody wants its answer any more; but ending it early must not cost others theirs.
    fromMs = Math.min(fromMs, isWaitedFor ? deadlineMs : nowMs);
  }
  return fromMs === Infinity ? nowMs : fromMs;
}
