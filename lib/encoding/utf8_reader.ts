/** UTF-8 that arrives in pieces, read strictly: what is not UTF-8 is refused with its place. */

/** Where bytes stop being UTF-8. */
export interface Utf8Place {
  /** Counted from 0. */
  readonly offset: number;
  /** Counted from 1; lines end with a line feed. */
  readonly line: number;
  /** In characters, counted from 1. */
  readonly column: number;
}

/** Bytes that are not UTF-8. */
export class NotUtf8 extends Error {
  override readonly name = "NotUtf8";
  readonly place: Utf8Place;

  constructor(place: Utf8Place) {
    const { offset, line, column } = place;
    super(`is not UTF-8 at byte ${offset + 1} (line ${line}, column ${column})`);
    this.place = place;
  }
}

/** Decodes pieces of one text. A character may lie in two of them. */
export class Utf8Reader {
  readonly #decoder: TextDecoder;
  /** Of what was decoded. */
  #place: Utf8Place = { offset: 0, line: 1, column: 1 };
  /** The beginning of a character whose rest is still to come. */
  #rest = new Uint8Array(0);

  /** @param options Whether a byte order mark at the beginning belongs to the text. Default: no. */
  constructor({ keepsMark = false }: { readonly keepsMark?: boolean } = {}) {
    this.#decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: keepsMark });
  }

  /** The text of the next piece. @throws {NotUtf8} */
  read(piece: Uint8Array): string {
    return this.#decode(piece, { stream: true });
  }

  /** What is left after the last piece. @throws {NotUtf8} If a character is not finished. */
  end(): string {
    return this.#decode(new Uint8Array(0), { stream: false });
  }

  #decode(piece: Uint8Array, options: { readonly stream: boolean }): string {
    let text: string;
    try {
      text = this.#decoder.decode(piece, options);
    } catch {
      throw new NotUtf8(this.#placeOfFault(piece));
    }
    const bytes = joined(this.#rest, piece);
    this.#rest = bytes.slice(bytes.length - unfinishedLength(bytes));
    this.#place = after(this.#place, bytes.subarray(0, bytes.length - this.#rest.length));
    return text;
  }

  #placeOfFault(piece: Uint8Array): Utf8Place {
    const bytes = joined(this.#rest, piece);
    return after(this.#place, bytes.subarray(0, validLength(bytes)));
  }
}

/** The text of bytes. @throws {NotUtf8} */
export function readUtf8(
  bytes: Uint8Array,
  options?: { readonly keepsMark?: boolean },
): string {
  const reader = new Utf8Reader(options);
  return reader.read(bytes) + reader.end();
}

function joined(before: Uint8Array, piece: Uint8Array): Uint8Array {
  if (before.length === 0) return piece;
  const bytes = new Uint8Array(before.length + piece.length);
  bytes.set(before);
  bytes.set(piece, before.length);
  return bytes;
}

/** The place behind bytes that are UTF-8. */
function after({ offset, line, column }: Utf8Place, bytes: Uint8Array): Utf8Place {
  let lineStart = 0;
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) {
    line += 1;
    column = 1;
    lineStart = at + 1;
  }
  // Every byte but those that continue a character begins one.
  for (let at = lineStart; at < bytes.length; at++) if ((bytes[at]! & 0xc0) !== 0x80) column += 1;
  return { offset: offset + bytes.length, line, column };
}

/** How many of the last bytes begin a character that is not finished; the bytes before are sound. */
function unfinishedLength(bytes: Uint8Array): number {
  for (let length = 1; length <= 3 && length <= bytes.length; length++) {
    const byte = bytes[bytes.length - length]!;
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > length ? length : 0;
  }
  return 0;
}

/** How many of the first bytes are UTF-8. A character that is cut off at the end is not. */
function validLength(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const length = characterLength(bytes, at);
    if (length === 0) break;
    at += length;
  }
  return at;
}

/** The bytes of the character that begins here; 0 where none does. By table 3-7 of the Unicode standard. */
function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (!(bytes[at + 1]! >= least && bytes[at + 1]! <= most)) return 0;
  for (let index = 2; index < length; index++) {
    if ((bytes[at + index]! & 0xc0) !== 0x80) return 0;
  }
  return length;
}
