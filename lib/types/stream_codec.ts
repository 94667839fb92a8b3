/**
 * The codec of `Stream[item]`. In the frame form a stream is a `null` that keeps its place: its items come
 * in frames of their own. In the text form, which has one message each way, it is the list of its items.
 */
import type { Budget, Codec, Reading } from "./_codec_parts.ts";
import { mismatch } from "./_scalar_codecs.ts";
import type { SegmentWriter } from "./payload.ts";
import { TypeMismatch } from "./type_mismatch.ts";
import type { TypeExpression } from "./type_expression.ts";

/** Where the items of a stream come from. */
export type ItemSource = AsyncIterable<unknown> | Iterable<unknown>;

/** The codec of a stream. */
export interface StreamCodec extends Codec {
  /** The codec of its items. */
  readonly item: Codec;
}

/** Items that a person named in place of writing them: `-`, or `@` and the path of a file. */
export class NamedSource {
  /** As it was written. */
  readonly text: string;

  /** Keeps the text. */
  constructor(text: string) {
    this.text = text;
  }
}

/** Whether a text names a source and is not the items themselves. */
export function isSourceName(text: string): boolean {
  return text === "-" || text.startsWith("@");
}

/** Whether it can be iterated over. A text or bytes can too, and never mean that. */
export function isItemSource(value: unknown): value is ItemSource {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return false;
  const source = value as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
  return typeof source[Symbol.asyncIterator] === "function" ||
    typeof source[Symbol.iterator] === "function";
}

/** Whether a codec is that of a stream. */
export function isStreamCodec(codec: Codec): codec is StreamCodec {
  return codec.type.kind === "Stream";
}

/**
 * The codec of `Stream[item]`.
 *
 * @param list The codec of `List[item]`, for the text form.
 */
export function streamCodec(
  type: TypeExpression,
  text: string,
  { item, list }: { readonly item: Codec; readonly list: Codec },
): StreamCodec {
  return {
    type,
    text,
    item,
    // Encoding tells the writer which form is wanted.
    segmented: true,
    write(value: unknown, segments: SegmentWriter | undefined): string {
      if (segments === undefined) return list.write(value, undefined);
      if (!isItemSource(value)) throw mismatch(`${text} (anything to iterate over)`, value);
      return "null";
    },
    read(json: unknown, reading: Reading): unknown {
      if (reading.segments === undefined) return list.read(json, reading);
      if (json !== null) throw mismatch("null instead of a stream", json);
      return undefined;
    },
    accepts(value: unknown, budget: Budget): boolean {
      return Array.isArray(value) ? list.accepts(value, budget) : isItemSource(value);
    },
    fromText(valueText: string): unknown {
      if (isSourceName(valueText)) return new NamedSource(valueText);
      try {
        return list.fromText(valueText);
      } catch (thrown) {
        if (!(thrown instanceof TypeMismatch) || thrown.path !== "") throw thrown;
        throw new TypeMismatch(`${text}: -, @FILE or a JSON list`, thrown.got);
      }
    },
    toText(value: unknown): string {
      return list.toText(value);
    },
  };
}
