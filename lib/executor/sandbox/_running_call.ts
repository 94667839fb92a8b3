/** A call inside an executor: its streams, and its context for the script. */
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

/** An unanswered call. */
export class RunningCall {
  /** The `this` of its function. */
  readonly context: CallContext;
  /** Frozen, because every property read from it must lead to this object. */
  readonly trace: TraceContext | undefined;
  /** When its function began, in milliseconds of UNIX time, if needed. */
  beganMs: number | undefined;
  readonly #number: number;
  readonly #outgoing: OutgoingCalls | undefined;
  #services: Services | undefined;
  #controller: AbortController | undefined;
  #isCancelled = false;
  #isOver = false;
  /** Undefined if it has none. */
  readonly streams: FunctionStreams | undefined = undefined;

  /**
   * @param signature Undefined if it cannot run.
   * @param outgoing Makes calls to other services; undefined if scripts may make none.
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

  /** Whether its trace is recorded: the flags' lowest bit. */
  get isRecorded(): boolean {
    return this.trace !== undefined && "13579bdf".includes(this.trace.traceparent.at(-1)!);
  }

  /** Raised when the call is cancelled. Created on demand. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isCancelled) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  /** The services that its script may call. */
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

  /** The call was answered or cancelled: its script can make no more calls. */
  over(): void {
    this.#isOver = true;
    this.#outgoing?.over(this.#number);
  }

  /** The call is cancelled. */
  cancel(): void {
    this.over();
    this.#isCancelled = true;
    this.#controller?.abort();
    this.streams?.over(new Cancelled("the call was given up"));
  }
}

/** The `this` of a function, unless it is an arrow function. */
class CallContext {
  readonly #call: RunningCall;

  constructor(call: RunningCall) {
    this.#call = call;
  }

  /** Raised when the call is cancelled or times out. */
  get signal(): AbortSignal {
    return this.#call.signal;
  }

  /** Its trace context, as `traceparent` and `tracestate`; undefined if it has none. */
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
