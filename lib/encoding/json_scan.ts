/** Scans JSON for excessive depth and repeated keys, which parsing does not reject. */
import { MalformedMessage } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import type { Steps } from "./steps.ts";
import { quoteBriefly } from "./describe_value.ts";

/** A step to a value: an object's key, or a list's index. */
export type JsonStep = string | number;

/** An object has the same key twice; readers disagree on which value counts. */
export class RepeatedKey extends MalformedMessage {
  readonly key: string;
  /** The path to the object; empty for the root. */
  readonly path: readonly JsonStep[];

  /** Its message names the key and the path. */
  constructor(key: string, path: readonly JsonStep[]) {
    const steps = path.map((step) =>
      typeof step === "number" ? `item ${step + 1}` : quoteBriefly(step)
    );
    const where = steps.length === 0 ? "" : `, in ${steps.join(", ")}`;
    super(`the key ${quoteBriefly(key)} is given twice in one object${where}; keep one of the two`);
    this.key = key;
    this.path = path;
  }
}

/**
 * Refuses a text whose brackets nest deeper than `limits.jsonDepthMax`, in one pass and without allocating: a parser
 * would take a hundred bytes for every bracket of a hostile text.
 *
 * @throws {MalformedMessage} If the text nests too deep.
 */
export function checkJsonDepth(text: string): void {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case openBracket:
      case openBrace:
        if (++depth > limits.jsonDepthMax) throw tooDeep();
        break;
      case closeBracket:
      case closeBrace:
        depth--;
        break;
      case quote:
        index = endOfString(text, index + 1);
        break;
    }
  }
}

/**
 * As {@linkcode checkJsonDepth}, and also refuses repeated keys. Other errors are left to the parser.
 *
 * @throws {MalformedMessage} If it nests too deep.
 * @throws {RepeatedKey} If an object has a key twice.
 */
export function checkJson(text: string): void {
  new KeyScan(text).run(text.length);
}

/** As {@linkcode checkJson}, in steps. */
export function* checkJsonSteps(text: string): Steps<void> {
  const scan = new KeyScan(text);
  for (let end = stepLength; end < text.length; end += stepLength) {
    scan.run(end);
    yield;
  }
  scan.run(text.length);
}

/** Characters scanned in one step. */
const stepLength = 64 * 1024;

/** Finds repeated keys. */
class KeyScan {
  readonly #text: string;
  #index = 0;
  /** The keys of each open object; undefined for a list. */
  readonly #open: (Keys | undefined)[] = [];
  #isKeyNext = false;

  constructor(text: string) {
    this.#text = text;
  }

  /** Scans at least up to an offset. */
  run(end: number): void {
    const [text, open] = [this.#text, this.#open];
    let index = this.#index;
    let isKeyNext = this.#isKeyNext;
    let keys = open[open.length - 1];
    for (; index < end; index++) {
      switch (text.charCodeAt(index)) {
        case openBrace:
        case openBracket:
          if (open.length >= limits.jsonDepthMax) throw tooDeep();
          isKeyNext = text.charCodeAt(index) === openBrace;
          keys = isKeyNext ? new Keys() : undefined;
          open.push(keys);
          break;
        case closeBrace:
        case closeBracket:
          open.pop();
          keys = open[open.length - 1];
          isKeyNext = false;
          break;
        case comma:
          isKeyNext = keys !== undefined;
          break;
        case quote: {
          const stringEnd = endOfString(text, index + 1);
          if (isKeyNext && !keys!.add(keyOf(text, index + 1, stringEnd))) {
            throw new RepeatedKey(keyOf(text, index + 1, stringEnd), pathTo(text, index));
          }
          isKeyNext = false;
          index = stringEnd;
          break;
        }
      }
    }
    this.#index = index;
    this.#isKeyNext = isKeyNext;
  }
}

/**
 * Whether valid JSON may have a repeated key, given the number of keys that the parser returned. Fast: counts `":`
 * sequences, of which every member has one unless white space separates them. Always true for a key that ends in a
 * quote, because the runtime's parser mistakes some of those for another key (V8 13 and 14, after reading an object
 * with the key `\`).
 *
 * @returns False only if no key is repeated.
 */
export function mayRepeatKeys(json: string, keys: number): boolean {
  let members = 0;
  for (let at = json.indexOf('":'); at >= 0; at = json.indexOf('":', at + 2)) members++;
  return members !== keys || json.includes('\\"":') || json.includes(" :") ||
    json.includes("\n:") || json.includes("\t:") ||
    json.includes("\r:");
}

/** The keys of one object. Most objects have few, for which a linear search beats a set. */
class Keys {
  readonly #few: string[] = [];
  #all: Set<string> | undefined;

  /** @returns Whether it is new. */
  add(key: string): boolean {
    if (this.#all !== undefined) {
      const { size } = this.#all;
      return this.#all.add(key).size > size;
    }
    if (this.#few.includes(key)) return false;
    if (this.#few.push(key) > fewKeysMax) this.#all = new Set(this.#few);
    return true;
  }
}

const fewKeysMax = 8;

/** Decodes a key. Bad escapes are left to the parser. */
function keyOf(text: string, start: number, end: number): string {
  const written = text.slice(start, end);
  if (!written.includes("\\")) return written;
  try {
    return JSON.parse(`"${written}"`);
  } catch {
    return written;
  }
}

/** The path to the innermost open object or list at an offset. */
function pathTo(text: string, end: number): JsonStep[] {
  const open: { step: JsonStep | undefined }[] = [];
  let isKeyNext = false;
  for (let index = 0; index < end; index++) {
    const innermost = open[open.length - 1];
    switch (text.charCodeAt(index)) {
      case openBrace:
        open.push({ step: undefined });
        isKeyNext = true;
        break;
      case openBracket:
        open.push({ step: 0 });
        isKeyNext = false;
        break;
      case closeBrace:
      case closeBracket:
        open.pop();
        isKeyNext = false;
        break;
      case comma:
        if (typeof innermost?.step === "number") innermost.step++;
        else isKeyNext = true;
        break;
      case quote: {
        const stringEnd = endOfString(text, index + 1);
        if (isKeyNext && innermost !== undefined) {
          innermost.step = keyOf(text, index + 1, stringEnd);
        }
        isKeyNext = false;
        index = stringEnd;
        break;
      }
    }
  }
  return open.slice(0, -1).map(({ step }) => step!);
}

/** The end of the string that begins at `start`, or the text's end if it is not closed. */
export function endOfString(text: string, start: number): number {
  for (let index = start;; index++) {
    index = text.indexOf('"', index);
    if (index < 0) return text.length;
    let backslashes = 0;
    while (index - backslashes > start && text.charCodeAt(index - backslashes - 1) === backslash) {
      backslashes++;
    }
    if (backslashes % 2 === 0) return index;
  }
}

function tooDeep(): MalformedMessage {
  return new MalformedMessage(`JSON nests deeper than ${limits.jsonDepthMax} levels`);
}

const quote = 0x22;
const comma = 0x2c;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
