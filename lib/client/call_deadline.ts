/** How long a caller waits: a deadline, and a signal that cancels earlier. */
import type { CurrentCall } from "../context/mod.ts";
import { Cancelled, type FarcallError } from "../errors/mod.ts";
import { Timer } from "../timers/mod.ts";

/** When a caller stops waiting. */
export interface CallDeadline {
  /** On the clock of `performance.now()`. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

/** The deadline and signal of a nested call: it gets no more time than its parent has left, and ends with it. */
export function inherited(
  { deadlineMs, signal }: CallDeadline,
  outer: CurrentCall | undefined,
): CallDeadline {
  if (outer === undefined) return { deadlineMs, signal };
  return {
    deadlineMs: Math.min(deadlineMs, outer.deadlineMs),
    signal: signal === undefined ? outer.signal : AbortSignal.any([signal, outer.signal]),
  };
}

/** The error of a cancelled call. Its cause is the signal's reason. */
export function cancelledBy(
  signal: AbortSignal | undefined,
  message: string,
  { node }: { node?: string } = {},
): Cancelled {
  return new Cancelled(message, { node, cause: signal?.reason });
}

/** @throws {Cancelled} If the signal is raised already. */
export function checkSignal({ signal }: CallDeadline): void {
  if (signal?.aborted) throw cancelledBy(signal, "the call was cancelled before it was sent");
}

/**
 * Waits for work that may serve other callers too, and so continues when this caller stops waiting.
 *
 * @param late Makes the error if the deadline passes first.
 * @throws {Cancelled} If the signal is raised first.
 */
export function waitFor<T>(
  work: Promise<T>,
  deadline: CallDeadline,
  late: () => FarcallError,
): Promise<T> {
  const { deadlineMs, signal } = deadline;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(cancelledBy(signal, "the call was cancelled before it was sent"));
      end();
    };
    const onLate = (): void => {
      reject(late());
      end();
    };
    const end = (): void => {
      timer.stop();
      signal?.removeEventListener("abort", onAbort);
    };
    const leftMs = Math.min(Math.max(0, deadlineMs - performance.now()), 0x7fff_ffff);
    const timer = new Timer(onLate, leftMs);
    // `work` may fail after this wait is over: without a handler, its rejection would end the program.
    work.then(resolve, reject).finally(end);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/**
 * Waits for some milliseconds, or until `over` is raised.
 *
 * @throws {Cancelled} If the caller's own signal is raised first.
 */
export function pause(forMs: number, { signal }: CallDeadline, over: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      over.removeEventListener("abort", onOver);
      settle();
    };
    const onAbort = () =>
      end(() =>
        reject(cancelledBy(signal, "the call was cancelled while it waited to be tried again"))
      );
    const onOver = () => end(resolve);
    const timer = setTimeout(onOver, forMs);
    if (signal?.aborted) return onAbort();
    signal?.addEventListener("abort", onAbort);
    over.addEventListener("abort", onOver);
  });
}
