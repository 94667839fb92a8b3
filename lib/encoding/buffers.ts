/**
 * Buffers between two uses. A large one that is new is a new piece of memory, whose every page the system has to find
 * and clear when it is first written to: that takes longer than what is done with it, and a large call passes through
 * five. Small ones are kept so that connections need none of their own while they are idle.
 */
import { KiB, limits } from "../limits/mod.ts";

/** As many connections as that is buffers may be written to in one turn of the event loop, and none needs a new one. */
const shelfBytes = 1024 * KiB;

/** Buffers of one size, of which some are kept. */
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
/** For fewer bytes than fill a third of a small one, a new one is as good. */
const smallBytesMin = 1400;
const largeBytes = 64 * KiB;

let spare: Uint8Array<ArrayBuffer>[] = [];
let spareBytes = 0;

/** A buffer of at least as many bytes. Its content is arbitrary: it may have been used before. */
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

/** Returns a buffer that is not used any more; any buffer may be given. */
export function giveBuffer(buffer: Uint8Array<ArrayBuffer>): void {
  const { length } = buffer;
  if (length === small.bytes) return small.give(buffer);
  if (length === medium.bytes) return medium.give(buffer);
  if (length < largeBytes || length > limits.spareBuffersBytesMax) return;
  // The newest fit best what goes on now.
  if (spareBytes + length > limits.spareBuffersBytesMax) {
    spare = [];
    spareBytes = 0;
  }
  spare.push(buffer);
  spareBytes += length;
}
