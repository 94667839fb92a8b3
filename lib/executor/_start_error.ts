/** How a start can fail. */
import { limits } from "../limits/mod.ts";
import { describeStatus } from "./_last_words.ts";

/** An executor did not come up. The message says why, and which overload where one is to blame. */
export class ExecutorStartError extends Error {
  override readonly name = "ExecutorStartError";
}

/**
 * Waits for a starting executor to fail: to end, or to take too long.
 *
 * @param whoLoads The signature whose script it loads, if any.
 * @returns What rejects with an {@linkcode ExecutorStartError} then, and never resolves.
 */
export function waitForFailure(
  process: Deno.ChildProcess,
  whoLoads: () => string | undefined,
): { readonly failed: Promise<never>; readonly stopWaiting: () => void } {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => {});
  const timer = setTimeout(() => {
    const who = whoLoads();
    const late = who === undefined
      ? "the executor was not ready"
      : `${who}: its script was not loaded`;
    const question = who === undefined ? "" : "; does it run forever?";
    const message = `${late} within ${limits.executorStartTimeoutMs} ms${question}`;
    reject(new ExecutorStartError(message));
  }, limits.executorStartTimeoutMs);
  process.status.then((status) => {
    const who = whoLoads();
    const during = who === undefined ? "it started" : `it loaded the script of ${who}`;
    reject(
      new ExecutorStartError(`the executor ended while ${during} (${describeStatus(status)})`),
    );
  });
  return { failed, stopWaiting: () => clearTimeout(timer) };
}
