/** One call inside an executor: its streams, and what its script may know of it. */
import type { Channel } from "../../channel/mod.ts";
import type { TraceContext } from "../../context/mod.ts";
import { Cancelled } from "../../errors/mod.ts";
import type { CompiledSignature } from "../../types/signature.ts";
import { FrameKind } from "../../protocol/frame.ts";
import { AbortController, type AbortSignal } from "./facades/abort.ts";
import { needStack } from "./facades/stack_room.ts";
import { FunctionStreams } from "../function_streams.ts";

/** A call that has come and was not answered. */
export class RunningCall {
  /** What its function finds as `this`. */
  readonly context: CallContext;
  /** Frozen: all that calls of it find is this very object. */
  readonly trace: TraceContext | undefined;
  /** When its function began, in milliseconds of UNIX time, where that is wanted. */
  beganMs: number | undefined;
  #controller: AbortController | undefined;
  #isCancelled = false;
  /** Undefined where it has none. */
  readonly streams: FunctionStreams | undefined;

  /**
   * @param signature What it takes and returns; undefined where it cannot run.
   * @param itemBytesMax The largest item that it may return, in bytes.
   */
  constructor(
    number: number,
    signature: CompiledSignature | undefined,
    { channel, itemBytesMax, trace }: {
      channel: Channel;
      itemBytesMax: number;
      trace: TraceContext | undefined;
    },
  ) {
    this.trace = trace;
    this.context = new CallContext(this);
    this.streams = signature && FunctionStreams.of(signature, {
      itemBytesMax,
      sink: {
        credit: (stream, bytes) => {
          needStack();
          channel.send(FrameKind.credit, stream, number, bytes);
        },
        item: (payload) => channel.send(FrameKind.item, 0, number, payload),
      },
    });
  }

  /** Whether its trace is recorded: the last bit of it says so. */
  get isRecorded(): boolean {
    return this.trace !== undefined && "13579bdf".includes(this.trace.traceparent.at(-1)!);
  }

  /** Raised when it is given up. Made when first asked for. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isCancelled) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  /** Nobody wants its answer any more. */
  cancel(): void {
    this.#isCancelled = true;
    this.#controller?.abort();
    this.streams?.over(new Cancelled("the call was given up"));
  }
}

/** What a function finds as `this`, unless it is an arrow function. */
class CallContext {
  readonly #call: RunningCall;

  constructor(call: RunningCall) {
    this.#call = call;
  }

  /** Raised when the call is cancelled or its time is up. */
  get signal(): AbortSignal {
    return this.#call.signal;
  }

  /** Its place in a trace, as `traceparent` and `tracestate`; undefined where it has none. */
  get trace(): TraceContext | undefined {
    return this.#call.trace;
  }
}

// All scripts of a service have these in common.
for (const shared of [CallContext, CallContext.prototype]) Object.freeze(shared);
