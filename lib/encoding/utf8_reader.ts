/** Strict UTF-8 decoding of text that arrives in pieces; errors give the place. */

/** The place of the first invalid byte. */
export interface Utf8Position {
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
  readonly place: Utf8Position;

  constructor(place: Utf8Position) {
    const { offset, line, column } = place;
    super(`is not UTF-8 at byte ${offset + 1} (line ${line}, column ${column})`);
    this.place = place;
  }
}

/** Decodes pieces of one text. A character may be split between two. */
export class Utf8Reader {
  readonly #decoder: TextDecoder;
  /** The end of the decoded text. */
  #place: Utf8Position = { offset: 0, line: 1, column: 1 };
  /** The first bytes of an incomplete character. */
  #rest = new Uint8Array(0);

  /** @param options Whether to keep a leading byte order mark. Default: no. */
  constructor({ keepsMark = false }: { readonly keepsMark?: boolean } = {}) {
    this.#decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: keepsMark });
  }

  /** Decodes the next piece. @throws {NotUtf8} */
  read(piece: Uint8Array): string {
    return this.#decode(piece, { stream: true });
  }

  /** Ends the text. @throws {NotUtf8} If a character is incomplete. */
  end(): string {
    return this.#decode(new Uint8Array(0), { stream: false });
  }

  #decode(piece: Uint8Array, options: { readonly stream: boolean }): string {
    let text: string;
    try {
      text = this.#decoder.decode(piece, options);
    } catch {
      throw new NotUtf8(this.#positionOfFault(piece));
    }
    const bytes = joined(this.#rest, piece);
    this.#rest = bytes.slice(bytes.length - unfinishedLength(bytes));
    this.#place = after(this.#place, bytes.subarray(0, bytes.length - this.#rest.length));
    return text;
  }

  #positionOfFault(piece: Uint8Array): Utf8Position {
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

/** Advances the place past valid bytes. */
function after({ offset, line, column }: Utf8Position, bytes: Uint8Array): Utf8Position {
  let lineStart = 0;
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) {
    line += 1;
    column = 1;
    lineStart = at + 1;
  }
  // Every byte except continuation bytes begins a character.
  for (let at = lineStart; at < bytes.length; at++) if ((bytes[at]! & 0xc0) !== 0x80) column += 1;
  return { offset: offset + bytes.length, line, column };
}

/** The number of trailing bytes that begin an incomplete character; the bytes before are valid. */
function unfinishedLength(bytes: Uint8Array): number {
  for (let length = 1; length <= 3 && length <= bytes.length; length++) {
    const byte = bytes[bytes.length - length]!;
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > length ? length : 0;
  }
  return 0;
}

/** The number of leading bytes that are valid UTF-8, without an incomplete character at the end. */
function validLength(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const length = characterLength(bytes, at);
    if (length === 0) break;
    at += length;
  }
  return at;
}

/** The length of the character that begins here; 0 if invalid. By table 3-7 of the Unicode standard. */
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
