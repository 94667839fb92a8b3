import type { TraceContext } from "../context/mod.ts";
import type { ErrorCode, ExceptionType } from "../errors/mod.ts";

/**
 * Takes what a call's streams have to say, before its outcome. Each may throw a `BrokenRule`: its sender may not
 * say that.
 */
export interface StreamSink {
  /** The script begins to return a stream. */
  open(): void;
  /** An item of what is returned. The payload is a view that is valid only until this returns. */
  item(payload: Uint8Array): void;
  /** So many bytes more of a stream that is an argument may be sent. */
  credit(stream: number, bytes: number): void;
}

/** Takes the outcome of one call; exactly one of the two is called, once. */
export interface CallSink {
  /** The payload is a view that is valid only until this returns. Where a stream is returned, it is over. */
  result(payload: Uint8Array): void;
  /** `stack` is for the log. */
  exception(type: ExceptionType, message: string, stack?: string): void;
  /** Where the call has streams. */
  readonly streams?: StreamSink;
  /** Is told when an executor has the call; more than once, if one after the other has it. */
  readonly placed?: () => void;
  /** Is told when its function ran, in milliseconds of UNIX time; only of a call with a trace that is recorded. */
  readonly ran?: (startMs: number, endMs: number) => void;
  /** Makes calls of its script to other services; left out where it may make none. */
  readonly callOut?: CallOut;
}

/** A call of a script to another service. */
export interface OutgoingCall {
  /** Its place among what the script's service may call. */
  readonly target: number;
  /** The arguments; a view that is valid only until the call is made. */
  readonly payload: Uint8Array;
  /** What is left to the script's own call. */
  readonly timeoutMs: number;
}

/** Takes the outcome of a script's call, as a {@linkcode CallSink} does; of one at another node, what callers hear. */
export interface OutgoingSink {
  result(payload: Uint8Array): void;
  exception(type: ErrorCode, message: string): void;
  readonly streams: StreamSink;
}

/**
 * Makes a call of a script. The sink is not called before it returns. Throws where the script may not make it. What is
 * sent for its streams is checked: that throws a `MalformedMessage` where it may not be sent, an `Overloaded` where there
 * is no memory for it.
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

/** A call that can be given up. */
export interface CallHandle {
  /** Tells the script, and forgets the call: its sink is not called any more. */
  cancel(): void;
  /** Gives its script what came for its streams: items as far as there is credit for them, and credit. */
  send(message: StreamMessage): void;
  /** The number by which the program knows the call; left out where a child process runs it. */
  readonly number?: number;
}

/** A call that has no outcome yet, wherever it is: its arguments travel beside it. */
export interface OpenCall {
  readonly overload: number;
  /** When the sink is told that time is up, on the working clock (`_working_clock.ts`). */
  readonly deadlineMs: number;
  /** Whether that is its service's limit, and not its caller's. */
  readonly isLimitOfService: boolean;
  readonly sink: CallSink;
  /** What its script is told of its trace. */
  readonly trace?: TraceContext;
  /** The executor that had it has it no more. */
  left(): void;
}

/** A call as its caller knows it. Executors only pass it on. */
export interface CallOrigin {
  readonly service: string;
  readonly rpc: string;
  /** The client's name. */
  readonly client: string;
  /** Where the call came from, as `host:port`. */
  readonly from: string;
  /** Its place in a distributed trace, which what it calls inherits; undefined where it has none. */
  readonly trace?: TraceContext;
  /** How many calls of scripts led to it; none where left out. */
  readonly depth?: number;
}
