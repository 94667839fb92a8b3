/** Reads the values of a payload by their codecs. */
import { MalformedMessage, messageOf } from "../errors/mod.ts";
import { type Codec, needsExactIntegers, type Reading } from "./_codec.ts";
import { checkJsonDepth, parseJsonExactly } from "./json.ts";
import { SegmentReader, splitPayload } from "./payload.ts";

/** What a payload's values are for, which decides what is thrown where one does not fit. */
export interface ValueReader {
  /** In the order of the values. */
  readonly codecs: readonly Codec[];
  /** Whether any of the codecs may need segments. */
  readonly segmented: boolean;
  /** Throws if this is not the number of values. */
  checkCount(values: readonly unknown[]): void;
  /** What is to be thrown when the value at `index` made its codec throw. */
  failure(thrown: unknown, index: number): unknown;
}

const noSegments = new SegmentReader(new Uint8Array(0), 0);
const plainReading: Reading = { segments: noSegments, exact: false, owned: true };

/** Characters of JSON that are parsed without a look at their depth: no memory can be wasted by these. */
const uncheckedJsonMax = 64 * 1024;

/**
 * Reads a payload.
 *
 * @throws {MalformedMessage} If it is not one, besides what the reader throws.
 */
export function readPayload(payload: Uint8Array, reader: ValueReader): unknown[] {
  const { json, segmentsOffset } = splitPayload(payload);
  if (json.length > uncheckedJsonMax) checkJsonDepth(json);
  const hasSegments = segmentsOffset !== payload.length;
  if (hasSegments && !reader.segmented) {
    throw new MalformedMessage(
      `${payload.length - segmentsOffset} bytes follow the JSON of a payload whose types need none`,
    );
  }
  const values = parse(json);
  try {
    if (!hasSegments) return readValues(values, reader, plainReading);
    return readSegmented(payload, segmentsOffset, values, reader, plainReading);
  } catch (thrown) {
    // Parsing integers exactly is slow, so it is done only where one turns out to need it.
    if (thrown !== needsExactIntegers) throw thrown;
  }
  const exactReading = { segments: noSegments, exact: true, owned: true };
  return readSegmented(payload, segmentsOffset, parseJsonExactly(json), reader, exactReading);
}

function readSegmented(
  payload: Uint8Array,
  segmentsOffset: number,
  values: unknown,
  reader: ValueReader,
  reading: Reading,
): unknown[] {
  const segments = new SegmentReader(payload, segmentsOffset);
  const result = readValues(values, reader, { ...reading, segments });
  segments.finish();
  return result;
}

function readValues(values: unknown, reader: ValueReader, reading: Reading): unknown[] {
  if (!Array.isArray(values)) throw new MalformedMessage("the JSON of a payload is not an array");
  reader.checkCount(values);
  const codecs = reader.codecs;
  let index = 0;
  try {
    for (; index < codecs.length; index++) {
      values[index] = codecs[index].read(values[index], reading);
    }
  } catch (thrown) {
    throw thrown === needsExactIntegers ? thrown : reader.failure(thrown, index);
  }
  return values;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new MalformedMessage(`the values of a payload are not JSON: ${messageOf(cause)}`, {
      cause,
    });
  }
}
