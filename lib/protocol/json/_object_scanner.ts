/** Finds the end of the first JSON object, or array, in a stream of bytes. */
import { MalformedMessage, MessageTooLarge } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import { utf16Message } from "../../encoding/mod.ts";

/** The accepted values: JSON-RPC has batches, which are arrays. */
export type Scanned = "object" | "object or array";

/**
 * Cuts the first JSON object out of a stream. It ends where its brackets close, so neither a length nor a newline is
 * needed; white space and a byte order mark may precede it. Takes linear time, however the bytes are split into chunks,
 * and stores no more bytes than allowed. Between the brackets it only rejects what would keep the end from ever coming:
 * mismatched brackets, and strings that contain a line end. The rest is the parser's part.
 */
export class JsonObjectScanner {
  readonly #scanned: Scanned;
  readonly #bytesMax: number;
  #buffer = nothing;
  #buffered = 0;
  /** Bytes pushed that belong to the object or to the white space before it. */
  #seen = 0;
  /** The closing brackets of the open ones. */
  readonly #closing: number[] = [];
  /** Bytes of a byte order mark seen so far. */
  #markBytes = 0;
  #inString = false;
  #escaped = false;
  /** Where the scan of a long string goes on. */
  #longStringAt = 0;
  #rest: Uint8Array | undefined;

  /** @param bytesMax The maximum length. */
  constructor(scanned: Scanned = "object", bytesMax: number = limits.messageBytesMax) {
    this.#scanned = scanned;
    this.#bytesMax = bytesMax;
  }

  /** Whether an incomplete object is pending. */
  get isInside(): boolean {
    return this.#closing.length > 0;
  }

  /** What an incomplete object lacks, for messages: `a quote and 2 brackets`. */
  get missing(): string {
    const { length } = this.#closing;
    if (length === 0) return "its first bracket";
    const brackets = length === 1 ? "a bracket" : `${length} brackets`;
    return `${this.#inString ? "a quote and " : ""}${brackets}`;
  }

  /** The bytes of an incomplete or malformed object; a view, valid until the next push. */
  get begun(): Uint8Array {
    return this.#buffer.subarray(0, this.#buffered);
  }

  /** The bytes after the object in its last chunk, a view; undefined while it is incomplete. */
  get rest(): Uint8Array | undefined {
    return this.#rest;
  }

