/**
 * Payloads: the encoded arguments of a call, or its encoded result, which only a signature can decode.
 *
 * ```text
 * payload = u32 length of the JSON in bytes, the JSON, segments
 * segment = u32 length in bytes, the bytes
 * ```
 *
 * All lengths are big-endian. The JSON is an array of values, in UTF-8. For the types `bytes` and `str`, a JSON number
 * is the 0-based index of the segment that holds the value. Every segment is used exactly once. (Segments are indexed
 * explicitly, because not every language preserves the order of a JSON object's keys.)
 */
import { MalformedMessage, MessageTooLarge } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import {
  decodeUtf8,
  giveBuffer,
  giveBufferOf,
  leadBytes,
  lend,
  readUint32,
  reclaim,
  shortTextMax,
  takeBuffer,
  writeUint32,
} from "../encoding/mod.ts";

const lengthBytes = 4;

const encoder = new TextEncoder();

/** The real length, even of an array with a forged `byteLength`. */
const byteLengthOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  "byteLength",
)!.get as () => number;

/** The content of a segment: bytes, or a long text, which is written in place as UTF-8. */
export type Segment = Uint8Array | string;

const none: readonly Segment[] = [];

/** Collects the segments of a payload while its JSON is written. */
export class SegmentWriter {
  #segments: Segment[] | undefined;
  #bytes = 0;

  /** The segments added so far, in order. Their bytes are read when the payload is built. */
  get segments(): readonly Segment[] {
    return this.#segments ?? none;
  }

  /**
   * Adds a segment and returns its index.
   *
   * @throws {MessageTooLarge} If the segments exceed the size of one message.
   */
  add(segment: Segment): number {
    this.#bytes += bytesLeast(segment) + lengthBytes;
    if (this.#bytes > limits.messageBytesMax) throw tooLarge();
    this.#segments ??= [];
    return this.#segments.push(segment) - 1;
  }

  /**
   * Adds a text, encoded as UTF-8.
   *
   * @throws {MessageTooLarge} As {@linkcode add}.
   */
  addText(text: string): number {
    const bytesMax = utf8BytesPerUnitMax * text.length;
    if (bytesMax > slabPartMax) return this.add(text);
    reserve(bytesMax);
    return this.add(takeSlab(encodeIntoSlab(text, slabUsed)));
  }
}

/** Reads the segments of a payload, each once. */
export class SegmentReader {
  readonly #payload: Uint8Array;
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  #taken = 0;

  /**
   * Locates the segments of a payload without copying them.
   *
   * @param payload The whole payload.
   * @param offset Where the segments begin.
   * @throws {MalformedMessage} If they do not end where the payload ends.
   */
  constructor(payload: Uint8Array, offset: number) {
    this.#payload = payload;
    while (offset < payload.length) {
      if (offset + lengthBytes > payload.length) throw brokenSegments();
      const length = readUint32(payload, offset);
      offset += lengthBytes;
      if (length > payload.length - offset) throw brokenSegments();
      this.#starts.push(offset);
      this.#lengths.push(length);
      offset += length;
    }
  }

