/** Calls in protocols with one message each way, where a stream is a list of items. */
import { itemCost, OutboundItems } from "../../channel/mod.ts";
import { type ExceptionType, MessageTooLarge, toException } from "../../errors/mod.ts";
import { BrokenRule, type CallHandle, type CallSink, type StreamSink } from "../../executor/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { CompiledSignature } from "../../types/mod.ts";
import { FrameKind } from "../../protocol/mod.ts";
import { itemsIn, PackedItems, type PreparedCall } from "../../protocol/json/mod.ts";
import { writeUint32 } from "../../encoding/mod.ts";
import { growForResult } from "../memory/costs.ts";
import type { Hold } from "../memory/hold.ts";

/**
 * The sink of a call's outcome. Exactly one of the two is called, once, never before {@linkcode callBuffered} has
 * returned.
 */
export interface BufferedSink {
  /** The payload, or all items of a stream in the form that `resultJson` takes; a view, valid until this returns. */
  result(payload: Uint8Array): void;
  exception(type: ExceptionType, message: string): void;
}

/**
 * Runs a call with all its arguments, and collects its whole result.
 *
 * @param run Runs it with this payload.
 * @throws As `run`.
 */
export function callBuffered(
  { overload, payload, items, memory, bytesMax }:
    & PreparedCall<{ readonly signature: CompiledSignature }>
    & {
      /** Charged for returned items. Default: none. */
      readonly memory?: Hold;
      /** The largest result in bytes. */
      readonly bytesMax: number;
    },
  sink: BufferedSink,
  run: (payload: Uint8Array, sink: CallSink) => CallHandle,
): CallHandle {
  const { argumentStreams, resultStream } = overload.signature;
  if (resultStream === undefined && argumentStreams.length === 0) return run(payload, sink);
  const streams = new WholeStreams({ signature: overload.signature, items, memory, bytesMax });
  const handle = run(payload, {
    result: (payload) => {
      streams.over();
      sink.result(resultStream === undefined ? payload : streams.returned);
    },
    exception: (type, message) => {
      streams.over();
      sink.exception(type, message);
    },
    streams,
  });
  streams.begin(handle, (error) => {
    const { code, message } = toException(error);
    sink.exception(code, message);
  });
  return {
    send: () => {},
    cancel: () => {
      streams.over();
      handle.cancel();
    },
  };
}

/** The streams of such a call. */
class WholeStreams implements StreamSink {
  readonly #signature: CompiledSignature;
  readonly #items: readonly Uint8Array[];
  readonly #memory: Hold | undefined;
  readonly #outbound = new Map<number, OutboundItems>();
  readonly #returned = new PackedItems();
  #handle: CallHandle | undefined;
  #fail: ((error: unknown) => void) | undefined;
  readonly #bytesMax: number;
  #returnedBytes = 0;
  #creditBytes = 0;
  #isOver = false;

  constructor(
    { signature, items, memory, bytesMax }: {
      signature: CompiledSignature;
      items: readonly Uint8Array[];
      memory: Hold | undefined;
      bytesMax: number;
    },
  ) {
    this.#bytesMax = bytesMax;
    this.#signature = signature;
    this.#items = items;
    this.#memory = memory;
  }

  /** The result so far, in the form that `resultJson` takes. */
  get returned(): Uint8Array {
    return this.#returned.bytes;
  }

  /** The call has started. @param fail Ends it with an error. */
  begin(handle: CallHandle, fail: (error: unknown) => void): void {
    this.#handle = handle;
    this.#fail = fail;
    if (this.#signature.resultStream !== undefined) this.#grant(limits.streamWindowBytes);
    for (const [index, { number }] of this.#signature.argumentStreams.entries()) {
      const items = new OutboundItems(writtenAlready, (body) => {
        handle.send({ kind: FrameKind.item, stream: number, body });
      });
      this.#outbound.set(number, items);
      items.pump(itemsIn(this.#items[index]!)).then(
        () => handle.send({ kind: FrameKind.end, stream: number, body: new Uint8Array(0) }),
        (error) => this.#giveUp(error),
      );
    }
  }

  open(): void {}

  item(payload: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#creditBytes <= 0) throw new BrokenRule("it sent an item beyond its credit");
    this.#creditBytes -= itemCost(payload);
    try {
      growForResult(this.#memory, itemCost(payload));
    } catch (error) {
      return this.#giveUp(error);
    }
    this.#returned.add(payload);
    this.#returnedBytes += payload.length;
    if (this.#returnedBytes > this.#bytesMax) {
      return this.#giveUp(
        new MessageTooLarge(
          `the stream has more than ${this.#bytesMax} bytes, which is what one message holds; ` +
            "call it with frames (farcall call, or the library)",
        ),
      );
    }
    this.#grant(itemCost(payload));
  }

  credit(stream: number, bytes: number): void {
    this.#outbound.get(stream)?.credit(bytes);
  }

  /** Stops sending. */
  over(): void {
    this.#isOver = true;
    for (const items of this.#outbound.values()) items.stop();
  }

  #grant(bytes: number): void {
    this.#creditBytes += bytes;
    const body = new Uint8Array(4);
    writeUint32(body, 0, bytes);
    this.#handle!.send({ kind: FrameKind.credit, stream: 0, body });
  }

  #giveUp(error: unknown): void {
    if (this.#isOver) return;
    this.over();
    this.#handle!.cancel();
    this.#fail!(error);
  }
}

/** Items are payloads already. */
const writtenAlready = { encodeItem: (payload: unknown) => payload as Uint8Array };
