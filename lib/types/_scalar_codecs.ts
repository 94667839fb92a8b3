/** The codecs of scalar types. */
import {
  describeValue,
  fromBase64,
  integerDigitsMax,
  quoteBriefly,
  toBase64,
  writeJsonString,
} from "../encoding/mod.ts";
import { type Codec, needsExactIntegers, type Reading } from "./_codec_parts.ts";
import type { SegmentWriter } from "./payload.ts";
import type { ScalarKind } from "./type_expression.ts";
import { TypeMismatch } from "./type_mismatch.ts";

/** From this many UTF-16 code units on, a str travels as a segment, which is then faster than JSON. */
export const segmentTextLengthMin = 2048;

const integerMax = 10n ** BigInt(integerDigitsMax);

const intCodec: Codec = {
  type: { kind: "int" },
  text: "int",
  segmented: false,
  write(value: unknown): string {
    // A template instead of String(): both turn -0 into 0, but this one is inlined.
    if (Number.isSafeInteger(value)) return `${value as number}`;
    if (typeof value === "bigint" && value < integerMax && value > -integerMax) return `${value}`;
    throw intMismatch(value);
  },
  read(json: unknown, reading: Reading): unknown {
    if (Number.isSafeInteger(json)) return json === 0 ? 0 : json;
    if (typeof json === "bigint") return normalInteger(json);
    if (
      typeof json === "number" && Number.isInteger(json) || json === Infinity || json === -Infinity
    ) {
      if (!reading.exact) throw needsExactIntegers;
      throw new TypeMismatch("int", `${describeValue(json)} (write all digits of an integer)`);
    }
    throw mismatch("int", json);
  },
  isPlain: Number.isSafeInteger,
  accepts(value: unknown): boolean {
    return Number.isSafeInteger(value) ||
      typeof value === "bigint" && value < integerMax && value > -integerMax;
  },
  fromText(text: string): unknown {
    return integerFromText(text, "int");
  },
  toText: writeText,
};

/** An integer that a number holds exactly: neither scripts nor callers ever see a bigint. */
const int53Codec: Codec = {
  type: { kind: "int53" },
  text: "int53",
  segmented: false,
  write(value: unknown): string {
    if (Number.isSafeInteger(value)) return `${value as number}`;
    if (isSafeBigInt(value)) return `${value}`;
    throw int53Mismatch(value);
  },
  read(json: unknown, reading: Reading): unknown {
    if (Number.isSafeInteger(json)) return json === 0 ? 0 : json;
    // The message should show the digits as sent.
    if (Number.isInteger(json) && !reading.exact) throw needsExactIntegers;
    throw int53Mismatch(json);
  },
  isPlain: Number.isSafeInteger,
  accepts(value: unknown): boolean {
    return Number.isSafeInteger(value) || isSafeBigInt(value);
  },
  fromText(text: string): unknown {
    const value = integerFromText(text, "int53");
    if (typeof value === "number") return value;
    throw int53Mismatch(value);
  },
  toText: writeText,
};

function isSafeBigInt(value: unknown): value is bigint {
  return typeof value === "bigint" && typeof normalInteger(value) === "number";
}

function int53Mismatch(value: unknown): TypeMismatch {
  const got = describeValue(value);
  const isInteger = typeof value === "bigint" || Number.isInteger(value);
  return new TypeMismatch(
    "int53",
    isInteger ? `${got} (beyond ±(2^53−1); an int has room for it)` : got,
  );
}

function integerFromText(text: string, kind: "int" | "int53"): number | bigint {
  const trimmed = text.trim();
  if (!/^[+-]?\d+$/.test(trimmed)) throw new TypeMismatch(kind, quoteBriefly(text));
  const digits = trimmed.length - (/^\d/.test(trimmed) ? 0 : 1);
  if (digits > integerDigitsMax) {
    throw new TypeMismatch(kind, `${digits} digits (at most ${integerDigitsMax} are read)`);
  }
  const value = Number(trimmed);
  return Number.isSafeInteger(value) ? value + 0 : normalInteger(BigInt(trimmed));
}

