/** Reads the values of a payload with their codecs. */
import { MalformedMessage, messageOf } from "../errors/mod.ts";
import { type Codec, needsExactIntegers, type Reading } from "./_codec_parts.ts";
import {
  checkJson,
  checkJsonDepth,
  keyStep,
  mayRepeatKeys,
  parseJsonExactly,
  quoteBriefly,
  RepeatedKey,
  withoutMark,
} from "../encoding/mod.ts";
import { readShortIntegers } from "./_short_integers.ts";
import { SegmentReader, splitPayload } from "./payload.ts";
import { TypeMismatch } from "./type_mismatch.ts";

/** The purpose of a payload's values, which decides the error for one that does not fit. */
export interface ValueReader {
  /** In the order of the values. */
  readonly codecs: readonly Codec[];
  /** Whether any codec may need segments. */
  readonly segmented: boolean;
  /** Throws if this is the wrong number of values. */
  checkCount(values: readonly unknown[]): void;
  /** The error for the value at `index`, whose codec threw. */
  failure(thrown: unknown, index: number): unknown;
}

const noSegments = new SegmentReader(new Uint8Array(0), 0);
/** Reused for each payload: reading is synchronous. */
const plainReading: Reading = { segments: noSegments, exact: false, owned: true, keys: 0 };

/** JSON up to this many characters is parsed without a depth check: it cannot waste memory. */
const uncheckedJsonMax = 64 * 1024;

/**
 * Reads a payload.
 *
 * @throws {MalformedMessage} If it is malformed; further errors come from the reader.
 */
export function readPayload(payload: Uint8Array, reader: ValueReader): unknown[] {
  const integers = readShortIntegers(payload);
  if (integers !== undefined) return readValues(integers, reader, plainReading);
  const { json, segmentsOffset } = splitPayload(payload);
  if (json.length > uncheckedJsonMax) checkJsonDepth(json);
  const hasSegments = segmentsOffset !== payload.length;
  if (hasSegments && !reader.segmented) {
    throw new MalformedMessage(
      `${payload.length - segmentsOffset} bytes follow the JSON of a payload whose types need none`,
    );
  }
  const reading = plainReading;
  reading.keys = 0;
  const values = parse(json);
  try {
    const result = hasSegments
      ? readSegmented(payload, segmentsOffset, { values, reader, reading })
      : readValues(values, reader, reading);
    if (reading.keys > 0) checkKeys(json, reading.keys, reader);
    return result;
  } catch (thrown) {
    // Parsing integers exactly is slow, so it happens only if a value turns out to need it.
    if (thrown !== needsExactIntegers) throw thrown;
  }
  const exact: Reading = { segments: noSegments, exact: true, owned: true, keys: 0 };
  const exactly = { values: parseJsonExactly(json), reader, reading: exact };
  const result = readSegmented(payload, segmentsOffset, exactly);
  if (exact.keys > 0) checkKeys(json, exact.keys, reader);
  return result;
}

/** Refuses a payload with duplicate keys. Most pass by a comparison of counts: as many keys as members. */
function checkKeys(json: string, keys: number, reader: ValueReader): void {
  if (!mayRepeatKeys(json, keys)) return;
  try {
    checkJson(json);
  } catch (thrown) {
    if (!(thrown instanceof RepeatedKey)) throw thrown;
    const [index, ...steps] = thrown.path;
    const mistake = new TypeMismatch("each key once", `${quoteBriefly(thrown.key)} twice`);
    for (const step of steps.toReversed()) {
      mistake.within(typeof step === "number" ? `item ${step + 1}` : keyStep(step));
    }
    throw reader.failure(mistake, index as number);
  }
}

function readSegmented(
  payload: Uint8Array,
  segmentsOffset: number,
  { values, reader, reading }: { values: unknown; reader: ValueReader; reading: Reading },
): unknown[] {
  const segments = new SegmentReader(payload, segmentsOffset);
  const segmented = { ...reading, segments };
  const result = readValues(values, reader, segmented);
  segments.finish();
  reading.keys = segmented.keys;
  return result;
}

function readValues(values: unknown, reader: ValueReader, reading: Reading): unknown[] {
  if (!Array.isArray(values)) throw new MalformedMessage("the JSON of a payload is not an array");
  reader.checkCount(values);
  const codecs = reader.codecs;
  let index = 0;
  try {
    for (; index < codecs.length; index++) {
      values[index] = codecs[index]!.read(values[index], reading);
    }
  } catch (thrown) {
    throw thrown === needsExactIntegers ? thrown : reader.failure(thrown, index);
  }
  return values;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(withoutMark(json));
  } catch (cause) {
    throw new MalformedMessage(`the values of a payload are not JSON: ${messageOf(cause)}`, {
      cause,
    });
  }
}
