/** Relays the streams of one call between its caller and its executor, and enforces credit on both. */
import { Credit, itemCost } from "../../channel/mod.ts";
import { MalformedMessage, messageOf } from "../../errors/mod.ts";
import { BrokenRule, type CallHandle, type StreamSink } from "../../executor/mod.ts";
import type { CompiledSignature } from "../../types/mod.ts";
import { FrameKind } from "../../protocol/mod.ts";
import { readUint32 } from "../../encoding/mod.ts";

/** What may still arrive for an ended call. */
export interface LateFrames {
  /** Frames: a cancel, ends, credit. */
  readonly count: number;
  /** Items, by cost. */
  readonly itemBytes: number;
}

/** The highest cost of a late item: the last one may exceed its stream's credit. */
export const lateItemBytesMost = 64 * 1024;

/** Charged for items that a script may not have read yet. */
interface StreamBudget {
  charge(bytes: number): void;
  release(bytes: number): void;
}

/** The caller's side. */
export interface CallStreamsOptions {
  readonly open: () => void;
  /** A view that is valid only until this returns. */
  readonly item: (payload: Uint8Array) => void;
  readonly credit: (stream: number, bytes: number) => void;
  /** The caller's memory budget. */
  readonly budget: StreamBudget;
}

/** Relays and checks the frames of one call's streams. */
export class CallStreams implements StreamSink {
  readonly #options: CallStreamsOptions;
  /** Remaining credit by stream: 0 is the result to the caller, others are arguments to the executor. */
  readonly #credits = new Map<number, Credit>();
  /** Bytes of received items for which the script has granted no new credit, and so may not have read. */
  readonly #unread = new Map<number, number>();
  #handle: Pick<CallHandle, "send"> | undefined;

  constructor(signature: CompiledSignature, options: CallStreamsOptions) {
    this.#options = options;
    if (signature.resultStream !== undefined) this.#credits.set(0, new Credit(0));
    for (const { number } of signature.argumentStreams) {
      this.#credits.set(number, new Credit(number));
    }
  }

  /** The call has started. */
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
    // The caller may have cancelled it meanwhile.
    if (credit === undefined || stream === 0) return;
    held(() => credit.give(bytes));
    this.#release(stream, bytes);
    this.#options.credit(stream, bytes);
  }

  /** What its caller may still send before it learns that the call is over. */
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
   * Takes a frame of the caller.
   *
   * @throws {MalformedMessage} If the call has no such stream, or the frame is not allowed.
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

  /** Ends the streams with the call. */
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

/** Enforces a stream's credit on an executor. @throws {BrokenRule} If it exceeds it. */
function held(take: () => void): void {
  try {
    take();
  } catch (error) {
    throw new BrokenRule(messageOf(error));
  }
}
