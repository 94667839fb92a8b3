/** Converts offsets in a text to lines and columns. */
import type { SourcePosition } from "./model.ts";

/** The text of a file, and the place of each offset. */
export class SourceText {
  readonly text: string;
  /** The offset at which each line starts; lines end with \n or \r\n. */
  readonly #lineStarts: number[] = [0];
  /** The last answer, from which counting continues. */
  #memo = { line: -1, offset: 0, column: 1 };

  constructor(text: string) {
    this.text = text.startsWith("\ufeff") ? text.slice(1) : text;
    for (let at = this.text.indexOf("\n"); at !== -1; at = this.text.indexOf("\n", at + 1)) {
      this.#lineStarts.push(at + 1);
    }
  }

  /** The place of an offset, clamped to the text. */
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

  /** Continues from the last answer if possible, so that a file of one long line does not take quadratic time. */
  #columnAt(line: number, offset: number): number {
    const memo = this.#memo;
    if (memo.line !== line || memo.offset > offset) {
      this.#memo = { line, offset: this.#lineStarts[line]!, column: 1 };
      return this.#columnAt(line, offset);
    }
    while (memo.offset < offset) {
      const unit = this.text.codePointAt(memo.offset)!;
      const next = memo.offset + (unit > 0xffff ? 2 : 1);
      if (next > offset) break;
      memo.offset = next;
      memo.column++;
    }
    return memo.column;
  }
}
