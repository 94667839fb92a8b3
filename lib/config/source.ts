/** Converts offsets in a text to lines and columns. */
import type { SourcePosition } from "./model.ts";

/** Characters between known columns of a line. */
const columnsApart = 512;

/** The text of a file, and the position of each offset. */
export class SourceText {
  readonly text: string;
  /** The offset at which each line starts; lines end with \n or \r\n. */
  readonly #lineStarts: number[] = [0];
  /** By line, the columns at every so many characters, as far as they were needed. */
  readonly #columns = new Map<number, number[]>();

  constructor(text: string) {
    this.text = text.startsWith("\ufeff") ? text.slice(1) : text;
    for (let at = this.text.indexOf("\n"); at !== -1; at = this.text.indexOf("\n", at + 1)) {
      this.#lineStarts.push(at + 1);
    }
  }

  /** The position of an offset, which is clamped to the text. */
  positionAt(offset: number): SourcePosition {
    const bounded = Math.min(Math.max(offset, 0), this.text.length);
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#lineStarts[middle]! <= bounded) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: this.#columnAt(low, bounded) };
  }

  /** The line without its end; `line` is 1-based. */
  lineText(line: number): string {
    const start = this.#lineStarts[line - 1] ?? this.text.length;
    const end = this.#lineStarts[line] ?? this.text.length + 1;
    return this.text.slice(start, end - 1).replace(/\r$/, "");
  }

  /** Counts from a known column, so that a file of one long line does not take quadratic time. */
  #columnAt(line: number, offset: number): number {
    const start = this.#lineStarts[line]!;
    const columns = this.#columns.get(line) ?? [1];
    this.#columns.set(line, columns);
    const index = Math.floor((offset - start) / columnsApart);
    while (columns.length <= index) {
      const from = start + (columns.length - 1) * columnsApart;
      columns.push(columns.at(-1)! + this.#countCharacters(from, from + columnsApart));
    }
    const column = columns[index]! + this.#countCharacters(start + index * columnsApart, offset);
    return this.#isSecondHalf(offset) ? column - 1 : column;
  }

  /** The characters that begin between two offsets. */
  #countCharacters(from: number, to: number): number {
    let count = 0;
    for (let at = from; at < to; at++) if (!this.#isSecondHalf(at)) count++;
    return count;
  }

  /** Whether a character of two code units began before the offset. */
  #isSecondHalf(offset: number): boolean {
    const [high, low] = [this.text.charCodeAt(offset - 1), this.text.charCodeAt(offset)];
    return low >= 0xdc00 && low <= 0xdfff && high >= 0xd800 && high <= 0xdbff;
  }
}
