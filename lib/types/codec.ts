/**
 * Codecs: each checks, writes and reads the values of one type, in two forms:
 *
 * - the *frame form*, the JSON of a payload with its segments (`payload.ts`);
 * - the *text form*, JSON without segments: bytes are base64 strings, and every str is inline.
 *
 * A third form, the *string form*, is one value as one text: the original protocol sends arguments so, and a shell
 * passes them so.
 *
 * | type | TypeScript | JSON |
 * |---|---|---|
 * | int | a safe integer is a number, beyond that a bigint | an integer of any size |
 * | float | number | a number, or `"NaN"`, `"Infinity"`, `"-Infinity"` |
 * | str | well-formed string | a string (frame form: or a segment) |
 * | bool | boolean | true, false |
 * | bytes | Uint8Array | frame form: a segment; text form: base64 |
 * | None | null | null |
 * | List, Tuple | array | array |
 * | Dict | plain object | object |
 * | Optional | null or the item | null or the item |
 * | Stream | an iterable | frame form: null; text form: array |
 */
import { checkJson, parseJson, quoteBriefly, RepeatedKey } from "../encoding/mod.ts";
import { MalformedMessage } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import type { Codec, Reading } from "./_codec_parts.ts";
import { dictCodec, listCodec, optionalCodec, tupleCodec } from "./_container_codecs.ts";
import { scalarCodecs } from "./_scalar_codecs.ts";
import { streamCodec } from "./stream_codec.ts";
import {
  formatTypeExpression,
  parseTypeExpression,
  type ScalarKind,
  type TypeExpression,
} from "./type_expression.ts";
import { TypeMismatch } from "./type_mismatch.ts";

export {
  type Budget,
  type Codec,
  fullBudget,
  needsExactIntegers,
  type Reading,
} from "./_codec_parts.ts";

const codecs = new Map<string, Codec>();

/** The codec of a type, made once and cached. */
export function codecOf(type: TypeExpression): Codec {
  const text = formatTypeExpression(type);
  const known = codecs.get(text);
  if (known !== undefined) return known;
  const codec = makeCodec(type, text);
  if (codecs.size >= limits.overloadsPerServiceMax) codecs.clear();
  codecs.set(text, codec);
  return codec;
}

/**
 * The codec of a type by its text, in any spelling.
 *
 * @throws {TypeExpressionError} If the text is not a type expression.
 */
export function codecOfText(text: string): Codec {
  return codecs.get(text) ?? codecOf(parseTypeExpression(text));
}

/**
 * The value of native JSON in the text form; leaves `json` unchanged.
 *
 * @param json As {@linkcode parseJson} returns it.
 * @throws {TypeMismatch} If it does not fit.
 */
export function fromJson(codec: Codec, json: unknown): unknown {
  return codec.read(json, textReading);
}

/**
 * The native JSON of a value in the text form, for `stringifyJson`.
 *
 * @throws {TypeMismatch} If the value does not fit.
 */
export function toJson(codec: Codec, value: unknown): unknown {
  return parseJson(codec.write(value, undefined));
}

const textReading: Reading = { segments: undefined, exact: true, owned: false, keys: 0 };

function makeCodec(type: TypeExpression, text: string): Codec {
  switch (type.kind) {
    case "Optional":
      return optionalCodec(type, text, codecOf(type.item));
    case "List":
      return { ...listCodec(type, text, codecOf(type.item)), ...containerTexts(type, text) };
    case "Dict":
      return { ...dictCodec(type, text, codecOf(type.value)), ...containerTexts(type, text) };
    case "Tuple":
      return { ...tupleCodec(type, text, type.items.map(codecOf)), ...containerTexts(type, text) };
    case "Stream":
      return streamCodec(type, text, {
        item: codecOf(type.item),
        list: codecOf({ kind: "List", item: type.item }),
      });
    default:
      return scalarCodecs[type.kind];
  }
}

const exampleLengthMax = 60;

function shortened(example: string): string {
  return example.length <= exampleLengthMax ? example : `${example.slice(0, exampleLengthMax)}…`;
}

/** The string form of a container is its JSON in the text form. */
function containerTexts(
  type: TypeExpression,
  typeText: string,
): Pick<Codec, "fromText" | "toText"> {
  return {
    fromText(this: Codec, text: string): unknown {
      let json: unknown;
      try {
        checkJson(text);
        json = parseJson(text);
      } catch (cause) {
        if (!(cause instanceof MalformedMessage)) throw cause;
        const why = cause instanceof RepeatedKey ? ` (${cause.message})` : "";
        const expected = `${typeText} as JSON, such as ${shortened(jsonExample(type))}`;
        throw new TypeMismatch(expected, quoteBriefly(text) + why);
      }
      return this.read(json, textReading);
    },
    toText(this: Codec, value: unknown): string {
      return this.write(value, undefined);
    },
  };
}

const scalarExamples: Readonly<Record<ScalarKind, readonly [string, string]>> = {
  int: ["1", "2"],
  int53: ["1", "2"],
  float: ["1.5", "2"],
  str: ['"a"', '"b"'],
  bool: ["true", "false"],
  bytes: ['"aGk="', '"eW8="'],
  None: ["null", "null"],
};

/** An example value of a type, as a person would write it in JSON; its size depends on the type alone. */
function jsonExample(type: TypeExpression): string {
  switch (type.kind) {
    case "List":
    case "Stream":
      return `[${itemExamples(type.item).join(", ")}]`;
    case "Tuple":
      return `[${type.items.map(jsonExample).join(", ")}]`;
    case "Dict":
      return `{"a": ${jsonExample(type.value)}}`;
    case "Optional":
      return jsonExample(type.item);
    default:
      return scalarExamples[type.kind][0];
  }
}

function itemExamples(item: TypeExpression): readonly string[] {
  return item.kind in scalarExamples
    ? scalarExamples[item.kind as ScalarKind]
    : [jsonExample(item)];
}
