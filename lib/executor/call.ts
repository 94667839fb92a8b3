import type { TraceContext } from "../context/mod.ts";
import type { ErrorCode, ExceptionType } from "../errors/mod.ts";

/**
 * Receives the frames of a call's streams, before its outcome. Each method may throw a `BrokenRule` if its sender is
 * not allowed to send that.
 */
export interface StreamSink {
  /** The returned stream opens. */
  open(): void;
  /** An item of the returned stream. The payload is a view that is valid only until this returns. */
  item(payload: Uint8Array): void;
  /** Credit in bytes for an argument's stream. */
  credit(stream: number, bytes: number): void;
}

/** The sink of a call's outcome. Exactly one of the two is called, once. */
export interface CallSink {
  /** The payload is a view that is valid only until this returns. A returned stream has ended then. */
  result(payload: Uint8Array): void;
  /** `stack` is for the log. */
  exception(type: ExceptionType, message: string, stack?: string): void;
  /** For a call with streams. */
  readonly streams?: StreamSink;
  /** Called when an executor receives the call; again if it moves to another one. */
  readonly placed?: () => void;
  /** Called with the times at which its function ran, in milliseconds of UNIX time; only if its trace is recorded. */
  readonly ran?: (startMs: number, endMs: number) => void;
  /** Makes its script's calls to other services; left out if it may make none. */
  readonly callOut?: CallOut;
}

/** A call of a script to another service. */
export interface OutgoingCall {
  /** The index of the overload among those that the service may call. */
  readonly target: number;
  /** The arguments; a view that is valid only until the call is made. */
  readonly payload: Uint8Array;
  /** The remaining time of the script's own call. */
  readonly timeoutMs: number;
}

/** The sink of a script's call, as {@linkcode CallSink}; a call at another node gets what any caller would. */
export interface OutgoingSink {
  result(payload: Uint8Array): void;
  exception(type: ErrorCode, message: string): void;
  readonly streams: StreamSink;
}

/**
 * Makes a call for a script. The sink is not called before this returns. Throws if the script may not make the call.
 * Frames for its streams are checked: an illegal one throws a `MalformedMessage`, one that exceeds the memory an
 * `Overloaded`.
 */
export type CallOut = (call: OutgoingCall, sink: OutgoingSink) => CallHandle;

/** A message to a call's streams. The body is copied. */
export interface StreamMessage {
  /** `item`, `end` or `credit`. */
  readonly kind: number;
  /** The stream's number. */
  readonly stream: number;
  readonly body: Uint8Array;
}

/** A call that can be cancelled. */
export interface CallHandle {
  /** Cancels the call at the script; its sink is not called afterwards. */
  cancel(): void;
  /** Passes frames of its streams to the script: items within their credit, and credit. */
  send(message: StreamMessage): void;
  /** The call's number in this program; left out if a child process runs it. */
  readonly number?: number;
}

/** A call without an outcome yet, queued or running; its arguments are kept separately. */
export interface OpenCall {
  readonly overload: number;
  /** Its deadline on the working clock (`working_clock.ts`). */
  readonly deadlineMs: number;
  /** Whether that is its service's limit, as opposed to its caller's. */
  readonly isLimitOfService: boolean;
  readonly sink: CallSink;
  /** The trace context for its script. */
  readonly trace?: TraceContext;
  /** Its executor has lost it. */
  left(): void;
}

/** A call's origin. Executors only pass it on. */
export interface CallOrigin {
  readonly service: string;
  readonly rpc: string;
  /** The client's name. */
  readonly client: string;
  /** Where the call came from, as `host:port`. */
  readonly from: string;
  /** Its place in a distributed trace, which nested calls inherit; undefined if it has none. */
  readonly trace?: TraceContext;
  /** The depth of nested script calls. Default: 0. */
  readonly depth?: number;
}
