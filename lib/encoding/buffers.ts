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

  constructor(bytes: number, keptMax = shelfBytes / bytes) {
    this.bytes = bytes;
    this.#keptMax = keptMax;
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#kept.pop() ?? new Uint8Array(this.bytes);
  }

  give(buffer: Uint8Array<ArrayBuffer>): void {
    if (this.#kept.length < this.#keptMax) this.#kept.push(buffer);
  }
}

/** What each new connection is first read into: enough for most requests in text. */
export const firstBufferBytes = KiB;

const first = new Shelf(firstBufferBytes, 64);
const small = new Shelf(4 * KiB);
const medium = new Shelf(16 * KiB);
/** Below a third of a small buffer, a new one is as fast. */
const smallBytesMin = 1400;
const largeBytes = 64 * KiB;

let spare: Uint8Array<ArrayBuffer>[] = [];
let spareBytes = 0;

/** Takes a buffer of at least this many bytes. Its content is arbitrary, because it may have been used before. */
export function takeBuffer(bytes: number): Uint8Array<ArrayBuffer> {
  if (bytes === first.bytes) return first.take();
  if (bytes < smallBytesMin) return new Uint8Array(bytes);
  if (bytes <= small.bytes) return small.take();
  if (bytes <= medium.bytes) return medium.take();
  const index = spare.findIndex(({ length }) => length >= bytes && length <= 4 * bytes);
  if (index < 0) return new Uint8Array(Math.ceil(bytes / largeBytes) * largeBytes);
  const taken = spare.splice(index, 1)[0]!;
  spareBytes -= taken.length;
  return taken;
}

/**
 * Bytes left free before a large body, so that whoever sends it on can write a frame's header in front of it in place
 * instead of copying it.
 */
export const leadBytes = 64;

/** The memory that may be taken over now. */
let lent: ArrayBufferLike | undefined;

/**
 * Offers memory that only its lender uses to whatever is called next, which may {@linkcode takeOver} it.
 *
 * @returns What to pass to {@linkcode reclaim} after that call.
 */
export function lend({ buffer }: Uint8Array<ArrayBuffer>): ArrayBufferLike | undefined {
  const before = lent;
  lent = buffer;
  return before;
}

/** Ends an offer. @returns Whether the memory is still its lender's: nobody has taken it over. */
export function reclaim({ buffer }: Uint8Array<ArrayBuffer>, before?: ArrayBufferLike): boolean {
  const isOwn = lent === buffer;
  lent = before;
  return isOwn;
}

/** Takes over the memory of some bytes if it is offered: from then on only the taker changes it and gives it back. */
export function takeOver(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  if (lent === undefined || bytes.buffer !== lent) return false;
  lent = undefined;
  return true;
}

/** Returns the buffer that some bytes lie in, as {@linkcode giveBuffer} does. */
export function giveBufferOf({ buffer }: Uint8Array<ArrayBuffer>): void {
  giveBuffer(new Uint8Array(buffer));
}

/** Returns a buffer to its pool; accepts any buffer. */
export function giveBuffer(buffer: Uint8Array<ArrayBuffer>): void {
  const { length } = buffer;
  if (length === first.bytes) return first.give(buffer);
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
