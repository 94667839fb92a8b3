import { MalformedMessage } from "../errors/mod.ts";
import { readUint32 } from "../encoding/mod.ts";

/** The id of a script: the lower-case hex SHA-256 of its bundled bytes. */
export type ScriptId = string & { readonly __brand: "ScriptId" };

/** Characters of an id that messages show. */
export const scriptIdShownLength = 12;

/**
 * Checks that a text is a script id.
 *
 * @throws {TypeError} If it is not 64 lower-case hex digits.
 */
export function scriptId(text: string): ScriptId {
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new TypeError(
      `"${text}" is not a script id: expected 64 lower-case hex digits (SHA-256)`,
    );
  }
  return text as ScriptId;
}

/** The pin of a call: a script id, or at least its first 8 digits. */
export type ScriptPin = string & { readonly __brand: "ScriptId" | "ScriptPin" };

/** The form of a pin, for messages. */
export const scriptPinForm = "a script id or its beginning: 8 to 64 lower-case hex digits";

/** Whether a text is a pin. */
export function isScriptPin(value: unknown): value is ScriptPin {
  return typeof value === "string" && /^[0-9a-f]{8,64}$/.test(value);
}

/**
 * Checks that a text is a pin.
 *
 * @throws {TypeError} If it is not 8 to 64 lower-case hex digits.
 */
export function scriptPin(text: string): ScriptPin {
  if (!isScriptPin(text)) throw new TypeError(`"${text}" is not ${scriptPinForm}`);
  return text;
}

/** The id of a bundled script. */
export async function scriptIdOf(bytes: Uint8Array<ArrayBuffer>): Promise<ScriptId> {
  return scriptIdAt(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

const hexDigits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** The size of an id on the wire, in bytes. */
export const scriptIdBytes = 32;

/** Recently read ids, by their first four bytes: nearly all results have one of these. */
const readLately = new Map<number, { readonly bytes: Uint8Array; readonly id: ScriptId }>();
const readLatelyMax = 256;

/** The id at the start of a result. @throws {MalformedMessage} If the result is too short. */
export function scriptIdAt(result: Uint8Array): ScriptId {
  if (result.length < scriptIdBytes) {
    throw new MalformedMessage("a result begins with 32 bytes of script id");
  }
  const start = readUint32(result, 0);
  const known = readLately.get(start);
  if (known !== undefined && beginsWith(result, known.bytes)) return known.id;
  const bytes = result.slice(0, scriptIdBytes);
  const id = hexOf(bytes) as ScriptId;
  if (readLately.size >= readLatelyMax) readLately.clear();
  readLately.set(start, { bytes, id });
  return id;
}

function beginsWith(result: Uint8Array, id: Uint8Array): boolean {
  for (let index = 0; index < scriptIdBytes; index++) {
    if (result[index] !== id[index]) return false;
  }
  return true;
}

/** Bytes in lower-case hex. */
export function hexOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += hexDigits[byte];
  return text;
}
