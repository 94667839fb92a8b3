/** The body of an HTTP request out of the bytes of a connection: by its length, or in chunks. */
import { limits } from "../../limits/mod.ts";
import { type BodyFraming, bodyTooLarge, malformed, parseField } from "./http.ts";

/** Where a chunked body stands. */
type ChunkState = "size" | "data" | "after data" | "trailer";

/**
 * Takes a body as it comes. Memory grows with what has come, whatever was announced; no byte beyond
 * what is allowed is kept.
 */
export class HttpBody {
  readonly #isChunked: boolean;
  /** Bytes of the body, or of the chunk, that are to come. */
  #missing: number;
  #place: ChunkState = "size";
  /** A line of the chunked coding as far as it has come. */
  #line = "";
  #trailerBytes = 0;
  #buffer = new Uint8Array(0);
  #bytes = 0;

  readonly #bytesMax: number;

  /** @param bytesMax The longest that it may be. */
  constructor(framing: BodyFraming, bytesMax: number = limits.messageBytesMax) {
    this.#bytesMax = bytesMax;
    this.#isChunked = framing.kind === "chunked";
    this.#missing = framing.kind === "length" ? framing.bytes : 0;
  }

  /** The body as far as it has come; a view that is valid until the next push. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#bytes);
  }

  /**
   * Takes the next bytes.
   *
   * @returns What follows the body, a view, once that is complete; else undefined.
   * @throws {HttpRefusal} If the chunks are malformed, or too much in all.
   */
  push(chunk: Uint8Array): Uint8Array | undefined {
    return this.#isChunked ? this.#pushChunked(chunk) : this.#pushPlain(chunk);
  }

  #pushPlain(chunk: Uint8Array): Uint8Array | undefined {
    const end = this.#take(chunk, 0);
    return this.#missing === 0 ? chunk.subarray(end) : undefined;
  }

  #pushChunked(chunk: Uint8Array): Uint8Array | undefined {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#place === "data") {
        offset = this.#take(chunk, offset);
        if (this.#missing === 0) this.#place = "after data";
        continue;
      }
      offset = this.#takeLine(chunk, offset);
      if (!this.#line.endsWith("\n")) return undefined;
      if (!this.#line.endsWith("\r\n")) throw malformed("each line between chunks ends with CR LF");
      const line = this.#line.slice(0, -2);
      this.#line = "";
      if (this.#isOver(line)) return chunk.subarray(offset);
    }
    return undefined;
  }

  /** Takes what has arrived of a line; most have three bytes, too few for a decoder. @returns The offset behind it. */
  #takeLine(chunk: Uint8Array, start: number): number {
    for (let offset = start; offset < chunk.length;) {
      const byte = chunk[offset++]!;
      this.#line += String.fromCharCode(byte);
      if (byte === 0x0a) return offset;
      if (this.#line.length > limits.httpChunkLineBytesMax) {
        throw malformed(`a line between chunks exceeds ${limits.httpChunkLineBytesMax} bytes`);
      }
    }
    return chunk.length;
  }

  /** Takes a line of the chunked coding. @returns Whether it was the last. */
  #isOver(line: string): boolean {
    switch (this.#place) {
      case "size":
        this.#missing = chunkSize(line);
        if (this.#bytes + this.#missing > this.#bytesMax) throw bodyTooLarge(this.#bytesMax);
        this.#place = this.#missing === 0 ? "trailer" : "data";
        return false;
      case "trailer":
        if (line === "") return true;
        this.#trailerBytes += line.length;
        if (this.#trailerBytes > limits.httpHeadBytesMax) throw malformed("a trailer is too long");
        parseField(line); // It says nothing that matters here, but it is to be one.
        return false;
      default:
        if (line !== "") throw malformed("a chunk is longer than it says");
        this.#place = "size";
        return false;
    }
  }

  /** Keeps what is missing of a body or chunk. @returns The offset behind it. */
  #take(chunk: Uint8Array, start: number): number {
    const part = chunk.subarray(start, start + this.#missing);
    const needed = this.#bytes + part.length;
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#buffer.length, 1024));
      larger.set(this.bytes);
      this.#buffer = larger;
    }
    this.#buffer.set(part, this.#bytes);
    this.#bytes = needed;
    this.#missing -= part.length;
    return start + part.length;
  }
}

/** The size that a chunk begins with; extensions are allowed, and mean nothing. */
function chunkSize(line: string): number {
  const match = /^([0-9A-Fa-f]{1,8})(?:[ \t]*;[\t -~]*)?$/.exec(line);
  if (match === null) throw malformed("a chunk begins with its size in hex");
  return parseInt(match[1]!, 16);
}
