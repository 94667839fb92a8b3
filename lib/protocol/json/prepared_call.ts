/**
 * Calls in protocols that have one message each way: out of a request's arguments what an executor takes, and out of
 * what it answers the JSON that goes back. There a stream is the list of its items.
 */
import { stringifyJson } from "../../encoding/mod.ts";
import { chooseByJson, type JsonArguments, type NamedOverload } from "./named_arguments.ts";
import { chooseOverload, type ChosenOverload, type CompiledSignature } from "../../types/mod.ts";
import { itemsIn, PackedItems } from "./packed_items.ts";
import { stringsIn, type TextRequest } from "./text.ts";

/** A call that an executor can be given. */
export interface PreparedCall<T> {
  /** One of those to choose from. */
  readonly overload: T;
  /** Its arguments. */
  readonly payload: Uint8Array;
  /** The items of its arguments that are streams, in the order of its signature; see {@linkcode itemsIn}. */
  readonly items: readonly Uint8Array[];
}

/**
 * Prepares a call in the text framing.
 *
 * @throws {InvalidArguments} As `chooseOverload`.
 * @throws {MessageTooLarge} If one message does not hold the arguments.
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

/** How a result is written: as a list of texts in the string form, as a list of native JSON, or as its one value. */
export type ResultForm = "texts" | "list" | "value";

/**
 * The JSON of a result.
 *
 * @param payload Its payload; of a stream, its items as {@linkcode PackedItems} has them.
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

/** The value of a result: undefined for none, an array of several. @throws As {@linkcode resultJson}. */
export function resultOf(signature: CompiledSignature, payload: Uint8Array): unknown {
  const { resultStream } = signature;
  return resultStream === undefined
    ? signature.decodeResult(payload)
    : Array.from(itemsIn(payload), resultStream.decodeItem);
}
