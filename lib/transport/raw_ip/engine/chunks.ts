import { limits } from "../../../limits/mod.ts";
import type { EngineMemory } from "./types.ts";

const chunkBytes = limits.rawIp.chunkBytes;

/** The memory of all connections of a process: a pool of equal chunks, and the budget for window growth. */
export class Memory implements EngineMemory {
  readonly #spare: Uint8Array[] = [];
  #chunks = 0;
  #windowBytes = 0;
  /** Bytes that connections have been given to send, until they are acknowledged. */
  sendBytes = 0;

  get heldBytes(): number {
    return this.#chunks * chunkBytes;
  }

  take(): Uint8Array {
    this.#chunks += 1;
    return this.#spare.pop() ?? new Uint8Array(chunkBytes);
  }

  give(chunk: Uint8Array): void {
    this.#chunks -= 1;
    if (this.#spare.length < limits.rawIp.spareChunksMax) this.#spare.push(chunk);
  }

  /** Grows windows, which promise memory to peers, if there is room. @returns Whether they have grown. */
  growWindows(bytes: number): boolean {
    if (this.#windowBytes + bytes > limits.rawIp.windowBytesPerProcessMax) return false;
    this.#windowBytes += bytes;
    return true;
  }

  shrinkWindows(bytes: number): void {
    this.#windowBytes -= bytes;
  }

  get windowBytes(): number {
    return this.#windowBytes;
  }
}

/** The bytes of a stream between two offsets, in chunks aligned to the stream. */
export class StreamBytes {
  readonly #memory: Memory;
  readonly #chunks: (Uint8Array | undefined)[] = [];
  /** The number of the first chunk in the list. */
  #first = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** Copies `source[from, to)` to `offset`, which must not lie before released bytes. */
  put(offset: number, source: Uint8Array, from: number, to: number): void {
    while (from < to) {
      const number = Math.floor(offset / chunkBytes);
      const at = offset - number * chunkBytes;
      const length = Math.min(chunkBytes - at, to - from);
      if (this.#chunks.length === 0) this.#first = number;
      while (number < this.#first) {
        this.#chunks.unshift(undefined);
        this.#first -= 1;
      }
      const index = number - this.#first;
      while (this.#chunks.length <= index) this.#chunks.push(undefined);
      const chunk = this.#chunks[index] ??= this.#memory.take();
      copy(source, from, from + length, chunk, at);
      from += length;
      offset += length;
    }
  }

  /** Copies `length` stored bytes from `offset` on. */
  get(offset: number, target: Uint8Array, at: number, length: number): void {
    while (length > 0) {
      const number = Math.floor(offset / chunkBytes);
      const from = offset - number * chunkBytes;
      const part = Math.min(chunkBytes - from, length);
      copy(this.#chunks[number - this.#first]!, from, from + part, target, at);
      offset += part;
      at += part;
      length -= part;
    }
  }

  /** Releases chunks that lie completely before `offset`. */
  release(offset: number): void {
    const number = Math.floor(offset / chunkBytes);
    while (this.#chunks.length > 0 && this.#first < number) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) this.#memory.give(chunk);
      this.#first += 1;
    }
  }

  releaseAll(): void {
    for (const chunk of this.#chunks) if (chunk !== undefined) this.#memory.give(chunk);
    this.#chunks.length = 0;
  }
}

/** Byte by byte, short copies are cheaper than the view that `set` needs. */
const shortBytes = 48;

export function copy(
  source: Uint8Array,
  from: number,
  to: number,
  target: Uint8Array,
  at: number,
): void {
  if (to - from <= shortBytes) {
    while (from < to) target[at++] = source[from++]!;
  } else if (from === 0 && to === source.length) {
    target.set(source, at);
  } else {
    target.set(source.subarray(from, to), at);
  }
}
