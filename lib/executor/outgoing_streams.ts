/** The streams of a function's call to another service, on the function's side. */
import { InboundItems, OutboundItems } from "../channel/streams.ts";
import type { CompiledSignature } from "../types/signature.ts";
import type { ItemSource } from "../types/stream_codec.ts";

/** Parts besides the signature. */
export interface OutgoingStreamsOptions {
  /** Sends an item of an argument. */
  readonly item: (stream: number, payload: Uint8Array) => void;
  /** Ends the items of an argument. */
  readonly end: (stream: number) => void;
  /** Grants credit in bytes for the returned stream. */
  readonly credit: (bytes: number) => void;
  /** The largest item to send, in bytes. */
  readonly itemBytesMax: number;
  /** Converts the error of a refused item for the function. */
  readonly shown: (error: unknown) => unknown;
  /** The function stops reading, or an argument's source failed with `error`. */
  readonly giveUp: (error?: { readonly thrown: unknown }) => void;
}

/** Sends the items of arguments, receives those of the result. */
export class OutgoingStreams {
  readonly #options: OutgoingStreamsOptions;
  readonly #signature: CompiledSignature;
  readonly #outbound = new Map<number, OutboundItems>();
  /** The returned stream, if any. */
  readonly #inbound: InboundItems | undefined;

  private constructor(signature: CompiledSignature, options: OutgoingStreamsOptions) {
    this.#signature = signature;
    this.#options = options;
    const { resultStream } = signature;
    if (resultStream === undefined) return;
    this.#inbound = new InboundItems({
      stream: resultStream,
      grant: options.credit,
      onReturn: () => options.giveUp(),
    });
  }

  /** The streams of a call of this signature, if it has any. */
  static of(
    signature: CompiledSignature,
    options: OutgoingStreamsOptions,
  ): OutgoingStreams | undefined {
    const { argumentStreams, resultStream } = signature;
    if (argumentStreams.length === 0 && resultStream === undefined) return undefined;
    return new OutgoingStreams(signature, options);
  }

  /** The call was sent. @param values Its arguments; streams are iterables. */
  begin(values: readonly unknown[]): void {
    this.#inbound?.start();
    const { item, end, itemBytesMax, shown, giveUp } = this.#options;
    for (const stream of this.#signature.argumentStreams) {
      const items = new OutboundItems(stream, (payload) => {
        if (payload.length > itemBytesMax) throw tooLarge(payload.length, itemBytesMax);
        item(stream.number, payload);
      });
      this.#outbound.set(stream.number, items);
      items.pump(values[stream.number - 1] as ItemSource).then(
        () => {
          if (this.#outbound.has(stream.number)) end(stream.number);
        },
        (error) => giveUp({ thrown: shown(error) }),
      );
    }
  }

  /** The returned stream opens. @returns The iterable for the function. */
  opened(): AsyncGenerator<unknown, void> {
    return itemsOf(this.#inbound!, this.#options.shown);
  }

  /** Takes an item of the returned stream. */
  push(payload: Uint8Array): void {
    this.#inbound?.push(payload);
  }

  /** Adds credit for an argument's stream. */
  credited(stream: number, bytes: number): void {
    this.#outbound.get(stream)?.credit(bytes);
  }

  /** The call is over. @param failure Why the function gets no more items, unless the stream has ended. */
  over(failure?: { readonly error: unknown }): void {
    const outbound = [...this.#outbound.values()];
    this.#outbound.clear();
    for (const items of outbound) items.stop();
    if (failure === undefined) this.#inbound?.end();
    else this.#inbound?.fail(failure.error);
  }
}

function tooLarge(bytes: number, bytesMax: number): RangeError {
  return new RangeError(`an item has ${bytes} bytes, ${bytesMax} are allowed`);
}

/** Items for a function: an object that exposes nothing of ours. A function that stops early cancels the call. */
async function* itemsOf(
  inbound: InboundItems,
  shown: (error: unknown) => unknown,
): AsyncGenerator<unknown, void> {
  try {
    for (;;) {
      let next: IteratorResult<unknown>;
      try {
        next = await inbound.next();
      } catch (error) {
        throw shown(error);
      }
      if (next.done) return;
      yield next.value;
    }
  } finally {
    inbound.return();
  }
}

// Shared by all scripts of a service, and so frozen.
for (const shared of [itemsOf, itemsOf.prototype]) Object.freeze(shared);