/** An integer in its value form: a number in the safe range, else a bigint. */
function normalInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function intMismatch(value: unknown): TypeMismatch {
  const got = describeValue(value);
  if (typeof value === "number" && Number.isInteger(value)) {
    return new TypeMismatch("int", `${got} (not a safe integer; use a bigint)`);
  }
  if (typeof value === "bigint") {
    return new TypeMismatch("int", `an integer of more than ${integerDigitsMax} digits`);
  }
  return new TypeMismatch("int", got);
}

const specialFloats = new Map([
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
]);
const specialFloatTexts = new Map([
  ...specialFloats,
  ["nan", NaN],
  ["inf", Infinity],
  ["-inf", -Infinity],
]);

const floatCodec: Codec = {
  type: { kind: "float" },
  text: "float",
  segmented: false,
  write(value: unknown): string {
    if (typeof value === "number") {
      if (!Number.isFinite(value)) return `"${value}"`;
      return value === 0 && Object.is(value, -0) ? "-0" : `${value}`;
    }
    if (isExactFloat(value)) return `${Number(value)}`;
    throw mismatch("float", value);
  },
  read(json: unknown): unknown {
    if (typeof json === "number" && Number.isFinite(json)) return json;
    if (typeof json === "string") {
      const special = specialFloats.get(json);
      if (special !== undefined) return special;
    } else if (typeof json === "bigint" && Number.isFinite(Number(json))) {
      return Number(json);
    } else if (typeof json === "number" || typeof json === "bigint") {
      throw new TypeMismatch("float", "a number beyond the range of a float");
    }
    throw mismatch("float", json);
  },
  isPlain(value: unknown): boolean {
    return typeof value === "number" && Number.isFinite(value) &&
      (value !== 0 || !Object.is(value, -0));
  },
  accepts(value: unknown): boolean {
    return typeof value === "number" || isExactFloat(value);
  },
  fromText(text: string): unknown {
    const trimmed = text.trim();
    const special = specialFloatTexts.get(trimmed);
    if (special !== undefined) return special;
    if (!/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(trimmed)) {
      throw new TypeMismatch("float", quoteBriefly(text));
    }
    const value = Number(trimmed);
    if (Number.isFinite(value)) return value;
    throw new TypeMismatch("float", `${quoteBriefly(text)} (beyond the range of a float)`);
  },
  toText(value: unknown): string {
    const json = floatCodec.write(value, undefined);
    return json.startsWith('"') ? json.slice(1, -1) : json;
  },
};

/** A bigint is accepted as a float if the conversion is exact. */
function isExactFloat(value: unknown): value is bigint {
  if (typeof value !== "bigint") return false;
  const number = Number(value);
  return Number.isFinite(number) && BigInt(number) === value;
}

const strCodec: Codec = {
  type: { kind: "str" },
  text: "str",
  segmented: true,
  write(value: unknown, segments: SegmentWriter | undefined): string {
    checkText(value);
    if (segments !== undefined && value.length >= segmentTextLengthMin) {
      return `${segments.addText(value)}`;
    }
    return writeJsonString(value);
  },
  read(json: unknown, reading: Reading): unknown {
    if (typeof json === "number" && reading.segments !== undefined) {
      return reading.segments.takeText(json);
    }
    checkText(json);
    return json;
  },
  isPlain(value: unknown): boolean {
    return typeof value === "string" && value.length < segmentTextLengthMin && value.isWellFormed();
  },
  accepts(value: unknown): boolean {
    return typeof value === "string" && value.isWellFormed();
  },
  fromText(text: string): unknown {
    checkText(text);
    return text;
  },
  toText(value: unknown): string {
    checkText(value);
    return value;
  },
};

/**
 * Checks that a value is a string that survives UTF-8.
 *
 * @throws {TypeMismatch} If it is not.
 */
