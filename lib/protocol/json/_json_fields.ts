/** Reads the fields of JSON from a peer, with messages that say what is wrong with which field. */
import { MalformedMessage, messageOf } from "../../errors/mod.ts";
import { checkJson, describeValue, isObject, NotJson, parseJson } from "../../encoding/mod.ts";

/** A JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** Reads a field's value. @throws {MalformedMessage} If it is invalid. */
export type Read<Result> = (value: unknown, place: string) => Result;

/** Parses a text that must hold a JSON object. @throws {MalformedMessage} If it does not, or has a duplicate key. */
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

/** A field's value; own properties only, never the prototype's. */
export function field(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** A required field. @throws {MalformedMessage} If it is missing or invalid. */
export function required<Result>(fields: Fields, name: string, read: Read<Result>): Result {
  return read(field(fields, name), `"${name}"`);
}

/** A field that may be absent or null. @throws {MalformedMessage} If it is invalid. */
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
