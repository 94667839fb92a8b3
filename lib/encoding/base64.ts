/** Base64 with the standard alphabet of RFC 4648 §4 and padding. */

/** Built into newer runtimes (Deno 2.9), but not into older ones (Deno 2.4). */
interface NewerBytes {
  toBase64?(): string;
}
interface NewerBytesClass {
  fromBase64?(text: string): Uint8Array<ArrayBuffer>;
}
const newerBytesClass = Uint8Array as unknown as NewerBytesClass;
// Captured now, because an executor clears the global scope before it runs a script. Only without the built-in
// functions, because reading these globals makes Deno 2.9 load their module.
const older = newerBytesClass.fromBase64 === undefined
  ? { atob: globalThis.atob, btoa: globalThis.btoa }
  : undefined;

/** The base64 text of bytes. */
export function toBase64(bytes: Uint8Array): string {
  if (older === undefined) return (bytes as unknown as NewerBytes).toBase64!();
  let characters = "";
  for (let start = 0; start < bytes.length; start += 0x2000) {
    characters += String.fromCharCode(...bytes.subarray(start, start + 0x2000));
  }
  return older.btoa(characters);
}

/** The bytes of a base64 text; undefined if it is not one (padding is needed, white space is not allowed). */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0 || /[^A-Za-z0-9+/=]/.test(text)) return undefined;
  const padding = text.indexOf("=");
  if (padding >= 0 && padding < text.length - (text.endsWith("==") ? 2 : 1)) return undefined;
  if (older === undefined) return newerBytesClass.fromBase64!(text);
  const characters = older.atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let index = 0; index < bytes.length; index++) bytes[index] = characters.charCodeAt(index);
  return bytes;
}
