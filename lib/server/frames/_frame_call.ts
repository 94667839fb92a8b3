import type { TraceContext } from "../../context/mod.ts";
import type { ExceptionType, MessageTooLarge, RpcException } from "../../errors/mod.ts";
import { encodeExceptionBody, FrameKind, type Route } from "../../protocol/mod.ts";
import { explained } from "../calls/access.ts";
import type { AdmittedCall, ReplySink } from "../calls/admitted_call.ts";
import type { LiveClient, LiveOverload } from "../calls/live_generation.ts";
import type { CallStreams } from "../calls/call_streams.ts";
import type { Admitted, RouteEntry } from "./_routes.ts";
import type { CallTiming } from "./_timing.ts";

/** The connection of a call. */
export interface CallersEnd {
  /** The caller's address, for the log. */
  readonly from: string;
  send(kind: number, call: number, body: Uint8Array, rest?: Uint8Array): void;
  /** Called when a call ends. */
  forget(call: number): void;
  /** Why a reply of this many bytes is not sent; undefined if it is. */
  tooLarge(bytes: number): MessageTooLarge | undefined;
  refuse(call: number, exception: RpcException, wanted: Route): void;
}

/** An admitted call that arrived in a frame: runs it, and receives the outcome. */
export class FrameCall implements AdmittedCall, ReplySink {
  readonly payload: Uint8Array;
  readonly timeoutMs: number;
  readonly streams: CallStreams | undefined;
  readonly #number: number;
  readonly #end: CallersEnd;
  readonly #entry: RouteEntry;
  readonly #admitted: Admitted;
  readonly #timing: CallTiming | undefined;

  constructor(
    number: number,
    end: CallersEnd,
    { entry, admitted, payload, timeoutMs, streams, timing }: {
      readonly entry: RouteEntry;
      readonly admitted: Admitted;
      readonly payload: Uint8Array;
      readonly timeoutMs: number;
      readonly streams: CallStreams | undefined;
      readonly timing: CallTiming | undefined;
    },
  ) {
    this.payload = payload;
    this.timeoutMs = timeoutMs;
    this.streams = streams;
    this.#number = number;
    this.#end = end;
    this.#entry = entry;
    this.#admitted = admitted;
    this.#timing = timing;
  }

  get overload(): LiveOverload {
    return this.#admitted.overload;
  }

  get client(): LiveClient {
    return this.#admitted.client;
  }

  get from(): string {
    return this.#end.from;
  }

  get via(): "frames" {
    return "frames";
  }

  get trace(): TraceContext | undefined {
    return this.#entry.trace;
  }

  get depth(): number | undefined {
    return this.#entry.route.depth;
  }

  get placed(): (() => void) | undefined {
    return this.#timing?.placed;
  }

  result(payload: Uint8Array): void {
    const end = this.#end;
    const call = this.#number;
    const { scriptBytes } = this.overload;
    end.forget(call);
    if (this.#timing !== undefined) end.send(FrameKind.timing, call, this.#timing.encode());
    const tooLarge = end.tooLarge(scriptBytes.length + payload.length);
    if (tooLarge !== undefined) end.refuse(call, tooLarge, this.#entry.route);
    else end.send(FrameKind.result, call, scriptBytes, payload);
  }

  exception(type: ExceptionType, message: string): void {
    this.#end.forget(this.#number);
    const told = explained(this.#admitted.overloads, type, message);
    const body = encodeExceptionBody(type, told, this.overload.script);
    this.#end.send(FrameKind.exception, this.#number, body);
  }
}