export function checkText(value: unknown): asserts value is string {
  if (typeof value !== "string") throw mismatch("str", value);
  if (!value.isWellFormed()) {
    throw new TypeMismatch(
      "str",
      `${quoteBriefly(value)} (half of a surrogate pair is not a character)`,
    );
  }
}

const boolCodec: Codec = {
  type: { kind: "bool" },
  text: "bool",
  segmented: false,
  write(value: unknown): string {
    if (typeof value !== "boolean") throw mismatch("bool", value);
    return value ? "true" : "false";
  },
  read(json: unknown): unknown {
    if (typeof json !== "boolean") throw mismatch("bool", json);
    return json;
  },
  accepts(value: unknown): boolean {
    return typeof value === "boolean";
  },
  fromText(text: string): unknown {
    const trimmed = text.trim();
    if (trimmed === "true" || trimmed === "True") return true;
    if (trimmed === "false" || trimmed === "False") return false;
    throw new TypeMismatch("bool", quoteBriefly(text));
  },
  toText: writeText,
};

const bytesCodec: Codec = {
  type: { kind: "bytes" },
  text: "bytes",
  segmented: true,
  write(value: unknown, segments: SegmentWriter | undefined): string {
    const bytes = toBytes(value);
    return segments === undefined ? `"${toBase64(bytes)}"` : `${segments.add(bytes)}`;
  },
  read(json: unknown, reading: Reading): unknown {
    if (reading.segments !== undefined) {
      if (typeof json === "number") return reading.segments.take(json);
    } else if (typeof json === "string") {
      return bytesFromText(json);
    }
    throw mismatch("bytes", json);
  },
  accepts(value: unknown): boolean {
    return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
  },
  fromText(text: string): unknown {
    return bytesFromText(text.trim());
  },
  toText(value: unknown): string {
    return toBase64(toBytes(value));
  },
};

function bytesFromText(text: string): Uint8Array {
  const bytes = fromBase64(text);
  if (bytes === undefined) throw new TypeMismatch("bytes", `${quoteBriefly(text)} (not base64)`);
  return bytes;
}

function toBytes(value: unknown): Uint8Array {
  if (ArrayBuffer.isView(value)) {
    if (value.byteLength === 0) checkAttached(value.buffer);
    if (value instanceof Uint8Array) return value;
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  if (value instanceof ArrayBuffer) {
    checkAttached(value);
    return new Uint8Array(value);
  }
  throw mismatch("bytes", value);
}

/** A transferred buffer looks empty, and its bytes are gone. */
function checkAttached(buffer: ArrayBufferLike): void {
  if (!(buffer as ArrayBuffer).detached) return;
  throw new TypeMismatch("bytes", "an array whose buffer was transferred (detached)");
}

const noneCodec: Codec = {
  type: { kind: "None" },
  text: "None",
  segmented: false,
  write(value: unknown): string {
    if (value !== null && value !== undefined) throw mismatch("None", value);
    return "null";
  },
  read(json: unknown): unknown {
    if (json !== null) throw mismatch("None", json);
    return null;
  },
  accepts(value: unknown): boolean {
    return value === null || value === undefined;
  },
  fromText(text: string): unknown {
    if (isNoneText(text) || text.trim() === "") return null;
    throw new TypeMismatch("None", quoteBriefly(text));
  },
  toText: writeText,
};

/** Whether a text means None: `null`, or Python's `None`. */
export function isNoneText(text: string): boolean {
  const trimmed = text.trim();
  return trimmed === "null" || trimmed === "None";
}

/** The string form of types whose JSON is already the string form. */
function writeText(this: Codec, value: unknown): string {
  return this.write(value, undefined);
}

/** Throws the mismatch of a value with its type. */
export function mismatch(expected: string, value: unknown): TypeMismatch {
  return new TypeMismatch(expected, describeValue(value));
}

/** The codec of every scalar type. */
export const scalarCodecs: Readonly<Record<ScalarKind, Codec>> = {
  int: intCodec,
  int53: int53Codec,
  float: floatCodec,
  str: strCodec,
  bool: boolCodec,
  bytes: bytesCodec,
  None: noneCodec,
};
