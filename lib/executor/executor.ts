import type { ExecutorStatus } from "../protocol/mod.ts";
import type { FullServiceLimits } from "../manifest/mod.ts";
import type { CallHandle, CallOrigin, CallSink } from "./call.ts";

/** What runs the calls of one service, wherever: in child processes, or in this very program. */
export interface Executor {
  /** The bounds that its calls keep to. */
  readonly limits: FullServiceLimits;
  /** Calls that wait until there is room for them. */
  readonly callsWaiting: number;
  /** How it is. */
  readonly status: readonly ExecutorStatus[];

  /** Whether what runs its calls did not start when it was last tried; left out where there is nothing to start. */
  readonly isFailing?: boolean;

  /** Starts what did not start before, if it is time to try again; not waited for. */
  tryAgain?(): void;

  /**
   * Runs a call, or lets it wait; the payload is copied before this returns. The sink is not called before.
   *
   * @param overload The overload's place in the service.
   * @param timeoutMs After this, or after the service's own timeout, the sink gets a Deadline Exceeded.
   * @param origin For functions that ask for their caller; scripts are not told.
   * @throws {Overloaded} If too many calls wait.
   */
  call(
    overload: number,
    payload: Uint8Array,
    timeoutMs: number,
    sink: CallSink,
    origin: CallOrigin,
  ): CallHandle;
}