  /**
   * Consumes the next bytes.
   *
   * @returns The object's bytes once it is complete, else undefined. A view of the chunk if the object came in one:
   *   read it before the chunk is reused.
   * @throws {MalformedMessage} If the input does not start with an object, its brackets do not match, a string in it
   *   contains a control character, or it nests deeper than `limits.jsonDepthMax`.
   * @throws {MessageTooLarge} If it does not end within the allowed bytes.
   * @throws {TypeError} If the object was already complete.
   */
  push(chunk: Uint8Array): Uint8Array | undefined {
    if (this.#rest !== undefined) throw new TypeError("the object is complete: make a new scanner");
    const start = this.isInside ? 0 : this.#findBegin(chunk);
    const end = this.#scan(chunk, start);
    this.#seen += end ?? chunk.length;
    if (this.#seen > this.#bytesMax) {
      throw new MessageTooLarge(
        `a text message must not be larger than ${this.#bytesMax} bytes`,
      );
    }
    // It is mostly the whole chunk.
    const isWhole = start === 0 && (end ?? chunk.length) === chunk.length;
    const part = isWhole ? chunk : chunk.subarray(start, end);
    if (end === undefined) {
      this.#keep(part);
      return undefined;
    }
    this.#rest = end === chunk.length ? nothing : chunk.subarray(end);
    if (this.#buffered === 0) return part;
    this.#keep(part);
    return this.#buffer.subarray(0, this.#buffered);
  }

  /** Finds the first bracket. @returns Its offset, or the length of a chunk without one. */
  #findBegin(chunk: Uint8Array): number {
    for (let index = 0; index < chunk.length; index++) {
      const byte = chunk[index]!;
      if (byte === byteOrderMark[this.#markBytes]) {
        this.#markBytes = (this.#markBytes + 1) % byteOrderMark.length;
      } else if (this.#markBytes > 0 || !isWhite(byte)) {
        const mayBegin = byte === openBrace ||
          byte === openBracket && this.#scanned === "object or array";
        if (mayBegin && this.#markBytes === 0) return index;
        // Neither UTF-16 mark can begin UTF-8.
        const isWide = byte === 0xff || byte === 0xfe || byte === 0;
        throw new MalformedMessage(
          isWide
            ? utf16Message
            : `expected a JSON object, got a message that begins with ${describeByte(byte)}`,
        );
      }
    }
    return chunk.length;
  }

  /** The offset after the object's last byte, if it is in the chunk. */
  #scan(chunk: Uint8Array, start: number): number | undefined {
    let end = this.#scanBytes(chunk, start, start);
    while (end === inLongString) {
      const from = this.#longStringAt + plainBytes(chunk, this.#longStringAt);
      end = this.#scanBytes(chunk, start, from);
    }
    return end;
  }

  /** As {@linkcode JsonObjectScanner.#scan}, but from an offset, and only as far as a string that is long. */
  #scanBytes(chunk: Uint8Array, start: number, from: number): number | undefined {
    const closing = this.#closing;
    let inString = this.#inString;
    let escaped = this.#escaped;
    /** Where the last string began. */
    let stringStart = from;
    // No byte of a multi-byte UTF-8 character equals one of these, so scanning bytes suffices.
    for (let index = from; index < chunk.length; index++) {
      const byte = chunk[index]!;
      if (inString) {
        if (byte < 0x20) {
          throw this.#broken(
            chunk.subarray(start, index),
            `a text in JSON must not hold ${describeByte(byte)}; is a quote missing before it?`,
          );
        }
        if (escaped) escaped = false;
        else if (byte === backslash) escaped = true;
        else if (byte === quote) inString = false;
        else if (index - stringStart === longStringBytes) {
          this.#inString = true;
          this.#escaped = false;
          this.#longStringAt = index + 1;
          return inLongString;
        }
      } else if (byte === quote) {
        inString = true;
        stringStart = index;
      } else if (byte === openBrace || byte === openBracket) {
        if (closing.length === limits.jsonDepthMax) {
          throw this.#broken(
            chunk.subarray(start, index),
            `a text message must not nest deeper than ${limits.jsonDepthMax} levels`,
          );
        }
        closing.push(byte + 2); // In ASCII, each closing bracket is this far after its opening one.
      } else if (byte === closeBrace || byte === closeBracket) {
        if (closing.pop() !== byte) {
          throw this.#broken(
            chunk.subarray(start, index),
            `a ${describeByte(byte)} closes what another bracket has opened`,
          );
        }
        if (closing.length === 0) return index + 1;
      } else if (byte === 0) {
        throw this.#broken(chunk.subarray(start, index), utf16Message);
      }
    }
    this.#inString = inString;
    this.#escaped = escaped;
    return undefined;
  }

  /** Keeps the bytes before a mistake, from which the protocol can be detected. @returns The error to throw. */
  #broken(part: Uint8Array, message: string): MalformedMessage {
    this.#keep(part.subarray(0, this.#bytesMax - this.#buffered));
    return new MalformedMessage(message);
  }

  /** Appends to the buffer, which doubles when full: a byte is moved twice on average. */
  #keep(part: Uint8Array): void {
    const needed = this.#buffered + part.length;
    if (needed > this.#buffer.length) {
      const capacity = Math.max(needed, 2 * this.#buffer.length, bufferBytesMin);
      const larger = new Uint8Array(Math.min(capacity, this.#bytesMax));
      larger.set(this.#buffer.subarray(0, this.#buffered));
      this.#buffer = larger;
    }
    this.#buffer.set(part, this.#buffered);
    this.#buffered = needed;
  }
}

const nothing = new Uint8Array(0);
const bufferBytesMin = 64;
const byteOrderMark = [0xef, 0xbb, 0xbf];
const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** The object's end is not known yet: the scan is in a long string. */
const inLongString = -1;

/** A string of this many bytes is probably longer: the next are scanned four at a time. */
const longStringBytes = 32;

/** The number of plain bytes of a string from an offset on, or up to three fewer. */
function plainBytes(chunk: Uint8Array, start: number): number {
  const words = new DataView(chunk.buffer, chunk.byteOffset + start, chunk.length - start);
  let count = 0;
  while (count + 4 <= words.byteLength && isPlainText(words.getInt32(count))) count += 4;
  return count;
}

/**
 * Whether none of four bytes of a string is a quote, a backslash, or a control character. Subtracting from all at once
 * sets the highest bit of those that are smaller, and perhaps that of the byte above one of them.
 */
function isPlainText(word: number): boolean {
  const quotes = word ^ 0x22222222;
  const backslashes = word ^ 0x5c5c5c5c;
  const found = (word - 0x20202020) & ~word | (quotes - 0x01010101) & ~quotes |
    (backslashes - 0x01010101) & ~backslashes;
  return (found & 0x80808080) === 0;
}

function isWhite(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

function describeByte(byte: number): string {
  return byte > 0x20 && byte < 0x7f
    ? `"${String.fromCharCode(byte)}"`
    : `the byte 0x${byte.toString(16).padStart(2, "0")}`;
}
