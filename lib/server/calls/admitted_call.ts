/** A call that was let in, and what takes its outcome. */
import type { TraceContext } from "../../context/mod.ts";
import type { ExceptionType } from "../../errors/mod.ts";
import type { StreamSink } from "../../executor/mod.ts";
import type { LiveClient, LiveOverload } from "./live_generation.ts";

/** What a call came by, for the log. */
export type Via = "text" | "frames" | "json-rpc" | "http" | "http json-rpc" | "script";

/** A call that was let in. */
export interface AdmittedCall {
  readonly overload: LiveOverload;
  /** The arguments as a payload; copied before {@linkcode Dispatcher.run} returns. */
  readonly payload: Uint8Array;
  readonly timeoutMs: number;
  /** The caller. */
  readonly client: LiveClient;
  /** Where the call came from, for the log. */
  readonly from: string;
  readonly via: Via;
  /** Its place in a distributed trace, as its caller says. */
  readonly trace: TraceContext | undefined;
  /** How many calls of scripts led to it; none where left out. */
  readonly depth?: number;
}

/** Takes a call's outcome; exactly one of the two is called, once, never before `run` has returned. */
export interface ReplySink {
  /** The payload is a view that is valid only until this returns. */
  result(payload: Uint8Array): void;
  exception(type: ExceptionType, message: string): void;
  /** Where the call has streams. */
  readonly streams?: StreamSink;
  /** Is told when an executor has the call; more than once, if one after the other has it. */
  readonly placed?: () => void;
  /** Is told when its function ran, in milliseconds of UNIX time; only of a call with a trace that is recorded. */
  readonly ran?: (startMs: number, endMs: number) => void;
}
