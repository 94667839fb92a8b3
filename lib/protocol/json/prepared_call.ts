/**
 * Calls in protocols with one message each way: converts a request's arguments to an executor's payload, and its result
 * to the JSON of the response. A stream is the list of its items.
 */
import { stringifyJson } from "../../encoding/mod.ts";
import { chooseByJson, type JsonArguments, type NamedOverload } from "./named_arguments.ts";
import { chooseOverload, type ChosenOverload, type CompiledSignature } from "../../types/mod.ts";
import { itemsIn, PackedItems } from "./packed_items.ts";
import { stringsIn, type TextRequest } from "./text.ts";

/** A call that is ready for an executor. */
export interface PreparedCall<T> {
  /** One of the candidates. */
  readonly overload: T;
  /** The payload of its arguments. */
  readonly payload: Uint8Array;
  /** The items of arguments that are streams, in the order of the signature; see {@linkcode itemsIn}. */
  readonly items: readonly Uint8Array[];
}

/**
 * Prepares a call in the text framing.
 *
 * @throws {InvalidArguments} As `chooseOverload`.
 * @throws {MessageTooLarge} If the arguments exceed the size of one message.
 */
export function prepareText<T extends NamedOverload>(
  overloads: readonly T[],
  { rpc, arguments: values, argumentTypes, returnTypes }: Omit<TextRequest, "service">,
): PreparedCall<T> {
  const form = stringsIn(values) ? "texts" : "json";
  return prepared(chooseOverload(rpc, overloads, { values, form, argumentTypes, returnTypes }));
}

/** Prepares a call in native JSON. @throws As {@linkcode prepareText}. */
export function prepareJson<T extends NamedOverload>(
  overloads: readonly T[],
  { rpc, arguments: given }: { readonly rpc: string; readonly arguments: JsonArguments },
): PreparedCall<T> {
  return prepared(chooseByJson(rpc, overloads, given));
}

/** Prepares a call whose overload is known. @throws As `encodeArguments` of its signature. */
export function prepareValues<T extends NamedOverload>(
  overload: T,
  values: readonly unknown[],
): PreparedCall<T> {
  return prepared({ overload, values: values as unknown[] });
}

function prepared<T extends NamedOverload>(
  { overload, values }: ChosenOverload<T>,
): PreparedCall<T> {
  const { signature } = overload;
  return {
    overload,
    payload: signature.encodeArguments(values),
    items: signature.argumentStreams.map(({ number, encodeItem }) => {
      const packed = new PackedItems();
      let index = 0;
      for (const item of values[number - 1] as Iterable<unknown>) {
        packed.add(encodeItem(item, index++));
      }
      return packed.bytes;
    }),
  };
}

/** The form of a result: a list of texts in the string form, a list of native JSON, or its single value. */
export type ResultForm = "texts" | "list" | "value";

/**
 * Encodes a result as JSON.
 *
 * @param payload Its payload; for a stream, its items as {@linkcode PackedItems} has them.
 * @throws {MalformedMessage} If a payload is malformed, or does not match its declared types.
 */
export function resultJson(
  signature: CompiledSignature,
  payload: Uint8Array,
  form: ResultForm,
): string {
  const value = resultOf(signature, payload);
  if (form === "texts") return stringifyJson(signature.resultToTexts(value));
  const texts = signature.resultToJsonTexts(value);
  if (form === "list" || texts.length > 1) return `[${texts.join(",")}]`;
  return texts.length === 0 ? "null" : texts[0]!;
}

/** The value of a result: undefined for none, an array for several. @throws As {@linkcode resultJson}. */
export function resultOf(signature: CompiledSignature, payload: Uint8Array): unknown {
  const { resultStream } = signature;
  return resultStream === undefined
    ? signature.decodeResult(payload)
    : Array.from(itemsIn(payload), resultStream.decodeItem);
}
