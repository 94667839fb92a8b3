/** Extracts the body of an HTTP request from a connection's bytes: by length, or chunked. */
import { limits } from "../../limits/mod.ts";
import { type BodyFraming, bodyTooLarge, malformed, parseField } from "./http.ts";

/** The state of a chunked body. */
type ChunkState = "size" | "data" | "after data" | "trailer";

/**
 * Receives a body incrementally. Memory grows with what has arrived, whatever was announced; no byte beyond the bound
 * is stored.
 */
export class HttpBody {
  readonly #isChunked: boolean;
  /** Remaining bytes of the body, or of the chunk. */
  #missing: number;
  #place: ChunkState = "size";
  /** The incomplete line of the chunked coding. */
  #line = "";
  #trailerBytes = 0;
  #buffer = new Uint8Array(0);
  #bytes = 0;

  readonly #bytesMax: number;

  /** @param bytesMax The maximum length. */
  constructor(framing: BodyFraming, bytesMax: number = limits.messageBytesMax) {
    this.#bytesMax = bytesMax;
    this.#isChunked = framing.kind === "chunked";
    this.#missing = framing.kind === "length" ? framing.bytes : 0;
  }

  /** The body so far; a view, valid until the next push. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#bytes);
  }

  /**
   * Consumes the next bytes.
   *
   * @returns The bytes after the body, a view, once it is complete; else undefined.
   * @throws {HttpRefusal} If a chunk is malformed, or the body too large.
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

  /**
   * Consumes the available part of a line; most lines have three bytes, too few for a decoder.
   *
   * @returns The offset after it.
   */
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

  /** Handles a line of the chunked coding. @returns Whether it was the last. */
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
        parseField(line); // Trailer fields are ignored, but must be well-formed.
        return false;
      default:
        if (line !== "") throw malformed("a chunk is longer than it says");
        this.#place = "size";
        return false;
    }
  }

  /** Appends the available part of the body or chunk. @returns The offset after it. */
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

/** The size at the start of a chunk line; extensions are ignored. */
function chunkSize(line: string): number {
  const match = /^([0-9A-Fa-f]{1,8})(?:[ \t]*;[\t -~]*)?$/.exec(line);
  if (match === null) throw malformed("a chunk begins with its size in hex");
  return parseInt(match[1]!, 16);
}
