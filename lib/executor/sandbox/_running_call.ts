/** One call inside an executor: its streams, and what its script may know of it. */
import type { Channel } from "../../channel/mod.ts";
import type { TraceContext } from "../../context/mod.ts";
import { Cancelled } from "../../errors/mod.ts";
import type { CompiledSignature } from "../../types/signature.ts";
import { FrameKind } from "../../protocol/frame.ts";
import { AbortController, type AbortSignal } from "./facades/abort.ts";
import { freezeClasses } from "./facades/frozen_classes.ts";
import { Services } from "./facades/services.ts";
import { needStack } from "./facades/stack_room.ts";
import { type OutgoingCalls, overError } from "./_outgoing_calls.ts";
import { FunctionStreams } from "../function_streams.ts";

/** A call that has come and was not answered. */
export class RunningCall {
  /** What its function finds as `this`. */
  readonly context: CallContext;
  /** Frozen: all that calls of it find is this very object. */
  readonly trace: TraceContext | undefined;
  /** When its function began, in milliseconds of UNIX time, where that is wanted. */
  beganMs: number | undefined;
  readonly #number: number;
  readonly #outgoing: OutgoingCalls | undefined;
  #services: Services | undefined;
  #controller: AbortController | undefined;
  #isCancelled = false;
  #isOver = false;
  /** Undefined where it has none. */
  readonly streams: FunctionStreams | undefined = undefined;

  /**
   * @param signature What it takes and returns; undefined where it cannot run.
   * @param outgoing Makes calls to other services; undefined where scripts may make none.
   * @param itemBytesMax The largest item that it may return, in bytes.
   */
  constructor(
    number: number,
    signature: CompiledSignature | undefined,
    { channel, itemBytesMax, outgoing, trace }: {
      channel: Channel;
      itemBytesMax: number;
      outgoing: OutgoingCalls | undefined;
      trace: TraceContext | undefined;
    },
  ) {
    this.trace = trace;
    this.#number = number;
    this.#outgoing = outgoing;
    this.context = outgoing === undefined ? new CallContext(this) : new CallingContext(this);
    if (!signature?.hasStreams) return;
    this.streams = FunctionStreams.of(signature, {
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

  /** What its script may call of other services. */
  get services(): Services | undefined {
    const outgoing = this.#outgoing;
    if (outgoing === undefined) return undefined;
    this.#services ??= new Services({
      services: outgoing.services,
      rpcsOf: (service) => outgoing.rpcsOf(service),
      call: (service, rpc, values) => {
        if (this.#isOver) throw overError(`${service}.${rpc}`);
        return outgoing.call(this.#number, { service, rpc }, values);
      },
    });
    return this.#services;
  }

  /** It is answered, or given up: its script makes no calls any more. */
  over(): void {
    this.#isOver = true;
    this.#outgoing?.over(this.#number);
  }

  /** Nobody wants its answer any more. */
  cancel(): void {
    this.over();
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

/** As {@linkcode CallContext}, for scripts that may call other services. */
class CallingContext extends CallContext {
  readonly #call: RunningCall;

  constructor(call: RunningCall) {
    super(call);
    this.#call = call;
  }

  /** The other services. */
  get farcall(): Services | undefined {
    return this.#call.services;
  }
}

freezeClasses(CallContext, CallingContext);
