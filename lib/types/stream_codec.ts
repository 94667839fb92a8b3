/**
 * The codec of `Stream[item]`. In the frame form a stream is a `null` placeholder: its items travel in frames of their
 * own. In the text form, which has one message each way, it is the list of its items.
 */
import type { Budget, Codec, Reading } from "./_codec_parts.ts";
import { mismatch } from "./_scalar_codecs.ts";
import type { SegmentWriter } from "./payload.ts";
import { TypeMismatch } from "./type_mismatch.ts";
import type { TypeExpression } from "./type_expression.ts";

/** The source of a stream's items. */
export type ItemSource = AsyncIterable<unknown> | Iterable<unknown>;

/** The codec of a stream. */
export interface StreamCodec extends Codec {
  /** The codec of its items. */
  readonly item: Codec;
}

/** Items named instead of written out: `-`, or `@` and a file's path. */
export class NamedSource {
  /** As written. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Whether a text names a source rather than the items themselves. */
export function isSourceName(text: string): boolean {
  return text === "-" || text.startsWith("@");
}

/** Whether a value can be iterated as a stream. Strings and bytes are iterable, too, but never meant as one. */
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
    // The presence of a segment writer selects the form.
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
