/** Finds where the first JSON object, or array, of a stream of bytes ends. */
import { MalformedMessage, MessageTooLarge } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import { utf16Message } from "../../encoding/mod.ts";

/** What a scanner takes: JSON-RPC knows batches, which are arrays. */
export type Scanned = "object" | "object or array";

/**
 * Cuts the first JSON object out of a stream: it ends where its brackets close, so neither a length
 * nor a newline is needed. White space and a byte order mark may come before it. Time is linear in the bytes,
 * however they are cut into chunks; no byte is kept beyond those that are allowed.
 *
 * What is between the brackets is not checked, but for what would have the end never come: brackets that do not
 * match, and texts that a line ends in. The rest is the parser's part.
 */
export class JsonObjectScanner {
  readonly #scanned: Scanned;
  readonly #bytesMax: number;
  #buffer = nothing;
  #buffered = 0;
  /** Bytes that were pushed and belong to the object or to the white space before it. */
  #seen = 0;
  /** The brackets that will close those that are open. */
  readonly #closing: number[] = [];
  /** Bytes of a byte order mark that have come. */
  #markBytes = 0;
  #inString = false;
  #escaped = false;
  #rest: Uint8Array | undefined;

  /** @param bytesMax The longest that it may be. */
  constructor(scanned: Scanned = "object", bytesMax: number = limits.messageBytesMax) {
    this.#scanned = scanned;
    this.#bytesMax = bytesMax;
  }

  /** Whether the object has begun and is not complete. */
  get isInside(): boolean {
    return this.#closing.length > 0;
  }

  /** What has arrived of an incomplete or malformed object; a view that is valid until the next push. */
  get begun(): Uint8Array {
    return this.#buffer.subarray(0, this.#buffered);
  }

  /** What followed the object in the chunk that completed it, a view; undefined until then. */
  get rest(): Uint8Array | undefined {
    return this.#rest;
  }

  /**
   * Takes the next bytes.
   *
   * @returns The object's bytes once it is complete, else undefined. They are a view on the chunk if
   * it came in one chunk: read them before that is used for anything else.
   * @throws {MalformedMessage} If what comes first is not an object, its brackets do not match, a text in it holds a
   * control character, or it nests deeper than `limits.jsonDepthMax`.
   * @throws {MessageTooLarge} If it does not end within the bytes that are allowed.
   * @throws {TypeError} If the object was complete already.
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
    // Mostly it is the whole chunk.
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

  /** The offset of the first bracket; the end of the chunk where there is none. */
  #findBegin(chunk: Uint8Array): number {
    for (let index = 0; index < chunk.length; index++) {
      const byte = chunk[index]!;
      if (byte === byteOrderMark[this.#markBytes]) {
        this.#markBytes = (this.#markBytes + 1) % byteOrderMark.length;
      } else if (this.#markBytes > 0 || !isWhite(byte)) {
        const mayBegin = byte === openBrace ||
          byte === openBracket && this.#scanned === "object or array";
        if (mayBegin && this.#markBytes === 0) return index;
        // Neither of the marks of UTF-16 can begin UTF-8.
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

  /** The offset after the object's last byte, if that is in the chunk. */
  #scan(chunk: Uint8Array, start: number): number | undefined {
    const closing = this.#closing;
    let inString = this.#inString;
    let escaped = this.#escaped;
    // In UTF-8 no byte of a longer character looks like one of these, so bytes are enough.
    for (let index = start; index < chunk.length; index++) {
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
      } else if (byte === quote) {
        inString = true;
      } else if (byte === openBrace || byte === openBracket) {
        if (closing.length === limits.jsonDepthMax) {
          throw this.#broken(
            chunk.subarray(start, index),
            `a text message must not nest deeper than ${limits.jsonDepthMax} levels`,
          );
        }
        closing.push(byte + 2); // In ASCII, each closing bracket follows its opening one at this distance.
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

  /** Keeps what came before a mistake, so that the protocol can be told. @returns What to throw. */
  #broken(part: Uint8Array, message: string): MalformedMessage {
    this.#keep(part.subarray(0, this.#bytesMax - this.#buffered));
    return new MalformedMessage(message);
  }

  /** Appends to the buffer, which doubles when it is full: a byte is moved twice on average. */
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

function isWhite(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

function describeByte(byte: number): string {
  return byte > 0x20 && byte < 0x7f
    ? `"${String.fromCharCode(byte)}"`
    : `the byte 0x${byte.toString(16).padStart(2, "0")}`;
}
