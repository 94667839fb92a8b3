/** The items of a stream, each a payload with one value. */
import { ExecutionException, MalformedMessage, messageOf, RpcException } from "../errors/mod.ts";
import type { Codec } from "./_codec_parts.ts";
import { invalidArgument } from "./_invalid_argument.ts";
import { readPayload } from "./_read_payload.ts";
import type { StreamCodec } from "./stream_codec.ts";
import { encodePayload, SegmentWriter } from "./payload.ts";
import { describeValue } from "../encoding/mod.ts";
import { TypeMismatch } from "./type_mismatch.ts";

/** One stream of a call: reads and writes its items. Its methods need no `this`. */
export interface ItemStream {
  /** Its number in frames: 0 for the result, n for the n-th argument. */
  readonly number: number;
  /**
   * Writes the payload of an item.
   *
   * @param index Counted from 0, for messages.
   * @throws {InvalidArguments} In an argument: `argument 1, item 3: expected int, got "x"`.
   * @throws {ExecutionException} In the result: `yielded "x" as item 3, but declares Stream[int]`.
   * @throws {MessageTooLarge} If it exceeds the size of one message.
   */
  encodeItem(value: unknown, index: number): Uint8Array;
  /**
   * Reads the payload of an item. The value shares no memory with it.
   *
   * @throws {InvalidArguments} In an argument, as {@linkcode encodeItem}.
   * @throws {MalformedMessage} If the payload is malformed or holds a value of another type.
   */
  decodeItem(payload: Uint8Array, index: number): unknown;
}

/** The stream that is argument `number`, counted from 1. */
export function argumentStream(codec: StreamCodec, number: number): ItemStream {
  const wrong = (thrown: unknown, index: number): unknown => {
    if (thrown instanceof TypeMismatch) thrown.within(`item ${index + 1}`);
    return invalidArgument(thrown, number - 1);
  };
  return {
    number,
    encodeItem: (value, index) => encodeItem(codec.item, value, (thrown) => wrong(thrown, index)),
    decodeItem: (payload, index) =>
      decodeItem(codec.item, payload, (thrown) => wrong(thrown, index)),
  };
}

/** The stream that is the result. */
export function resultStream(codec: StreamCodec): ItemStream {
  return {
    number: 0,
    encodeItem: (value, index) =>
      encodeItem(codec.item, value, (thrown) => {
        if (thrown instanceof RpcException) return thrown;
        const what = thrown instanceof TypeMismatch
          ? `yielded ${describeValue(value)} as item ${index + 1}, but declares ${codec.text}` +
            (thrown.path === "" ? "" : `: ${thrown.message}`)
          : `yielded what cannot be read as item ${index + 1}: ${messageOf(thrown)}`;
        return new ExecutionException(what, { cause: thrown });
      }),
    decodeItem: (payload, index) =>
      decodeItem(
        codec.item,
        payload,
        (thrown) =>
          thrown instanceof TypeMismatch
            ? new MalformedMessage(thrown.within(`item ${index + 1}`).message)
            : thrown,
      ),
  };
}

function encodeItem(
  item: Codec,
  value: unknown,
  failure: (thrown: unknown) => unknown,
): Uint8Array {
  try {
    const segments = item.segmented ? new SegmentWriter() : undefined;
    return encodePayload(`[${item.write(value, segments)}]`, segments?.segments ?? []);
  } catch (thrown) {
    throw failure(thrown);
  }
}

function decodeItem(
  item: Codec,
  payload: Uint8Array,
  failure: (thrown: unknown) => unknown,
): unknown {
  const [value] = readPayload(payload, {
    codecs: [item],
    segmented: item.segmented,
    checkCount(values) {
      if (values.length === 1) return;
      throw new MalformedMessage(`expected one item, got ${values.length}`);
    },
    failure,
  });
  return value;
}
