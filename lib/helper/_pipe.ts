/**
 * Messages between a node and its helper, over the helper's standard input and output:
 *
 * ```text
 * message = u32 bytes of the head, u32 number of parts, u32 bytes of each part, the head (JSON), the parts
 * ```
 */
import { readUint32, writeUint32 } from "../encoding/mod.ts";

/** A head, and binary parts. */
export interface Message {
  readonly head: unknown;
  readonly parts: readonly Uint8Array<ArrayBuffer>[];
}

/** Up to this many bytes, a part is written together with the data before it. */
const joinedBytesMax = 16 * 1024;
/** Bytes of one write, which the pipe's reader must take before the next. */
const writeBytesMax = 1024 * 1024;

/** Writes messages, one after the other. */
export class MessageWriter {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor(stream: WritableStream<Uint8Array>) {
    this.#writer = stream.getWriter();
  }

  /** Writes a message. The parts must not change until this resolves. */
  async write(head: unknown, parts: readonly Uint8Array[] = []): Promise<void> {
    const json = new TextEncoder().encode(JSON.stringify(head));
    const lengths = new Uint8Array(8 + 4 * parts.length);
    writeUint32(lengths, 0, json.length);
    writeUint32(lengths, 4, parts.length);
    for (const [index, part] of parts.entries()) writeUint32(lengths, 8 + 4 * index, part.length);
    const small: Uint8Array[] = [lengths, json];
    let smallBytes = lengths.length + json.length;
    for (const part of parts) {
      if (part.length <= joinedBytesMax && smallBytes <= writeBytesMax) {
        small.push(part);
        smallBytes += part.length;
        continue;
      }
      await this.#writeAll(joined(small.splice(0), smallBytes));
      smallBytes = 0;
      await this.#writeAll(part);
    }
    if (smallBytes > 0) await this.#writeAll(joined(small, smallBytes));
  }

  /** Ends the stream. */
  close(): void {
    this.#writer.close().catch(() => {});
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let start = 0; start < bytes.length; start += writeBytesMax) {
      await this.#writer.write(bytes.subarray(start, start + writeBytesMax));
    }
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** Reads messages. */
export class MessageReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  /** Bytes read beyond the last message. */
  #rest: Uint8Array = new Uint8Array(0);

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** The next message; undefined at the end of the stream. @throws {Error} If the stream ends inside a message. */
  async read(): Promise<Message | undefined> {
    const first = await this.#take(8, "may end");
    if (first === undefined) return undefined;
    const lengths = await this.#take(4 * readUint32(first, 4));
    const json = await this.#take(readUint32(first, 0));
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for (let at = 0; at < lengths.length; at += 4) {
      parts.push(await this.#take(readUint32(lengths, at)));
    }
    return { head: JSON.parse(new TextDecoder().decode(json)), parts };
  }

  /** Stops reading. */
  cancel(): void {
    this.#reader.cancel().catch(() => {});
  }

  async #take(bytes: number): Promise<Uint8Array<ArrayBuffer>>;
  async #take(bytes: number, end: "may end"): Promise<Uint8Array<ArrayBuffer> | undefined>;
  async #take(bytes: number, end?: "may end"): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const taken = new Uint8Array(bytes);
    let filled = 0;
    while (filled < bytes) {
      if (this.#rest.length === 0) {
        const { value, done } = await this.#reader.read();
        if (done) {
          if (filled === 0 && end === "may end") return undefined;
          throw new Error("the stream ended inside a message");
        }
        this.#rest = value;
      }
      const part = this.#rest.subarray(0, bytes - filled);
      taken.set(part, filled);
      filled += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return taken;
  }
}
