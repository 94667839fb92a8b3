/** The inputs, callbacks and end of an executor process. */
import type { ChannelOptions } from "../../channel/mod.ts";
import type { Limits } from "../../limits/mod.ts";
import type { FullServiceLimits } from "../../manifest/mod.ts";
import type { OpenCall } from "../call.ts";
import type { ConsoleLine } from "../link.ts";
import type { ProgressReader } from "../progress.ts";
import type { ProcessWatch } from "../system/process_watch.ts";

/** Callbacks of an executor's owner. */
export interface ExecutorEvents {
  /**
   * A script printed a line. `overload` is known if the call is.
   *
   * @returns Awaited before anything else from the executor is handled, so that the log keeps its order.
   */
  console(line: ConsoleLine, overload: number | undefined): Promise<void> | undefined;
  /** A call has its outcome. */
  callOver(): void;
  /** It ended before it began this call, which can run elsewhere. */
  notBegun(call: OpenCall, payload: Uint8Array): void;
  /** It proved responsive, and takes calls again. */
  recovered(): void;
}

/** How an executor ended. */
export interface ExecutorEnd {
  /** Whether it was told to end. */
  readonly isExpected: boolean;
  /** A description, e.g. `exit code 133`. */
  readonly reason: string;
  /** The last lines of its standard error. */
  readonly stderrTail: string;
  /** The overloads of the calls that were lost. */
  readonly overloads: readonly number[];
}

/** Facts about a process. */
export type ChildProcess = Pick<Deno.ChildProcess, "pid" | "kill" | "status">;

/** An executor's configuration. */
export interface ExecutorOptions {
  readonly progress: ProgressReader;
  readonly watch: Pick<ProcessWatch, "hurry" | "remove" | "processorMsOf">;
  readonly events: ExecutorEvents;
  /** Its standard error, once it has ended. */
  readonly stderrTail: Promise<string>;
  /** Limits of its service. */
  readonly limits: FullServiceLimits;
  /** Bounds of its node. */
  readonly bounds: Limits;
  /** The number of overloads to load, and of those that its scripts may call. */
  readonly overloadCount: number;
  readonly targetCount: number;
  /** The share of a turn for reading its link. Default: unlimited. */
  readonly slice?: ChannelOptions["slice"];
}
