/** The streams of one call between its caller and its executor: both are held to the credit they were given. */
import { Credit, itemCost } from "../../channel/mod.ts";
import { MalformedMessage, messageOf } from "../../errors/mod.ts";
import { BrokenRule, type CallHandle, type StreamSink } from "../../executor/mod.ts";
import type { CompiledSignature } from "../../types/mod.ts";
import { FrameKind } from "../../protocol/mod.ts";
import { readUint32 } from "../../encoding/mod.ts";

/** What may still come for a call that has ended. */
export interface LateFrames {
  /** Frames: a cancel, ends, credit. */
  readonly count: number;
  /** Items, by what they cost. */
  readonly itemBytes: number;
}

/** An item that comes late counts for no more: the last one may be larger than its stream's credit. */
export const lateItemBytesMost = 64 * 1024;

/** What items are charged to that a script may not have read. */
interface StreamBudget {
  charge(bytes: number): void;
  release(bytes: number): void;
}

/** What the caller is told. */
export interface CallStreamsOptions {
  readonly open: () => void;
  /** A view that is valid only until this returns. */
  readonly item: (payload: Uint8Array) => void;
  readonly credit: (stream: number, bytes: number) => void;
  /** What its caller may have the node hold. */
  readonly budget: StreamBudget;
}

/** Passes on what is said of the streams of one call, as far as it is allowed. */
export class CallStreams implements StreamSink {
  readonly #options: CallStreamsOptions;
  /** What may still be sent: of the result to the caller (0), of arguments to the executor. */
  readonly #credits = new Map<number, Credit>();
  /** Bytes of items that came for a stream, and for which its script has given no new credit: it may not have read them. */
  readonly #unread = new Map<number, number>();
  #handle: Pick<CallHandle, "send"> | undefined;

  constructor(signature: CompiledSignature, options: CallStreamsOptions) {
    this.#options = options;
    if (signature.resultStream !== undefined) this.#credits.set(0, new Credit(0));
    for (const { number } of signature.argumentStreams) {
      this.#credits.set(number, new Credit(number));
    }
  }

  /** The call runs. */
  set handle(handle: Pick<CallHandle, "send">) {
    this.#handle = handle;
  }

  open(): void {
    if (!this.#credits.has(0)) throw new BrokenRule("it opened a stream that it does not return");
    this.#options.open();
  }

  item(payload: Uint8Array): void {
    const credit = this.#credits.get(0);
    if (credit === undefined) throw new BrokenRule("it sent an item of an unknown stream");
    held(() => credit.use(payload));
    this.#options.item(payload);
  }

  credit(stream: number, bytes: number): void {
    const credit = this.#credits.get(stream);
    // The caller may have ended it meanwhile.
    if (credit === undefined || stream === 0) return;
    held(() => credit.give(bytes));
    this.#release(stream, bytes);
    this.#options.credit(stream, bytes);
  }

  /** What its caller may have sent before it hears that the call is over. */
  get late(): LateFrames {
    let count = 0;
    let itemBytes = 0;
    for (const [stream, { bytes, grantsLeft }] of this.#credits) {
      if (stream === 0) {
        count += grantsLeft;
        continue;
      }
      count += 1;
      if (bytes > 0) itemBytes += bytes + lateItemBytesMost;
    }
    return { count, itemBytes };
  }

  /**
   * Takes what the caller sent.
   *
   * @throws {MalformedMessage} If the call has no such stream, or it may not send this.
   * @throws {Overloaded} If there is no memory for an item.
   */
  take(kind: number, stream: number, body: Uint8Array): void {
    const credit = this.#credits.get(stream);
    if (credit === undefined || (stream === 0) !== (kind === FrameKind.credit)) {
      throw new MalformedMessage(
        `a call has no stream ${stream} that takes a frame of kind ${kind}`,
      );
    }
    if (kind === FrameKind.credit) {
      if (body.length !== 4) throw new MalformedMessage("credit has 4 bytes");
      credit.give(readUint32(body, 0));
    } else if (kind === FrameKind.end) {
      this.#credits.delete(stream);
    } else {
      credit.use(body);
      this.#options.budget.charge(itemCost(body));
      this.#unread.set(stream, (this.#unread.get(stream) ?? 0) + itemCost(body));
    }
    this.#handle?.send({ kind, stream, body });
  }

  /** The call is over. */
  over(): void {
    for (const stream of this.#unread.keys()) this.#release(stream, Infinity);
  }

  #release(stream: number, bytes: number): void {
    const unread = this.#unread.get(stream) ?? 0;
    const read = Math.min(unread, bytes);
    if (read > 0) this.#options.budget.release(read);
    this.#unread.set(stream, unread - read);
  }
}

/** Holds an executor to the credit of a stream. @throws {BrokenRule} If it breaks it. */
function held(take: () => void): void {
  try {
    take();
  } catch (error) {
    throw new BrokenRule(messageOf(error));
  }
}
