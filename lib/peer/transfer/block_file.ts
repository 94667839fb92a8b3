/** Reads and writes a file in blocks, one block ahead of the caller, so that disk and network work in parallel. */
import { limits } from "../../limits/mod.ts";
import { writeAll } from "../../files/durable.ts";

/** Reads a file's blocks in order from its position. Dispose it before the file is closed. */
export class BlockReader implements AsyncDisposable {
  readonly #file: Deno.FsFile;
  #left: number;
  /** The caller holds one block while the other is filled. */
  #buffers = [blockBuffer(), blockBuffer()] as const;
  #next: Promise<Uint8Array | null>;

  /** @param bytes Maximum number of bytes to read. */
  constructor(file: Deno.FsFile, bytes: number) {
    this.#file = file;
    this.#left = bytes;
    this.#next = this.#read();
  }

  /** The next block, valid until the next call; null at the end of the file. */
  async read(): Promise<Uint8Array | null> {
    const block = await this.#next;
    if (block !== null) this.#next = this.#read();
    return block;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#next.catch(() => {});
  }

  #read(): Promise<Uint8Array | null> {
    const [buffer, other] = this.#buffers;
    this.#buffers = [other, buffer];
    const read = this.#fill(buffer.subarray(0, Math.min(this.#left, buffer.length)));
    // The next `read` reports it.
    read.catch(() => {});
    return read;
  }

  async #fill(buffer: Uint8Array): Promise<Uint8Array | null> {
    if (buffer.length === 0) return null;
    const count = await this.#file.read(buffer);
    if (count === null) return null;
    this.#left -= count;
    return buffer.subarray(0, count);
  }
}

/** Appends to a file, and syncs it periodically. Flush it before the file is closed. */
export class BlockWriter {
  readonly #file: Deno.FsFile;
  /** One block is filled while the other is written. */
  #buffers = [blockBuffer(), blockBuffer()] as const;
  #filled = 0;
  #unsynced = 0;
  #written = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Bytes appended so far. */
  get written(): number {
    return this.#written;
  }

  /** Appends a copy of the bytes. @throws The operating system's error, for these bytes or earlier ones. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let taken = 0; taken < bytes.length;) {
      const [block] = this.#buffers;
      const part = bytes.subarray(taken, taken + block.length - this.#filled);
      block.set(part, this.#filled);
      this.#filled += part.length;
      taken += part.length;
      if (this.#filled === block.length) await this.#begin();
    }
  }

  /** Resolves when the operating system has all bytes. @throws Its error. */
  async flush(): Promise<void> {
    await this.#begin();
    await this.#writing;
  }

  /** Waits for the previous block, and starts writing this one. */
  async #begin(): Promise<void> {
    await this.#writing;
    const [block, other] = this.#buffers;
    const bytes = block.subarray(0, this.#filled);
    this.#buffers = [other, block];
    this.#filled = 0;
    this.#writing = this.#store(bytes);
    // The next `write` or `flush` reports it.
    this.#writing.catch(() => {});
  }

  async #store(bytes: Uint8Array): Promise<void> {
    await writeAll(this.#file, bytes);
    this.#written += bytes.length;
    this.#unsynced += bytes.length;
    if (this.#unsynced < limits.peer.fileSyncBytes) return;
    this.#unsynced = 0;
    await this.#file.syncData();
  }
}

function blockBuffer(): Uint8Array {
  return new Uint8Array(limits.peer.fileBlockBytes);
}
