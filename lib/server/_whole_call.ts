/** Calls in protocols that have one message each way: there a stream is the list of its items. */
import { itemCost, OutboundItems } from "../channel/mod.ts";
import { type ExceptionType, MessageTooLarge, toException } from "../errors/mod.ts";
import type { CallHandle, CallSink, StreamSink } from "../executor/mod.ts";
import { limits } from "../limits/mod.ts";
import { type CompiledSignature, FrameKind, type ItemSource, writeUint32 } from "../wire/mod.ts";

/** Takes how a call ended; exactly one of the two is called, once, never before {@linkcode callWhole} has returned. */
export interface WholeSink {
  /** The value; undefined for none, an array of several. */
  value(value: unknown): void;
  exception(type: ExceptionType, message: string): void;
}

/**
 * Runs a call with all of its arguments, and waits for all of its result.
 *
 * @param run Runs it with this payload.
 * @throws As `encodeArguments` of the signature, and as `run`.
 */
export function callWhole(
  { signature, values }: { readonly signature: CompiledSignature; readonly values: unknown[] },
  sink: WholeSink,
  run: (payload: Uint8Array, sink: CallSink) => CallHandle,
): CallHandle {
  const fail = (error: unknown): void => {
    const { code, message } = toException(error);
    sink.exception(code, message);
  };
  const give = (read: () => unknown): void => {
    let value: unknown;
    try {
      value = read();
    } catch (error) {
      return fail(error);
    }
    sink.value(value);
  };
  const payload = signature.encodeArguments(values);
  const { argumentStreams, resultStream } = signature;
  if (resultStream === undefined && argumentStreams.length === 0) {
    return run(payload, {
      result: (payload) => give(() => signature.decodeResult(payload)),
      exception: (type, message) => sink.exception(type, message),
    });
  }
  const streams = new WholeStreams(signature, values);
  const handle = run(payload, {
    result: (payload) => {
      streams.over();
      give(() => resultStream === undefined ? signature.decodeResult(payload) : streams.items);
    },
    exception: (type, message) => {
      streams.over();
      sink.exception(type, message);
    },
    streams,
  });
  streams.begin(handle, fail);
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
  /** What was returned so far. */
  readonly items: unknown[] = [];
  readonly #signature: CompiledSignature;
  readonly #sources: readonly unknown[];
  readonly #outbound = new Map<number, OutboundItems>();
  #handle: CallHandle | undefined;
  #fail: ((error: unknown) => void) | undefined;
  #bytes = 0;
  #isOver = false;

  constructor(signature: CompiledSignature, sources: readonly unknown[]) {
    this.#signature = signature;
    this.#sources = sources;
  }

  /** The call runs. @param fail Is told what ends it from here. */
  begin(handle: CallHandle, fail: (error: unknown) => void): void {
    this.#handle = handle;
    this.#fail = fail;
    if (this.#signature.resultStream !== undefined) this.#grant(limits.streamWindowBytes);
    for (const stream of this.#signature.argumentStreams) {
      const { number } = stream;
      const items = new OutboundItems(stream, (body) => {
        handle.send({ kind: FrameKind.item, stream: number, body });
      });
      this.#outbound.set(number, items);
      items.pump(this.#sources[number - 1] as ItemSource).then(
        () => handle.send({ kind: FrameKind.end, stream: number, body: new Uint8Array(0) }),
        (error) => this.#giveUp(error),
      );
    }
  }

  open(): void {}

  item(payload: Uint8Array): void {
    if (this.#isOver) return;
    try {
      this.items.push(this.#signature.resultStream!.decodeItem(payload, this.items.length));
      this.#bytes += payload.length;
      if (this.#bytes > limits.messageBytesMax) {
        throw new MessageTooLarge(
          `the stream has more than ${limits.messageBytesMax} bytes, which is what one message holds; ` +
            "call it with frames (farcall call, or the library)",
        );
      }
    } catch (error) {
      return this.#giveUp(error);
    }
    this.#grant(itemCost(payload));
  }

  credit(stream: number, bytes: number): void {
    this.#outbound.get(stream)?.credit(bytes);
  }

  /** Nothing more is sent. */
  over(): void {
    this.#isOver = true;
    for (const items of this.#outbound.values()) items.stop();
  }

  #grant(bytes: number): void {
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
