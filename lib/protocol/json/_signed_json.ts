/**
 * A request signed in JSON: `{"value":"…","key":"ed25519:…","signature":"…"}`. The signature covers a string with the
 * request's JSON, so that neither side needs a canonical form of JSON.
 */
import { MalformedMessage } from "../../errors/mod.ts";
import { asString, field, type Fields, parseObjectText, required, wrong } from "./_json_fields.ts";
import { checkNonce, isPublicKey, publicKeyForm, type RequestProof } from "../../identity/mod.ts";

/** Whether a message claims to be signed. */
export function isSigned(message: Fields): boolean {
  return field(message, "key") !== undefined || field(message, "signature") !== undefined;
}

/** Parses the request inside a signed message, without verifying it. @throws {MalformedMessage} If the text holds no JSON object. */
export function signedFields(message: Fields): Fields {
  const value = field(message, "value");
  const expected = "a text that holds the JSON of an object, where the request is signed";
  if (typeof value !== "string") throw wrong('"value"', expected, value);
  return parseObjectText(value, '"value"');
}

/**
 * The proof of a signed message.
 *
 * @param fields The result of {@linkcode signedFields}.
 * @param statementOf The signed statement for this text.
 * @throws {MalformedMessage} If a part of it is missing or invalid.
 */
export function signedProof(
  message: Fields,
  fields: Fields,
  statementOf: (value: string) => Uint8Array<ArrayBuffer>,
): RequestProof {
  const key = field(message, "key");
  // Not shown: it may be a private key.
  if (!isPublicKey(key)) throw new MalformedMessage(`"key" must be ${publicKeyForm}`);
  const timeMs = required(fields, "time", asTime);
  const nonce = required(fields, "nonce", asString);
  checkNonce(nonce);
  return {
    key,
    signature: required(message, "signature", asString),
    statement: statementOf(field(message, "value") as string),
    to: required(fields, "to", asString),
    timeMs,
    nonce,
  };
}

function asTime(value: unknown, place: string): number {
  if (Number.isSafeInteger(value)) return value as number;
  throw wrong(place, "milliseconds since 1970", value);
}
