/** The streams of one call, on the function's side. */
import { InboundItems, OutboundItems } from "../channel/streams.ts";
import { ExecutionException, InvalidArguments, messageOf, MessageTooLarge } from "../errors/mod.ts";
import type { CompiledSignature } from "../types/signature.ts";
import { describeValue } from "../encoding/describe_value.ts";
import { encodePayload } from "../types/payload.ts";
import { FrameKind } from "../protocol/frame.ts";
import { isItemSource, type ItemSource } from "../types/stream_codec.ts";
import { readUint32 } from "../encoding/uint32.ts";
import { standingFor } from "./thrown.ts";
import type { StreamMessage, StreamSink } from "./call.ts";

/** Sends the frames of its streams. */
export interface FunctionStreamsOptions {
  readonly sink: Pick<StreamSink, "item" | "credit">;
  /** The largest item that it may return, in bytes. */
  readonly itemBytesMax: number;
}

/** Receives the items of arguments, sends those of the result. */
export class FunctionStreams {
  /** By the stream's number. */
  readonly #inbound = new Map<number, InboundItems>();
  /** The returned stream, if any. */
  readonly outbound: OutboundItems | undefined;

  private constructor(signature: CompiledSignature, options: FunctionStreamsOptions) {
    const { sink, itemBytesMax } = options;
    for (const stream of signature.argumentStreams) {
      const grant = (bytes: number) => sink.credit(stream.number, bytes);
      this.#inbound.set(stream.number, new InboundItems({ stream, grant }));
    }
    if (signature.resultStream === undefined) return;
    this.outbound = new OutboundItems(signature.resultStream, (payload) => {
      if (payload.length > itemBytesMax) throw standingFor(tooLarge(payload.length, itemBytesMax));
      sink.item(payload);
    });
  }

  /** The streams of a call of this signature, if it has any. */
  static of(
    signature: CompiledSignature,
    options: FunctionStreamsOptions,
  ): FunctionStreams | undefined {
    if (!signature.hasStreams) return undefined;
    return new FunctionStreams(signature, options);
  }

  /** Inserts the streams into the arguments, and lets their senders begin. */
  fill(values: unknown[]): void {
    for (const [stream, items] of this.#inbound) {
      values[stream - 1] = itemsOf(items);
      items.start();
    }
  }

  /** Takes a frame for one of them. */
  take({ kind, stream, body }: StreamMessage): void {
    if (kind === FrameKind.credit) this.outbound?.credit(readUint32(body, 0));
    else if (kind === FrameKind.end) this.#inbound.get(stream)?.end();
    else this.#inbound.get(stream)?.push(body);
  }

  /** The call is over. @param error Why its function gets no more items, unless it has ended. */
  over(error?: unknown): void {
    this.outbound?.stop();
    for (const items of this.#inbound.values()) {
      if (error === undefined) items.end();
      else items.fail(error);
    }
  }
}

/** The payload of a result whose stream has ended. */
export const noValues = encodePayload("[]", []);

/** Reads a function's result as a stream. @throws {ExecutionException} If it is not iterable. */
export function sourceOf(returned: unknown, { returns }: CompiledSignature): ItemSource {
  if (isItemSource(returned)) return returned;
  throw new ExecutionException(
    `returned ${describeValue(returned)}, but declares ${returns[0]}; ` +
      "an async generator (async function*) returns one",
  );
}

function tooLarge(bytes: number, bytesMax: number): MessageTooLarge {
  return new MessageTooLarge(
    `an item has ${bytes} bytes, ${bytesMax} are allowed (its service's limits: result)`,
  );
}

/** Items for a function: an object that exposes nothing of ours. */
async function* itemsOf(inbound: InboundItems): AsyncGenerator<unknown, void> {
  for (;;) {
    let next: IteratorResult<unknown>;
    try {
      next = await inbound.next();
    } catch (error) {
      const shown = new Error(messageOf(error));
      shown.name = error instanceof InvalidArguments ? "TypeError" : "AbortError";
      throw standingFor(shown, error);
    }
    if (next.done) return;
    yield next.value;
  }
}

// Shared by all scripts of a service, and so frozen.
for (const shared of [itemsOf, itemsOf.prototype]) Object.freeze(shared);
