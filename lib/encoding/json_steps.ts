/** Parses and writes JSON of any size in bounded steps. */
import { MalformedMessage } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { endOfString } from "./json_scan.ts";
import type { Steps } from "./steps.ts";

/** Characters that the runtime parses in one step; a single string is always one step. */
const stepLength = 64 * 1024;

/**
 * Parses JSON as `JSON.parse` does.
 *
 * @throws {SyntaxError} If it is not JSON.
 * @throws {MalformedMessage} If a text of several steps nests deeper than `limits.jsonDepthMax`.
 */
export function* parseJsonSteps(text: string): Steps<unknown> {
  if (text.length <= stepLength) return JSON.parse(text);
  return yield* new Parser(text).whole();
}

class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  *whole(): Steps<unknown> {
    this.#skipWhite();
    const value = yield* this.#large();
    this.#skipWhite();
    if (this.#at < this.#text.length) throw this.#unexpected();
    return value;
  }

  /** Parses the value at the current offset, possibly in many steps. */
  *#large(): Steps<unknown> {
    const open = this.#text[this.#at];
    if (open !== "[" && open !== "{") return this.#parse(this.#at, this.#at = this.#endOfScalar());
    if (++this.#depth > limits.jsonDepthMax) {
      throw new MalformedMessage(`JSON nests deeper than ${limits.jsonDepthMax} levels`);
    }
    const value = open === "[" ? yield* this.#array() : yield* this.#object();
    this.#depth -= 1;
    return value;
  }

  *#array(): Steps<unknown[]> {
    const items: unknown[] = [];
    this.#at += 1;
    for (let isFirst = true; !this.#ends("]", isFirst); isFirst = false) {
      // Parses as many items together as fit into a step.
      const start = this.#at;
      let end = start;
      for (;;) {
        const next = this.#endOfSmall(this.#at);
        if (next === undefined) break;
        end = this.#at = next;
        this.#skipWhite();
        if (this.#text[this.#at] !== "," || this.#at - start > stepLength) break;
        this.#at += 1;
        this.#skipWhite();
      }
      if (end > start) {
        for (const item of JSON.parse(`[${this.#text.slice(start, end)}]`)) items.push(item);
        this.#at = end;
      } else {
        items.push(yield* this.#large());
      }
      yield;
    }
    return items;
  }

  *#object(): Steps<Record<string, unknown>> {
    const fields: Record<string, unknown> = {};
    this.#at += 1;
    for (let isFirst = true; !this.#ends("}", isFirst); isFirst = false) {
      if (this.#text[this.#at] !== '"') throw this.#unexpected();
      const start = this.#at;
      const key = this.#parse(start, this.#at = this.#endOfScalar()) as string;
      this.#skipWhite();
      if (this.#text[this.#at] !== ":") throw this.#unexpected();
      this.#at += 1;
      this.#skipWhite();
      const end = this.#endOfSmall(this.#at);
      const value = end === undefined
        ? yield* this.#large()
        : this.#parse(this.#at, this.#at = end);
      // An assignment to the key `__proto__` would set the prototype.
      Object.defineProperty(fields, key, {
        value,
        configurable: true,
        enumerable: true,
        writable: true,
      });
      yield;
    }
    return fields;
  }

  /** Whether the container ends here. Skips its closing bracket, or the comma before the next item. */
  #ends(close: "]" | "}", isFirst: boolean): boolean {
    this.#skipWhite();
    const isEnd = this.#text[this.#at] === close;
    if (!isEnd && isFirst) return false;
    if (!isEnd && this.#text[this.#at] !== ",") throw this.#unexpected();
    this.#at += 1;
    this.#skipWhite();
    return isEnd;
  }

  /** The end of a value that fits into a step, judged by its brackets; undefined for a larger one. */
  #endOfSmall(start: number): number | undefined {
    let depth = 0;
    for (let index = start; index < this.#text.length && index - start <= stepLength; index++) {
      switch (this.#text.charCodeAt(index)) {
        case 0x5b: // [
        case 0x7b: // {
          depth += 1;
          break;
        case 0x5d: // ]
        case 0x7d: // }
          depth -= 1;
          if (depth === 0) return index + 1;
          if (depth < 0) return index;
          break;
        case 0x22: // "
          index = endOfString(this.#text, index + 1);
          if (depth === 0) return index + 1;
          break;
        case 0x2c: // ,
          if (depth === 0) return index;
      }
    }
    return undefined;
  }

  #endOfScalar(): number {
    if (this.#text[this.#at] === '"') return endOfString(this.#text, this.#at + 1) + 1;
    const scalar = /[^,\]}\s]*/y;
    scalar.lastIndex = this.#at;
    scalar.test(this.#text);
    return scalar.lastIndex;
  }

  #parse(start: number, end: number): unknown {
    return JSON.parse(this.#text.slice(start, end));
  }

  #skipWhite(): void {
    for (;; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    }
  }

  #unexpected(): SyntaxError {
    return new SyntaxError(`unexpected character at ${this.#at}`);
  }
}

/** Levels of a value that are written item by item; below, each part is one step. */
const writtenLevels = 6;

const encoder = new TextEncoder();

/**
 * Writes JSON in UTF-8, as `JSON.stringify` does for values without `toJSON`.
 *
 * @param bytesBefore Bytes left free before it, for a head: to copy millions of bytes takes long.
 */
export function* encodeJsonSteps(
  value: unknown,
  bytesBefore = 0,
): Steps<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  let text = "";
  const flush = (): void => {
    const piece = encoder.encode(text) as Uint8Array<ArrayBuffer>;
    pieces.push(piece);
    bytes += piece.length;
    text = "";
  };
  for (const piece of textsOf(value, writtenLevels)) {
    text += piece;
    if (text.length < stepLength) continue;
    flush();
    yield;
  }
  flush();
  if (pieces.length === 1 && bytesBefore === 0) return pieces[0]!;
  const whole = new Uint8Array(bytesBefore + bytes);
  let offset = bytesBefore;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
    yield;
  }
  return whole;
}

/** What is smaller is written in one go: most answers are, and a generator for each part takes 30 times the memory. */
const sizeInOneGo = 4096;

/** What is left of a size that a value's parts and characters are taken from; less than 0 if it is larger. */
function sizeLeft(value: unknown, size: number): number {
  let left = size - 1;
  if (typeof value === "string") return left - value.length;
  if (typeof value !== "object" || value === null) return left;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length && left >= 0; index++) {
      left = sizeLeft(value[index], left);
    }
    return left;
  }
  for (const key in value) {
    if (left < 0) break;
    left = sizeLeft((value as Record<string, unknown>)[key], left - key.length);
  }
  return left;
}

function* textsOf(value: unknown, levels: number): Generator<string> {
  if (
    levels === 0 || typeof value !== "object" || value === null ||
    sizeLeft(value, sizeInOneGo) >= 0
  ) {
    yield JSON.stringify(value) ?? "null";
    return;
  }
  const isList = Array.isArray(value);
  let before = isList ? "[" : "{";
  const open = before;
  for (const [key, part] of isList ? value.entries() : Object.entries(value)) {
    if (!isList && part === undefined) continue;
    yield isList ? before : `${before}${JSON.stringify(key)}:`;
    before = ",";
    yield* textsOf(part, levels - 1);
  }
  yield (before === open ? open : "") + (isList ? "]" : "}");
}
