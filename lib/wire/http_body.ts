/** The body of an HTTP request out of the bytes of a connection: by its length, or in chunks. */
import { limits } from "../limits/mod.ts";
import { type BodyFraming, bodyTooLarge, malformed, parseField } from "./http.ts";

/** Where a chunked body stands. */
type Place = "size" | "data" | "after data" | "trailer";

/**
 * Takes a body as it comes. Memory grows with what has come, whatever was announced; no byte beyond
 * what is allowed is kept.
 */
export class HttpBody {
  readonly #isChunked: boolean;
  /** Bytes of the body, or of the chunk, that are to come. */
  #missing: number;
  #place: Place = "size";
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
    const rest = this.#take(chunk);
    return this.#missing === 0 ? rest : undefined;
  }

  #pushChunked(chunk: Uint8Array): Uint8Array | undefined {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#place === "data") {
        rest = this.#take(rest);
        if (this.#missing === 0) this.#place = "after data";
        continue;
      }
      const end = rest.indexOf(0x0a) + 1;
      this.#line += new TextDecoder("latin1").decode(end === 0 ? rest : rest.subarray(0, end));
      if (this.#line.length > limits.httpChunkLineBytesMax) {
        throw malformed(`a line between chunks exceeds ${limits.httpChunkLineBytesMax} bytes`);
      }
      if (end === 0) return undefined;
      rest = rest.subarray(end);
      if (!this.#line.endsWith("\r\n")) throw malformed("each line between chunks ends with CR LF");
      const line = this.#line.slice(0, -2);
      this.#line = "";
      if (this.#isOver(line)) return rest;
    }
    return undefined;
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

  /** Keeps what is missing of a body or chunk. @returns The rest. */
  #take(bytes: Uint8Array): Uint8Array {
    const part = bytes.subarray(0, this.#missing);
    const needed = this.#bytes + part.length;
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#buffer.length, 1024));
      larger.set(this.bytes);
      this.#buffer = larger;
    }
    this.#buffer.set(part, this.#bytes);
    this.#bytes = needed;
    this.#missing -= part.length;
    return bytes.subarray(part.length);
  }
}

/** The size that a chunk begins with; extensions are allowed, and mean nothing. */
function chunkSize(line: string): number {
  const match = /^([0-9A-Fa-f]{1,8})(?:[ \t]*;[\t -~]*)?$/.exec(line);
  if (match === null) throw malformed("a chunk begins with its size in hex");
  return parseInt(match[1], 16);
}
