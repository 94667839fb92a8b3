import type { ExceptionType } from "../../errors/mod.ts";
import type { TraceContext } from "../../context/mod.ts";
import type {
  CallHandle,
  CallOrigin,
  CallOut,
  CallSink,
  StreamMessage,
  StreamSink,
} from "../../executor/mod.ts";
import type { Account } from "../memory/node_memory.ts";
import type { AdmittedCall, ReplySink } from "./admitted_call.ts";

/** Called with the end of each call, once, before its caller learns it. */
export interface Outcomes {
  succeeded(call: DispatchedCall): void;
  failed(
    call: DispatchedCall,
    failure: { type: ExceptionType; message: string; stack: string | undefined },
  ): void;
  cancelled(call: DispatchedCall): void;
  /** The caller has its reply, or is gone. */
  over(call: DispatchedCall): void;
}

/**
 * A call that an executor has, or that waits for one. A single object, because nodes make hundreds of thousands per
 * second.
 */
export class DispatchedCall implements CallSink, CallHandle, CallOrigin {
  readonly call: AdmittedCall;
  readonly startedMs: number;
  /** Its memory cost. */
  readonly bytes: number;
  /** The client's account that it is charged to; undefined while it is not. */
  account: Account | undefined;
  /** Makes its script's calls to other services. */
  callOut: CallOut | undefined;
  /** At its executor. */
  handle: CallHandle | undefined;
  readonly #sink: ReplySink;
  readonly #outcomes: Outcomes;

  constructor(
    call: AdmittedCall,
    sink: ReplySink,
    { startedMs, bytes, outcomes }: { startedMs: number; bytes: number; outcomes: Outcomes },
  ) {
    this.call = call;
    this.startedMs = startedMs;
    this.bytes = bytes;
    this.#sink = sink;
    this.#outcomes = outcomes;
  }

  get streams(): StreamSink | undefined {
    return this.#sink.streams;
  }

  get placed(): (() => void) | undefined {
    return this.#sink.placed;
  }

  get ran(): ((startMs: number, endMs: number) => void) | undefined {
    return this.#sink.ran;
  }

  get service(): string {
    return this.call.overload.service.name;
  }

  get rpc(): string {
    return this.call.overload.rpc;
  }

  get client(): string {
    return this.call.client.name;
  }

  get from(): string {
    return this.call.from;
  }

  get trace(): TraceContext | undefined {
    return this.call.trace;
  }

  get depth(): number | undefined {
    return this.call.depth;
  }

  get number(): number | undefined {
    return this.handle?.number;
  }

  result(payload: Uint8Array): void {
    this.#outcomes.succeeded(this);
    this.#sink.result(payload);
    this.#outcomes.over(this);
  }

  exception(type: ExceptionType, message: string, stack?: string): void {
    this.#outcomes.failed(this, { type, message, stack });
    this.#sink.exception(type, message);
    this.#outcomes.over(this);
  }

  cancel(): void {
    this.handle!.cancel();
    this.#outcomes.cancelled(this);
    this.#outcomes.over(this);
  }

  send(message: StreamMessage): void {
    this.handle!.send(message);
  }
}
