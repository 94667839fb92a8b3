/** Strict UTF-8 decoding, fast for short texts. */
import { MalformedMessage } from "../errors/mod.ts";

/** Up to this many characters, a loop beats the runtime's encoder and decoder (measured: about 32). */
export const shortTextMax = 32;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const fatalDecoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/**
 * Decodes JSON text, without a leading byte order mark.
 *
 * @throws {MalformedMessage} If they are not UTF-8; the message recognises UTF-16 and UTF-32.
 */
export function decodeJsonText(bytes: Uint8Array): string {
  if (isUtf16(bytes)) throw new MalformedMessage(utf16Message);
  const text = decodeUtf8(bytes, 0, bytes.length);
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** The message about UTF-16, and about UTF-32, which begins like it. */
export const utf16Message = "this looks like UTF-16 or UTF-32; send JSON in UTF-8";

/** Whether the bytes begin like JSON in UTF-16 or UTF-32, with or without a byte order mark. */
export function isUtf16(bytes: Uint8Array): boolean {
  // Not by destructuring, which would iterate.
  const first = bytes[0];
  const second = bytes[1];
  return first === 0xff && second === 0xfe || first === 0xfe && second === 0xff ||
    first === 0 || second === 0;
}

/**
 * The text of the bytes from `start` to `end`.
 *
 * @throws {MalformedMessage} If they are not UTF-8.
 */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  // For a few bytes, the call into the runtime costs more than the work.
  if (end - start <= shortTextMax) {
    let text = "";
    let index = start;
    for (; index < end; index++) {
      const byte = bytes[index]!;
      if (byte > 0x7f) break;
      text += String.fromCharCode(byte);
    }
    if (index === end) return text;
  }
  const part = start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end);
  // The non-fatal decoder is twice as fast; invalid bytes show as U+FFFD.
  const text = decoder.decode(part);
  if (!text.includes("\ufffd")) return text;
  try {
    return fatalDecoder.decode(part);
  } catch (cause) {
    throw new MalformedMessage("a text is not UTF-8", { cause });
  }
}
