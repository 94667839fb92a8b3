/**
 * Large buffers between two uses. A new one is a new piece of memory, whose every page the system has to find and clear
 * when it is first written to: that takes longer than what is done with it, and a large call passes through five.
 */
import { limits } from "../limits/mod.ts";

/** Smaller ones are not worth it. */
const largeBytes = 64 * 1024;

let spare: Uint8Array<ArrayBuffer>[] = [];
let spareBytes = 0;

/** A buffer of at least as many bytes. What is in it is nobody's business: it may have been used before. */
export function takeBuffer(bytes: number): Uint8Array<ArrayBuffer> {
  if (bytes < largeBytes) return new Uint8Array(bytes);
  const index = spare.findIndex(({ length }) => length >= bytes && length <= 4 * bytes);
  if (index < 0) return new Uint8Array(Math.ceil(bytes / largeBytes) * largeBytes);
  const [taken] = spare.splice(index, 1);
  spareBytes -= taken.length;
  return taken;
}

/** Gives one back that nobody reads or writes any more; any buffer may be given. */
export function giveBuffer(buffer: Uint8Array<ArrayBuffer>): void {
  const { length } = buffer;
  if (length < largeBytes || length > limits.spareBuffersBytesMax) return;
  // The newest fit best what goes on now.
  if (spareBytes + length > limits.spareBuffersBytesMax) {
    spare = [];
    spareBytes = 0;
  }
  spare.push(buffer);
  spareBytes += length;
}
