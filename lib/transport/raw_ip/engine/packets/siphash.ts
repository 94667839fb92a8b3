/**
 * SipHash-2-4 (Aumasson, Bernstein, 2012): a keyed function for short inputs whose 64 bits are unpredictable without
 * the key. Linux uses it for SYN cookies.
 */

/** A 64-bit state in eight 32-bit halves: v0 high, v0 low, v1 high … */
const v = new Int32Array(8);

function round(): void {
  add(0, 1);
  rotate(1, 13);
  xor(1, 0);
  swap(0);
  add(2, 3);
  rotate(3, 16);
  xor(3, 2);
  add(0, 3);
  rotate(3, 21);
  xor(3, 0);
  add(2, 1);
  rotate(1, 17);
  xor(1, 2);
  swap(2);
}

function add(a: number, b: number): void {
  const low = (v[a * 2 + 1]! >>> 0) + (v[b * 2 + 1]! >>> 0);
  v[a * 2] = v[a * 2]! + v[b * 2]! + (low > 0xffff_ffff ? 1 : 0);
  v[a * 2 + 1] = low;
}

function xor(a: number, b: number): void {
  v[a * 2]! ^= v[b * 2]!;
  v[a * 2 + 1]! ^= v[b * 2 + 1]!;
}

/** Rotates left by fewer than 32 bits. */
function rotate(a: number, bits: number): void {
  const high = v[a * 2]!;
  const low = v[a * 2 + 1]!;
  v[a * 2] = high << bits | low >>> 32 - bits;
  v[a * 2 + 1] = low << bits | high >>> 32 - bits;
}

function swap(a: number): void {
  const high = v[a * 2]!;
  v[a * 2] = v[a * 2 + 1]!;
  v[a * 2 + 1] = high;
}

function little32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
}

/** @param key 16 bytes. @returns The upper and lower 32 bits, unsigned. */
export function sipHash(key: Uint8Array, input: Uint8Array): { high: number; low: number } {
  const key0 = [little32(key, 4), little32(key, 0)];
  const key1 = [little32(key, 12), little32(key, 8)];
  // "somepseudorandomlygeneratedbytes"
  v.set([0x736f6d65, 0x70736575, 0x646f7261, 0x6e646f6d, 0x6c796765, 0x6e657261, 0x74656462]);
  v[7] = 0x79746573;
  for (const half of [0, 1]) {
    v[half]! ^= key0[half]!;
    v[2 + half]! ^= key1[half]!;
    v[4 + half]! ^= key0[half]!;
    v[6 + half]! ^= key1[half]!;
  }
  const last = new Uint8Array(8);
  const whole = input.length - input.length % 8;
  last.set(input.subarray(whole));
  last[7] = input.length;
  for (let at = 0; at <= whole; at += 8) {
    const [block, from] = at < whole ? [input, at] : [last, 0];
    const low = little32(block, from);
    const high = little32(block, from + 4);
    v[6]! ^= high;
    v[7] ^= low;
    round();
    round();
    v[0]! ^= high;
    v[1]! ^= low;
  }
  v[5]! ^= 0xff;
  for (let count = 0; count < 4; count++) round();
  return {
    high: (v[0]! ^ v[2]! ^ v[4]! ^ v[6]!) >>> 0,
    low: (v[1]! ^ v[3]! ^ v[5]! ^ v[7]) >>> 0,
  };
}
