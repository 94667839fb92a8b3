/** Numbers in the encoding of source maps: base64, five bits per character, the sign last (ECMA-426). */
const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const valueOf = new Int8Array(128).fill(-1);
for (let index = 0; index < digits.length; index++) valueOf[digits.charCodeAt(index)] = index;

/** Maximum bits of a number. */
const bitsMax = 31;

/** Writes a number. */
export function encodeVlq(value: number): string {
  let left = value < 0 ? -value * 2 + 1 : value * 2;
  let text = "";
  do {
    const digit = left & 31;
    left >>>= 5;
    text += digits[left > 0 ? digit | 32 : digit];
  } while (left > 0);
  return text;
}

/** Reads consecutive numbers. */
export class VlqReader {
  readonly #text: string;
  at: number;
  readonly #end: number;

  constructor(text: string, start = 0, end = text.length) {
    this.#text = text;
    this.at = start;
    this.#end = end;
  }

  /** Whether a number follows, rather than the end or a separator. */
  get hasNumber(): boolean {
    return this.at < this.#end && valueOf[this.#text.charCodeAt(this.at)]! >= 0;
  }

  /** @throws {SyntaxError} If no number follows. */
  read(): number {
    let value = 0;
    for (let shift = 0; shift <= bitsMax; shift += 5) {
      const digit = this.at < this.#end ? valueOf[this.#text.charCodeAt(this.at)] ?? -1 : -1;
      if (digit < 0) break;
      this.at++;
      value += (digit & 31) * 2 ** shift;
      if (digit < 32) return value % 2 === 1 ? -((value - 1) / 2) : value / 2;
    }
    throw new SyntaxError("a source map contains something that is not a number");
  }
}
