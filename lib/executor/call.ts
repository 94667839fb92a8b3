import type { ExceptionType } from "../errors/mod.ts";

/** Takes the outcome of one call; exactly one of the two is called, once. */
export interface CallSink {
  /** The payload is a view that is valid only until this returns. */
  result(payload: Uint8Array): void;
  /** `stack` is for the log. */
  exception(type: ExceptionType, message: string, stack?: string): void;
}

/** A call that has no outcome yet, wherever it is: its arguments travel beside it. */
export interface OpenCall {
  readonly overload: number;
  /** When the sink is told that time is up, on the clock of `performance.now()`. */
  readonly deadlineMs: number;
  readonly sink: CallSink;
}
