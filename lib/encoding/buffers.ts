/**
 * Reused buffers. The system must find and clear every page of a new large buffer on the first write, which takes
 * longer than the actual work, and a large call passes through five buffers. Small ones are pooled so that idle
 * connections need none of their own.
 */
import { KiB, limits } from "../limits/mod.ts";

/** Enough for this many connections to write in one event-loop turn without a new buffer. */
const shelfBytes = 1024 * KiB;

/** A pool of buffers of one size. */
class Shelf {
  readonly bytes: number;
  readonly #keptMax: number;
  readonly #kept: Uint8Array<ArrayBuffer>[] = [];

  constructor(bytes: number) {
    this.bytes = bytes;
    this.#keptMax = shelfBytes / bytes;
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#kept.pop() ?? new Uint8Array(this.bytes);
  }

  give(buffer: Uint8Array<ArrayBuffer>): void {
    if (this.#kept.length < this.#keptMax) this.#kept.push(buffer);
  }
}

const small = new Shelf(4 * KiB);
const medium = new Shelf(16 * KiB);
/** Below a third of a small buffer, a new one is as fast. */
const smallBytesMin = 1400;
const largeBytes = 64 * KiB;

let spare: Uint8Array<ArrayBuffer>[] = [];
let spareBytes = 0;

/** Takes a buffer of at least this many bytes. Its content is arbitrary, because it may have been used before. */
export function takeBuffer(bytes: number): Uint8Array<ArrayBuffer> {
  if (bytes < smallBytesMin) return new Uint8Array(bytes);
  if (bytes <= small.bytes) return small.take();
  if (bytes <= medium.bytes) return medium.take();
  const index = spare.findIndex(({ length }) => length >= bytes && length <= 4 * bytes);
  if (index < 0) return new Uint8Array(Math.ceil(bytes / largeBytes) * largeBytes);
  const taken = spare.splice(index, 1)[0]!;
  spareBytes -= taken.length;
  return taken;
}

/** Returns a buffer to its pool; accepts any buffer. */
export function giveBuffer(buffer: Uint8Array<ArrayBuffer>): void {
  const { length } = buffer;
  if (length === small.bytes) return small.give(buffer);
  if (length === medium.bytes) return medium.give(buffer);
  if (length < largeBytes || length > limits.spareBuffersBytesMax) return;
  // The newest match the current load best.
  if (spareBytes + length > limits.spareBuffersBytesMax) {
    spare = [];
    spareBytes = 0;
  }
  spare.push(buffer);
  spareBytes += length;
}
