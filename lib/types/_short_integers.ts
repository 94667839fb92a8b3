/** Reads the most common payloads, a few integers, without decoding them to a string. */
import { readUint32 } from "../encoding/mod.ts";

/** Digits of the largest integers read here: a number holds all of them exactly. */
const digitsMax = 15;
/** Longer payloads, in bytes, go to the parser. */
const bytesMax = 128;
const jsonOffset = 4;

/** The JSON characters that may occur in such a payload. */
const open = 0x5b;
const close = 0x5d;
const comma = 0x2c;
const minus = 0x2d;
const zero = 0x30;

/** The values of a payload that is a list of small integers without white space; undefined for any other. */
export function readShortIntegers(payload: Uint8Array): number[] | undefined {
  const end = payload.length - 1;
  if (payload.length > bytesMax || payload.length < jsonOffset + 3) return undefined;
  if (readUint32(payload, 0) !== payload.length - jsonOffset) return undefined;
  if (payload[jsonOffset] !== open || payload[end] !== close) return undefined;
  const values: number[] = [];
  for (let index = jsonOffset + 1;;) {
    const isNegative = payload[index] === minus;
    if (isNegative) index += 1;
    const first = index;
    let value = 0;
    for (let digit; index < end && (digit = payload[index]! - zero) >= 0 && digit <= 9; index++) {
      value = value * 10 + digit;
    }
    const digits = index - first;
    if (digits === 0 || digits > digitsMax || (digits > 1 && payload[first] === zero)) {
      return undefined;
    }
    values.push(isNegative ? -value : value);
    if (index === end) return values;
    if (payload[index] !== comma) return undefined;
    index += 1;
  }
}
