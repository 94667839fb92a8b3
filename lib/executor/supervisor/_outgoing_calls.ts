/** Calls of one executor's scripts to other services, on the node's side: untrusted input. */
import { encodeJson, readUint32 } from "../../encoding/mod.ts";
import { type ErrorCode, MalformedMessage, toException } from "../../errors/mod.ts";
import type { Limits } from "../../limits/mod.ts";
import { FrameKind } from "../../protocol/mod.ts";
import type { Channel } from "../../channel/mod.ts";
import type { CallHandle, OpenCall, OutgoingSink, StreamMessage } from "../call.ts";
import { shortened } from "../thrown.ts";
import { workingMs } from "../system/working_clock.ts";
import { BrokenRule } from "./link_reader.ts";

interface Outgoing {
  /** The call that makes it. */
  readonly parent: number;
  readonly handle: CallHandle;
}

/** Calls in flight. */
export class OutgoingCalls {
  readonly #channel: Pick<Channel, "send">;
  readonly #find: (parent: number) => OpenCall | undefined;
  readonly #callsMax: number;
  readonly #outgoing = new Map<number, Outgoing>();
  /**
   * Recently ended calls, as many as can be in flight: the executor may send frames for one before it learns of its
   * end.
   */
  readonly #ended = new Set<number>();

  /**
   * @param find The call with a number; undefined if it was cancelled. Throws a `BrokenRule` if there was no such call.
   */
  constructor(
    channel: Pick<Channel, "send">,
    find: (parent: number) => OpenCall | undefined,
    { scriptCallsMax }: Limits,
  ) {
    this.#callsMax = scriptCallsMax;
    this.#channel = channel;
    this.#find = find;
  }

  /** Makes a call for the executor. @throws {BrokenRule} If it may not make it. */
  take(number: number, target: number, body: Uint8Array): void {
    const parent = readUint32(body, 0);
    const call = this.#find(parent);
    if (this.#outgoing.has(number)) throw new BrokenRule("it used the number of a call twice");
    if (this.#outgoing.size >= this.#callsMax) {
      throw new BrokenRule(`its scripts have more than ${this.#callsMax} calls in flight`);
    }
    this.#ended.delete(number);
    if (call === undefined) return this.#forget(number);
    const { callOut } = call.sink;
    if (callOut === undefined) {
      const message = "an example is tried before other services can be called";
      return this.#fail(number, "Unavailable", message);
    }
    const timeoutMs = Math.max(1, call.deadlineMs - workingMs());
    try {
      const payload = body.subarray(4);
      const handle = callOut({ target, payload, timeoutMs }, this.#sinkOf(number));
      this.#outgoing.set(number, { parent, handle });
    } catch (error) {
      const { code, message } = toException(error);
      this.#fail(number, code, message);
    }
  }

  /**
   * Handles the executor's frames for a call's streams: an item, the end of items, or credit.
   *
   * @throws {BrokenRule} If they are illegal.
   */
  send(number: number, message: StreamMessage): void {
    const outgoing = this.#known(number);
    if (outgoing === undefined) return;
    try {
      outgoing.handle.send(message);
    } catch (error) {
      if (error instanceof MalformedMessage) throw new BrokenRule(error.message);
      const { code, message } = toException(error);
      outgoing.handle.cancel();
      this.#fail(number, code, message);
    }
  }

  /** The executor cancels a call of its own. @throws {BrokenRule} If it never made it. */
  cancel(number: number): void {
    const outgoing = this.#known(number);
    if (outgoing === undefined) return;
    this.#outgoing.delete(number);
    outgoing.handle.cancel();
  }

  /** Ends a call, and with it the calls that its script has made. */
  over(parent: number): void {
    if (this.#outgoing.size === 0) return;
    for (const [number, outgoing] of this.#outgoing) {
      if (outgoing.parent !== parent) continue;
      this.#forget(number);
      outgoing.handle.cancel();
    }
  }

  /** Ends all calls. */
  overAll(): void {
    for (const [number, { handle }] of this.#outgoing) {
      this.#outgoing.delete(number);
      handle.cancel();
    }
  }

  #sinkOf(number: number): OutgoingSink {
    const channel = this.#channel;
    return {
      result: (payload) => {
        this.#forget(number);
        channel.send(FrameKind.scriptResult, 0, number, payload);
      },
      exception: (type, message) => this.#fail(number, type, message),
      streams: {
        open: () => channel.send(FrameKind.scriptOpen, 0, number),
        item: (payload) => channel.send(FrameKind.scriptItem, 0, number, payload),
        credit: (stream, bytes) => channel.send(FrameKind.scriptCredit, stream, number, bytes),
      },
    };
  }

  /** The call with a number; undefined if it has ended. */
  #known(number: number): Outgoing | undefined {
    const outgoing = this.#outgoing.get(number);
    if (outgoing !== undefined || this.#ended.has(number)) return outgoing;
    throw new BrokenRule(`it spoke of call ${number} to another service, which it has not made`);
  }

  #fail(number: number, type: ErrorCode, message: string): void {
    this.#forget(number);
    const body = encodeJson({ type, message: shortened(message) });
    this.#channel.send(FrameKind.scriptException, 0, number, body);
  }

  #forget(number: number): void {
    this.#outgoing.delete(number);
    this.#ended.add(number);
    if (this.#ended.size <= this.#callsMax) return;
    const [oldest] = this.#ended;
    this.#ended.delete(oldest!);
  }
}
