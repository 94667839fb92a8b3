/** The streams of one call that a function makes to another service, at the function. */
import { InboundItems, OutboundItems } from "../channel/streams.ts";
import type { CompiledSignature } from "../types/signature.ts";
import type { ItemSource } from "../types/stream_codec.ts";

/** What they need besides their signature. */
export interface OutgoingStreamsOptions {
  /** Sends an item of an argument. */
  readonly item: (stream: number, payload: Uint8Array) => void;
  /** There are no more items of an argument. */
  readonly end: (stream: number) => void;
  /** So many bytes more of what is returned may come. */
  readonly credit: (bytes: number) => void;
  /** The largest item that may be sent, in bytes. */
  readonly itemBytesMax: number;
  /** Makes of what an item is refused for what the function sees. */
  readonly shown: (error: unknown) => unknown;
  /** The function wants no more, or a source of an argument has failed: `error` is what it threw. */
  readonly giveUp: (error?: { readonly thrown: unknown }) => void;
}

/** Sends the items of arguments, takes those of the result. */
export class OutgoingStreams {
  readonly #options: OutgoingStreamsOptions;
  readonly #signature: CompiledSignature;
  readonly #outbound = new Map<number, OutboundItems>();
  /** What is returned, if it is a stream. */
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

  /** The streams of a call of this signature; undefined where it has none. */
  static of(
    signature: CompiledSignature,
    options: OutgoingStreamsOptions,
  ): OutgoingStreams | undefined {
    const { argumentStreams, resultStream } = signature;
    if (argumentStreams.length === 0 && resultStream === undefined) return undefined;
    return new OutgoingStreams(signature, options);
  }

  /** The call was sent. @param values Its arguments: those that are streams are what can be iterated over. */
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

  /** What is returned begins: what the function iterates over. */
  opened(): AsyncGenerator<unknown, void> {
    return itemsOf(this.#inbound!, this.#options.shown);
  }

  /** Takes an item of what is returned. */
  push(payload: Uint8Array): void {
    this.#inbound?.push(payload);
  }

  /** So many bytes more of an argument may be sent. */
  credited(stream: number, bytes: number): void {
    this.#outbound.get(stream)?.credit(bytes);
  }

  /** The call is over. @param failure Why its function gets no more items; none where there are no more. */
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

/** Items for a function: an object that has nothing of ours in it. A function that stops half-way gives the call up. */
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

// All scripts of a service have these in common.
for (const shared of [itemsOf, itemsOf.prototype]) Object.freeze(shared);
