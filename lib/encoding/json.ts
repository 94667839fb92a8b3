/** Lossless JSON: integers of any size, the sign of -0, a key called `__proto__`. */
import { MalformedMessage, messageOf } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";

/**
 * Digits of one integer literal. Parsing a decimal integer takes quadratic time in V8; this keeps one number from
 * taking seconds.
 */
export const integerDigitsMax = 4096;

/** Offered by newer runtimes, but not declared in TypeScript's library yet. */
interface NewerJson {
  rawJSON(text: string): unknown;
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
}
const newerJson = JSON as unknown as NewerJson;

/** Sixteen digits outside a fraction: the shortest possibly unsafe integer. */
const maybeUnsafeInteger = /(?:^|[^.\d])\d{16}/;
const integerLiteral = /^-?\d+$/;

/**
 * Parses JSON. An integer literal beyond the safe range becomes a `bigint`, every other number a
 * `number`; a key `__proto__` becomes an own property like any other.
 *
 * Does not bound the depth or reject repeated keys, of which the last counts: see `checkJson`.
 *
 * @throws {MalformedMessage} If the text is not JSON, or an integer has more than
 * {@linkcode integerDigitsMax} digits.
 */
export function parseJson(text: string): unknown {
  if (maybeUnsafeInteger.test(text)) return parseJsonExactly(text);
  try {
    return JSON.parse(withoutMark(text));
  } catch (cause) {
    throw notJson(cause);
  }
}

/**
 * Like {@linkcode parseJson}, for a text that is known to contain a large integer: skips the search for one.
 *
 * @throws {MalformedMessage} As {@linkcode parseJson}.
 */
export function parseJsonExactly(text: string): unknown {
  try {
    return newerJson.parse(withoutMark(text), (_key, value, context) => {
      if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
      const source = context.source;
      if (source === undefined || !integerLiteral.test(source)) return value;
      const digits = source.length - (value < 0 ? 1 : 0);
      if (digits > integerDigitsMax) {
        throw new MalformedMessage(
          `an integer of ${digits} digits is too long: at most ${integerDigitsMax} are read`,
        );
      }
      return BigInt(source);
    });
  } catch (cause) {
    throw cause instanceof MalformedMessage ? cause : notJson(cause);
  }
}

/** Removes a leading byte order mark, which some programs always write. */
export function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/**
 * Writes a value as JSON, without spaces. A `bigint` becomes an integer literal and -0 stays `-0`.
 *
 * @throws {TypeError} If the value contains something that JSON cannot express: undefined, a function, a symbol, NaN or
 *   an infinity, or a cycle.
 */
export function stringifyJson(value: unknown): string {
  // A plain tree goes through the runtime's fast path unchanged.
  if (!needsCare(value, 0)) return JSON.stringify(value);
  return JSON.stringify(value, (_key, part) => {
    if (typeof part === "bigint") return newerJson.rawJSON(part.toString());
    if (Object.is(part, -0)) return newerJson.rawJSON("-0");
    return part;
  });
}

function needsCare(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return false;
    case "number":
      if (!Number.isFinite(value)) throw new TypeError(`JSON has no spelling for ${value}`);
      return Object.is(value, -0);
    case "bigint":
      return true;
    case "object": {
      if (value === null) return false;
      if (depth > stringifyDepthMax) {
        throw new TypeError(`a value that nests deeper than ${stringifyDepthMax} is not JSON`);
      }
      let care = false;
      for (const part of Array.isArray(value) ? value : Object.values(value)) {
        if (needsCare(part, depth + 1)) care = true;
      }
      return care;
    }
    default:
      throw new TypeError(`JSON has no spelling for ${typeof value}`);
  }
}

/** Deeper than anything that `checkJsonDepth` accepts. */
const stringifyDepthMax = 2 * limits.jsonDepthMax;

// deno-lint-ignore no-control-regex -- these are what JSON must escape
const needsEscape = /["\\\u0000-\u001f]/;

/** The JSON of a well-formed text; for short ones, faster than the runtime. */
export function writeJsonString(text: string): string {
  return text.length > 64 || needsEscape.test(text) ? JSON.stringify(text) : `"${text}"`;
}

/** The text is not JSON at all, as opposed to JSON that is rejected. */
export class NotJson extends MalformedMessage {}

function notJson(cause: unknown): NotJson {
  return new NotJson(`not JSON: ${messageOf(cause)}`, { cause });
}
