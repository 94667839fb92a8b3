/** JSON that loses nothing: integers of any size, the sign of -0, a key called `__proto__`. */
import { MalformedMessage, messageOf } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";

/**
 * Digits of one integer literal. Reading a decimal integer takes quadratic time in V8, so this is
 * what keeps one number of a message from taking seconds.
 */
export const integerDigitsMax = 4096;

/** What newer runtimes offer and TypeScript's library does not declare yet. */
interface NewerJson {
  rawJSON(text: string): unknown;
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
}
const newerJson = JSON as unknown as NewerJson;

/** Sixteen digits outside a fraction: the shortest integer that may be beyond the safe range. */
const maybeUnsafeInteger = /(?:^|[^.\d])\d{16}/;
const integerLiteral = /^-?\d+$/;

/**
 * Parses JSON. An integer literal beyond the safe range becomes a `bigint`, every other number a
 * `number`; a key `__proto__` becomes an own property like any other.
 *
 * Does not bound the depth: see {@linkcode checkJsonDepth}.
 *
 * @throws {MalformedMessage} If the text is not JSON, or an integer has more than
 * {@linkcode integerDigitsMax} digits.
 */
export function parseJson(text: string): unknown {
  if (maybeUnsafeInteger.test(text)) return parseJsonExactly(text);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw notJson(cause);
  }
}

/**
 * Like {@linkcode parseJson}, for a text that is known to hold a large integer: does not look first.
 *
 * @throws {MalformedMessage} As there.
 */
export function parseJsonExactly(text: string): unknown {
  try {
    return newerJson.parse(text, (_key, value, context) => {
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

/**
 * Writes a value as JSON, without spaces. A `bigint` becomes an integer literal and -0 stays `-0`.
 *
 * @throws {TypeError} If the value holds what JSON has no spelling for: undefined, a function, a
 * symbol, NaN or an infinity, or a cycle.
 */
export function stringifyJson(value: unknown): string {
  // A tree that needs no care goes through the runtime's fast path untouched.
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
        throw new TypeError(`a value that nests deeper than ${stringifyDepthMax} is no JSON`);
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

/** Deeper than anything that {@linkcode checkJsonDepth} lets in. */
const stringifyDepthMax = 2 * limits.jsonDepthMax;

// deno-lint-ignore no-control-regex -- these are what JSON must escape
const needsEscape = /["\\\u0000-\u001f]/;

/** The JSON of a well-formed text; faster than the runtime for short ones. */
export function writeJsonString(text: string): string {
  return text.length > 64 || needsEscape.test(text) ? JSON.stringify(text) : `"${text}"`;
}

/**
 * Refuses a text whose brackets nest deeper than `limits.jsonDepthMax`, in one pass and without
 * memory: a parser would take a hundred bytes for every bracket of a hostile text.
 *
 * @throws {MalformedMessage} If they do.
 */
export function checkJsonDepth(text: string): void {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > limits.jsonDepthMax) {
          throw new MalformedMessage(`JSON nests deeper than ${limits.jsonDepthMax} levels`);
        }
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
      case 0x22: // "
        index = endOfString(text, index + 1);
        break;
    }
  }
}

/** Where the string ends whose first character is at `start`; the text's end if it does not. */
export function endOfString(text: string, start: number): number {
  for (let index = start;; index++) {
    index = text.indexOf('"', index);
    if (index < 0) return text.length;
    let backslashes = 0;
    while (index - backslashes > start && text.charCodeAt(index - backslashes - 1) === 0x5c) {
      backslashes++;
    }
    if (backslashes % 2 === 0) return index;
  }
}

function notJson(cause: unknown): MalformedMessage {
  return new MalformedMessage(`not JSON: ${messageOf(cause)}`, { cause });
}
