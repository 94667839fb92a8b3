/** An admitted call, and the sink of its outcome. */
import type { TraceContext } from "../../context/mod.ts";
import type { ExceptionType } from "../../errors/mod.ts";
import type { StreamSink } from "../../executor/mod.ts";
import type { LiveClient, LiveOverload } from "./live_generation.ts";

/** The protocol of a call, for the log. */
export type Via = "text" | "frames" | "json-rpc" | "http" | "http json-rpc" | "script";

/** An admitted call. */
export interface AdmittedCall {
  readonly overload: LiveOverload;
  /** The arguments as a payload; copied before {@linkcode Dispatcher.run} returns. */
  readonly payload: Uint8Array;
  readonly timeoutMs: number;
  /** The caller. */
  readonly client: LiveClient;
  /** The caller's address, for the log. */
  readonly from: string;
  readonly via: Via;
  /** Its place in a distributed trace, from its caller. */
  readonly trace: TraceContext | undefined;
  /** The depth of nested script calls. Default: 0. */
  readonly depth?: number;
}

/** The sink of a call's outcome. Exactly one of the two is called, once, never before `run` has returned. */
export interface ReplySink {
  /** The payload is a view that is valid only until this returns. */
  result(payload: Uint8Array): void;
  exception(type: ExceptionType, message: string): void;
  /** For a call with streams. */
  readonly streams?: StreamSink;
  /** Called when an executor receives the call; again if it moves to another one. */
  readonly placed?: () => void;
  /** Called with the times at which its function ran, in milliseconds of UNIX time; only if its trace is recorded. */
  readonly ran?: (startMs: number, endMs: number) => void;
}
