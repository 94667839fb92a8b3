import type { ExecutorStatus } from "../protocol/mod.ts";
import type { FullServiceLimits } from "../manifest/mod.ts";
import type { CallHandle, CallOrigin, CallSink } from "./call.ts";

/** Runs the calls of one service, in child processes or in this program. */
export interface Executor {
  /** The limits of its calls. */
  readonly limits: FullServiceLimits;
  /** The number of queued calls. */
  readonly callsWaiting: number;
  /** Its state. */
  readonly status: readonly ExecutorStatus[];

  /** Whether its last start failed; left out if there is nothing to start. */
  readonly isFailing?: boolean;

  /** Retries a failed start if its pause is over, without waiting for it. */
  tryAgain?(): void;

  /**
   * Runs or queues a call. Copies the payload before it returns, and does not call the sink before.
   *
   * @param overload The overload's index in the service.
   * @param timeoutMs After this, or the service's own timeout, the sink gets a Deadline Exceeded.
   * @param origin For functions that read their current call; not visible to scripts.
   * @throws {Overloaded} If the queue is full.
   */
  call(
    overload: number,
    payload: Uint8Array,
    timeoutMs: number,
    sink: CallSink,
    origin: CallOrigin,
  ): CallHandle;
}
