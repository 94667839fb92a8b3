/** The fields of JSON that came from elsewhere: read with messages that say what is wrong with which. */
import { MalformedMessage, messageOf } from "../../errors/mod.ts";
import { checkJson, describeValue, isObject, NotJson, parseJson } from "../../encoding/mod.ts";

/** A JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** Reads the value of a field. @throws {MalformedMessage} If it is not as it must be. */
export type Read<Result> = (value: unknown, place: string) => Result;

/** A text that must hold a JSON object. @throws {MalformedMessage} If it does not, or a key in it comes twice. */
export function parseObjectText(text: string, place: string): Fields {
  let json: unknown;
  try {
    checkJson(text);
    json = parseJson(text);
  } catch (cause) {
    const is = cause instanceof NotJson ? " is" : ":";
    throw new MalformedMessage(`${place}${is} ${messageOf(cause)}`, { cause });
  }
  if (!isObject(json)) throw wrong(place, "an object", json);
  return json;
}

/** What a field holds; only its own, never one of the prototype. */
export function field(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** A field that must be there. @throws {MalformedMessage} If it is not, or is not right. */
export function required<Result>(fields: Fields, name: string, read: Read<Result>): Result {
  return read(field(fields, name), `"${name}"`);
}

/** A field that may be left out, or be null. @throws {MalformedMessage} If it is not right. */
export function optional<Result>(
  fields: Fields,
  name: string,
  read: Read<Result>,
): Result | undefined {
  const value = field(fields, name);
  return value === undefined || value === null ? undefined : read(value, `"${name}"`);
}

/** A text. */
export function asString(value: unknown, place: string): string {
  if (typeof value !== "string") throw wrong(place, "a string", value);
  return value;
}

/** A list. */
export function asArray(value: unknown, place: string): unknown[] {
  if (!Array.isArray(value)) throw wrong(place, "a list", value);
  return value;
}

/** A list of texts. */
export function asStrings(value: unknown, place: string): string[] {
  const list = asArray(value, place);
  return list.map((item, index) => asString(item, `item ${index + 1} of ${place}`));
}

/** `"header" must be "RPC-REQ", got 5`. */
export function wrong(place: string, expected: string, value: unknown): MalformedMessage {
  const got = value === undefined ? "it is missing" : `got ${describeValue(value)}`;
  return new MalformedMessage(`${place} must be ${expected}, ${got}`);
}
