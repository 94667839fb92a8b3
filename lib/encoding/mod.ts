/**
 * Text and bytes: UTF-8, base64, lossless JSON in bounded steps, and reused buffers. Pure: no I/O, no clock. Knows
 * nothing of types, calls or messages.
 *
 * @module
 */

export { fromBase64, toBase64 } from "./base64.ts";
export {
  firstBufferBytes,
  giveBuffer,
  giveBufferOf,
  leadBytes,
  lend,
  reclaim,
  takeBuffer,
  takeOver,
} from "./buffers.ts";
export { cutMessage, describeValue, keyStep, quoteBriefly } from "./describe_value.ts";
export {
  integerDigitsMax,
  NotJson,
  parseJson,
  parseJsonExactly,
  stringifyJson,
  withoutMark,
  writeJsonString,
} from "./json.ts";
export {
  decodeObject,
  decodeObjectSteps,
  encodeJson,
  isCount,
  isListOf,
  isObject,
  isOptionalString,
  isStrings,
} from "./json_body.ts";
export { checkJson, checkJsonDepth, mayRepeatKeys, RepeatedKey } from "./json_scan.ts";
export { encodeJsonSteps, parseJsonSteps } from "./json_steps.ts";
export { refuseEmpty, refuseEmptyText } from "./not_empty.ts";
export { atOnce, type Steps, type TakeSteps } from "./steps.ts";
export { readUint32, writeUint32 } from "./uint32.ts";
export { NotUtf8, readUtf8, type Utf8Position, Utf8Reader } from "./utf8_reader.ts";
export { decodeJsonText, decodeUtf8, shortTextMax, utf16Message } from "./utf8.ts";