  /**
   * The bytes of a segment: a copy, which neither shares memory with other calls nor keeps it alive.
   *
   * @throws {MalformedMessage} If there is no such segment, or it was taken before.
   */
  take(index: number): Uint8Array<ArrayBuffer> {
    const start = this.#claim(index);
    const { buffer, byteOffset } = this.#payload;
    const from = byteOffset + start;
    // The only way to copy that does not clear the memory first.
    return new Uint8Array(buffer.slice(from, from + this.#lengths[index]!) as ArrayBuffer);
  }

  /**
   * The text of a segment.
   *
   * @throws {MalformedMessage} As {@linkcode take}, and if it is not UTF-8.
   */
  takeText(index: number): string {
    const start = this.#claim(index);
    return decodeUtf8(this.#payload, start, start + this.#lengths[index]!);
  }

  /**
   * Checks that every segment was taken; call it after all values are read.
   *
   * @throws {MalformedMessage} If a segment was not taken.
   */
  finish(): void {
    if (this.#taken !== this.#starts.length) {
      throw new MalformedMessage(
        `${
          this.#starts.length - this.#taken
        } of ${this.#starts.length} segments belong to no value`,
      );
    }
  }

  #claim(index: number): number {
    const start = this.#starts[index];
    if (start === undefined || start < 0) {
      throw new MalformedMessage(
        start === undefined
          ? `segment ${index} is not among the ${this.#starts.length} of the payload`
          : `segment ${index} stands for two values`,
      );
    }
    this.#starts[index] = -1;
    this.#taken++;
    return start;
  }
}

/**
 * Assembles a payload. The caller owns the bytes: no later call changes them. Small payloads share an `ArrayBuffer`
 * with others, because its allocation would cost more than everything else; so never hand out their `buffer`.
 *
 * @throws {MessageTooLarge} If it exceeds the size of one message.
 * @throws {TypeError} If a segment's length changed after it was added.
 */
export function encodePayload(json: string, segments: readonly Segment[]): Uint8Array<ArrayBuffer> {
  let segmentBytes = 0;
  let isLarge = false;
  for (const segment of segments) {
    segmentBytes += lengthBytes + bytesLeast(segment);
    isLarge ||= typeof segment === "string";
  }
  const bytesMax = lengthBytes + utf8BytesPerUnitMax * json.length + segmentBytes;
  if (isLarge || bytesMax > slabPartMax) {
    const writer = new LargePayload(lengthBytes + json.length + segmentBytes);
    writer.addText(json);
    for (const segment of segments) {
      if (typeof segment === "string") writer.addText(segment);
      else writer.addBytes(segment);
    }
    return writer.finish();
  }
  reserve(bytesMax);
  const jsonBytes = encodeIntoSlab(json, slabUsed + lengthBytes);
  const payload = takeSlab(lengthBytes + jsonBytes + segmentBytes);
  writeUint32(payload, 0, jsonBytes);
  let offset = lengthBytes + jsonBytes;
  for (const segment of segments as readonly Uint8Array[]) {
    const length = byteLengthOf.call(segment);
    if (offset + lengthBytes + length > payload.length) throw changedMeanwhile();
    writeUint32(payload, offset, length);
    payload.set(segment, offset + lengthBytes);
    offset += lengthBytes + length;
  }
  if (offset !== payload.length) throw changedMeanwhile();
  return payload;
}

/** A payload written part by part. A text nearly always takes one byte per character; otherwise the buffer grows. */
class LargePayload {
  #buffer: Uint8Array<ArrayBuffer>;
  #bytes = leadBytes;
  /** The minimum number of bytes still to come. */
  #bytesLeft: number;

  constructor(bytesLeast: number) {
    if (bytesLeast > limits.messageBytesMax) throw tooLarge();
    this.#buffer = takeBuffer(leadBytes + bytesLeast);
    this.#bytesLeft = bytesLeast;
  }

  addText(text: string): void {
    const start = this.#bytes + lengthBytes;
    this.#bytesLeft -= lengthBytes + text.length;
    let { read, written } = encodeInto(text, this.#buffer.subarray(start));
    if (read < text.length || start > this.#buffer.length) {
      this.#grow(start + written, utf8BytesPerUnitMax * (text.length - read));
      const rest = encodeInto(text.slice(read), this.#buffer.subarray(start + written));
      if (read + rest.read < text.length) throw tooLarge();
      written += rest.written;
    }
    writeUint32(this.#buffer, this.#bytes, written);
    this.#bytes = start + written;
  }

  addBytes(bytes: Uint8Array): void {
    const length = byteLengthOf.call(bytes);
    const start = this.#bytes + lengthBytes;
    this.#bytesLeft -= lengthBytes + length;
    if (start + length > this.#buffer.length) this.#grow(this.#bytes, lengthBytes + length);
    if (start + length > this.#buffer.length) throw tooLarge();
    writeUint32(this.#buffer, this.#bytes, length);
    this.#buffer.set(bytes, start);
    this.#bytes = start + length;
  }

  finish(): Uint8Array<ArrayBuffer> {
    if (this.#bytesLeft !== 0) throw changedMeanwhile();
    if (this.#bytes - leadBytes > limits.messageBytesMax) throw tooLarge();
    return this.#buffer.subarray(leadBytes, this.#bytes);
  }

  /** Makes room for this many bytes after the first `used`, and for the rest, up to the size of one message. */
  #grow(used: number, bytes: number): void {
    const needed = used + bytes + this.#bytesLeft;
    const grown = takeBuffer(Math.max(used, Math.min(needed, leadBytes + limits.messageBytesMax)));
    grown.set(this.#buffer.subarray(0, used));
    giveBuffer(this.#buffer);
    this.#buffer = grown;
  }
}

/** Has the producer send the payload: its connection may keep the memory; otherwise it is reused. */
export function sendPayload<T>(
  payload: Uint8Array<ArrayBuffer>,
  send: (payload: Uint8Array) => T,
): T {
  // Smaller payloads share their memory with others.
  if (payload.length <= slabPartMax) return send(payload);
  const before = lend(payload);
  try {
    return send(payload);
  } finally {
    if (reclaim(payload, before)) giveBufferOf(payload);
  }
}

/** The JSON of a payload, and the offset of its segments. */
export interface SplitPayload {
  /** Not yet parsed. */
  readonly json: string;
  /** In bytes; the payload's length if there are none. */
  readonly segmentsOffset: number;
}

/**
 * Splits a payload.
 *
 * @throws {MalformedMessage} If it is shorter than its header says, or its JSON is not UTF-8.
 */
export function splitPayload(payload: Uint8Array): SplitPayload {
  if (payload.length < lengthBytes) {
    throw new MalformedMessage(`a payload of ${payload.length} bytes is too short for its length`);
  }
  const jsonBytes = readUint32(payload, 0);
  if (jsonBytes > payload.length - lengthBytes) {
    throw new MalformedMessage(
      `a payload says that its JSON has ${jsonBytes} bytes, but ${
        payload.length - lengthBytes
      } are there`,
    );
  }
  const segmentsOffset = lengthBytes + jsonBytes;
  return { json: decodeUtf8(payload, lengthBytes, segmentsOffset), segmentsOffset };
}

const utf8BytesPerUnitMax = 3;
/** Bytes of the block from which small arrays are cut, and the most that one of them may take. */
const slabBytes = 64 * 1024;
const slabPartMax = 12 * 1024;

let slab = new Uint8Array(slabBytes);
let slabUsed = 0;

/** Ensures that the slab has room for this many bytes. */
function reserve(bytes: number): void {
  if (slabUsed + bytes <= slabBytes) return;
  slab = new Uint8Array(slabBytes);
  slabUsed = 0;
}

/** Bytes that a segment takes; for a text, the minimum. */
function bytesLeast(segment: Segment): number {
  return typeof segment === "string" ? segment.length : byteLengthOf.call(segment);
}

/** Writes as much of a text as fits. */
function encodeInto(
  text: string,
  room: Uint8Array<ArrayBuffer>,
): { read: number; written: number } {
  const isShort = text.length <= shortTextMax && text.length <= room.length;
  const bytes = isShort ? writeAscii(text, room, 0) : undefined;
  return bytes === undefined ? encoder.encodeInto(text, room) : { read: bytes, written: bytes };
}

/** Cuts the next bytes from the slab, which never reuses them. */
function takeSlab(bytes: number): Uint8Array<ArrayBuffer> {
  const start = slabUsed;
  slabUsed += bytes;
  return new Uint8Array(slab.buffer, start, bytes);
}

/** Writes a text that fits, and returns its length in bytes. */
function encodeIntoSlab(text: string, start: number): number {
  const bytes = text.length <= shortTextMax ? writeAscii(text, slab, start) : undefined;
  if (bytes !== undefined) return bytes;
  const room = new Uint8Array(slab.buffer, start, utf8BytesPerUnitMax * text.length);
  return encoder.encodeInto(text, room).written;
}

/**
 * Writes a short ASCII text without calling into the runtime.
 *
 * @returns Its bytes; undefined if it has other characters.
 */
function writeAscii(text: string, target: Uint8Array, start: number): number | undefined {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return undefined;
    target[start + index] = code;
  }
  return text.length;
}

function brokenSegments(): MalformedMessage {
  return new MalformedMessage("the segments of a payload do not end where the payload ends");
}

function changedMeanwhile(): TypeError {
  return new TypeError("bytes changed their length while they were encoded");
}

/** The error for values that exceed the size of one message. */
export function tooLarge(): MessageTooLarge {
  return new MessageTooLarge(
    `the values need more than ${limits.messageBytesMax} bytes, which is what one message holds`,
  );
}
