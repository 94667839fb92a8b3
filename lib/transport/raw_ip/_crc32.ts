/** The runtime's CRC-32, made safe for all seeds in all versions of the runtime. */
import { crc32 as runtimeCrc32 } from "node:zlib";

/** The maximum length of an IPv4 packet. */
const bytesMax = 65_535;

/**
 * The contribution of the seed's highest bit after this many bytes; computed up to {@linkcode reckonedTo}, extended on
 * demand.
 */
const highestBits = new Int32Array(bytesMax + 1);
highestBits[0] = 1 << 31;
let reckonedTo = 0;

function highestBitBehind(length: number): number {
  while (reckonedTo < length) {
    let remainder = highestBits[reckonedTo]!;
    for (let bit = 0; bit < 8; bit++) {
      remainder = remainder & 1 ? 0xedb88320 ^ remainder >>> 1 : remainder >>> 1;
    }
    highestBits[++reckonedTo] = remainder;
  }
  return highestBits[length]!;
}

/**
 * zlib's CRC-32 of at most 65,535 bytes, continued from an unsigned seed. Once V8 has compiled its caller, `crc32` of
 * node:zlib takes every seed from 2^31 on for 2^31 - 1 (Deno 2.4.2, on which executables run, to 2.5.0;
 * denoland/deno#30636). So it never gets such a seed: CRC-32 is linear, and the contribution of a seed's highest bit
 * depends only on the length.
 */
export function crc32(bytes: Uint8Array, seed: number): number {
  if (seed < 2 ** 31) return runtimeCrc32(bytes, seed);
  return (runtimeCrc32(bytes, seed - 2 ** 31) ^ highestBitBehind(bytes.length)) >>> 0;
}
