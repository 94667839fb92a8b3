/** Calls of one executor's scripts to other services, at the node: checked as what strangers send. */
import { encodeJson, readUint32 } from "../../encoding/mod.ts";
import { type ExceptionType, toException } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import { FrameKind } from "../../protocol/mod.ts";
import type { Channel } from "../../channel/mod.ts";
import type { CallHandle, OpenCall } from "../call.ts";
import { shortened } from "../thrown.ts";
import { workingMs } from "../system/working_clock.ts";
import { BrokenRule } from "./link_reader.ts";

interface Outgoing {
  /** The call whose script makes it. */
  readonly parent: number;
  readonly handle: CallHandle;
}

/** What they have called and have no answer of. */
export class OutgoingCalls {
  readonly #channel: Pick<Channel, "send">;
  readonly #find: (parent: number) => OpenCall | undefined;
  readonly #outgoing = new Map<number, Outgoing>();

  /**
   * @param find The call of a number that it has; undefined where that was given up. Throws a `BrokenRule` where it
   * never had it.
   */
  constructor(
    channel: Pick<Channel, "send">,
    find: (parent: number) => OpenCall | undefined,
  ) {
    this.#channel = channel;
    this.#find = find;
  }

  /** Makes a call that it asks for. @throws {BrokenRule} If it may not. */
  take(number: number, target: number, body: Uint8Array): void {
    const parent = readUint32(body, 0);
    const call = this.#find(parent);
    if (call === undefined) return;
    if (this.#outgoing.has(number)) throw new BrokenRule("it used the number of a call twice");
    if (this.#outgoing.size >= limits.scriptCallsMax) {
      throw new BrokenRule(`its scripts have more than ${limits.scriptCallsMax} calls in flight`);
    }
    const answer = (type: ExceptionType, message: string): void => {
      const body = encodeJson({ type, message: shortened(message) });
      this.#channel.send(FrameKind.scriptException, 0, number, body);
    };
    const { callOut } = call.sink;
    if (callOut === undefined) {
      return answer("Unavailable", "an example is tried before other services can be called");
    }
    const timeoutMs = Math.max(1, call.deadlineMs - workingMs());
    let handle: CallHandle;
    try {
      handle = callOut({ target, payload: body.subarray(4), timeoutMs }, {
        result: (payload) => {
          this.#outgoing.delete(number);
          this.#channel.send(FrameKind.scriptResult, 0, number, payload);
        },
        exception: (type, message) => {
          this.#outgoing.delete(number);
          answer(type, message);
        },
      });
    } catch (error) {
      const { code, message } = toException(error);
      return answer(code, message);
    }
    this.#outgoing.set(number, { parent, handle });
  }

  /** A call is over, and with it what its script has called. */
  over(parent: number): void {
    if (this.#outgoing.size === 0) return;
    for (const [number, outgoing] of this.#outgoing) {
      if (outgoing.parent === parent) this.#cancel(number, outgoing);
    }
  }

  /** All are over. */
  overAll(): void {
    for (const [number, outgoing] of this.#outgoing) this.#cancel(number, outgoing);
  }

  #cancel(number: number, { handle }: Outgoing): void {
    this.#outgoing.delete(number);
    handle.cancel();
  }
}
