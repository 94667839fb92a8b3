/** How long a caller waits: a deadline, and a signal that gives up before it. */
import { currentCall } from "../context/mod.ts";
import { Cancelled, type FarcallError } from "../errors/mod.ts";
import { Timer } from "../timers/mod.ts";

/** The end of a caller's patience. */
export interface Patience {
  /** On the clock of `performance.now()`. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

/** What a call on behalf of another is given: no more time than that has left, and it ends with it. */
export function inherited({ deadlineMs, signal }: Patience): Patience {
  const outer = currentCall();
  if (outer === undefined) return { deadlineMs, signal };
  return {
    deadlineMs: Math.min(deadlineMs, outer.deadlineMs),
    signal: signal === undefined ? outer.signal : AbortSignal.any([signal, outer.signal]),
  };
}

/** Throws if the caller has given up already. @throws {Cancelled} */
export function checkSignal({ signal }: Patience): void {
  if (signal?.aborted) throw new Cancelled("the call was cancelled before it was sent");
}

/**
 * Waits for work that may serve others too, and so goes on when this caller waits no longer.
 *
 * @param late What to throw when the deadline comes first.
 * @throws {Cancelled} If the signal is raised first.
 */
export function waitFor<T>(
  work: Promise<T>,
  patience: Patience,
  late: () => FarcallError,
): Promise<T> {
  const { deadlineMs, signal } = patience;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      timer.stop();
      reject(new Cancelled("the call was cancelled before it was sent"));
    };
    const timer = new Timer(() => {
      signal?.removeEventListener("abort", onAbort);
      reject(late());
    }, Math.min(Math.max(0, deadlineMs - performance.now()), 0x7fff_ffff));
    if (signal?.aborted) return onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => {
      timer.stop();
      signal?.removeEventListener("abort", onAbort);
    });
  });
}

/**
 * Waits for a while, or until `over` is raised.
 *
 * @throws {Cancelled} If the caller's own signal is raised first.
 */
export function pause(forMs: number, { signal }: Patience, over: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      over.removeEventListener("abort", onOver);
      settle();
    };
    const onAbort = () =>
      end(() => reject(new Cancelled("the call was cancelled while it waited to be tried again")));
    const onOver = () => end(resolve);
    const timer = setTimeout(onOver, forMs);
    if (signal?.aborted) return onAbort();
    signal?.addEventListener("abort", onAbort);
    over.addEventListener("abort", onOver);
  });
}
