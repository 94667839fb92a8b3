/** What an executor process is given, what its owner is told, and how it ends. */
import type { ChannelOptions } from "../../channel/mod.ts";
import type { Limits } from "../../limits/mod.ts";
import type { FullServiceLimits } from "../../manifest/mod.ts";
import type { OpenCall } from "../call.ts";
import type { ConsoleLine } from "../link.ts";
import type { ProgressReader } from "../progress.ts";
import type { ProcessWatch } from "../system/process_watch.ts";

/** What an executor's owner is told. */
export interface ExecutorEvents {
  /**
   * A script printed a line. `overload` is known where the call is.
   *
   * @returns What is waited for before anything else that comes from the executor, so that the log has its order.
   */
  console(line: ConsoleLine, overload: number | undefined): Promise<void> | undefined;
  /** A call had its outcome. */
  callOver(): void;
  /** It ended before it had begun this call, which can run elsewhere. */
  notBegun(call: OpenCall, payload: Uint8Array): void;
  /** It turned out to be responsive: it takes calls again. */
  recovered(): void;
}

/** How an executor ended. */
export interface ExecutorEnd {
  /** Whether it was told to. */
  readonly isExpected: boolean;
  /** In words, e.g. `exit code 133`. */
  readonly reason: string;
  /** The last lines of its standard error. */
  readonly stderrTail: string;
  /** The overloads of the calls that it cost. */
  readonly overloads: readonly number[];
}

/** The facts needed of a process. */
export type ChildProcess = Pick<Deno.ChildProcess, "pid" | "kill" | "status">;

/** What an executor is to its node. */
export interface ExecutorOptions {
  readonly progress: ProgressReader;
  readonly watch: Pick<ProcessWatch, "hurry" | "remove" | "processorMsOf">;
  readonly events: ExecutorEvents;
  /** What it wrote to its standard error, once it has ended. */
  readonly stderrTail: Promise<string>;
  /** Of its service. */
  readonly limits: FullServiceLimits;
  /** Of its node. */
  readonly bounds: Limits;
  /** How many overloads it is to load, and how many its scripts may call. */
  readonly overloadCount: number;
  readonly targetCount: number;
  /** What reading its link may take of a turn. Default: as much as comes. */
  readonly slice?: ChannelOptions["slice"];
}
