/** Unsigned 32-bit numbers in bytes, big-endian. */

/** Writes an unsigned 32-bit number, big-endian. */
export function writeUint32(target: Uint8Array, offset: number, value: number): void {
  target[offset] = value >>> 24;
  target[offset + 1] = value >>> 16;
  target[offset + 2] = value >>> 8;
  target[offset + 3] = value;
}

/** Reads an unsigned 32-bit number, big-endian; the caller checks the length. */
export function readUint32(source: Uint8Array, offset: number): number {
  return ((source[offset]! << 24) | (source[offset + 1]! << 16) | (source[offset + 2]! << 8) |
    source[offset + 3]!) >>> 0;
}
