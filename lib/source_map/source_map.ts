/**
 * The compact source map of a script: each line can be looked up without reading those before it.
 *
 * ```text
 * farcall places 1
 * ["services/add.ts","npm:zod@4.6.7/v4/core/parse.js"]
 * segments of line 1
 * segments of line 2
 * …
 * ```
 * Segments are those of a source map (ECMA-426): column, source, line and column there, separated by commas; numbers
 * are differences to those of the segment before, in each line from 0 on.
 */
import { limits } from "../limits/mod.ts";
import { VlqReader } from "./_vlq.ts";

/** The header of the stored form. */
export const headerLine = "farcall places 1";

/** A location in a source. */
export interface SourceLocation {
  /** The file, as the bundle names it. */
  readonly source: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 code units. */
  readonly column: number;
}

/** The source map of one script. */
export class SourceMap {
  readonly #text: string;
  readonly #sources: readonly string[];
  /** The starts of every so many lines, as far as they were needed, from line 1 on. */
  readonly #starts: number[];

  /** @throws {SyntaxError} If the text is malformed. */
  constructor(text: string) {
    const { sources, start } = readHead(text);
    this.#text = text;
    this.#sources = sources;
    this.#starts = [start];
  }

  /**
   * The source location of a position in the script; undefined if it has none.
   *
   * @param line 1-based, as in a stack.
   * @param column 1-based.
   */
  at(line: number, column: number): SourceLocation | undefined {
    const bounds = this.#boundsOf(line);
    if (bounds === undefined) return undefined;
    let found: SourceLocation | undefined;
    try {
      for (const segment of segmentsOf(this.#text, ...bounds)) {
        if (segment.column >= column) break;
        const source = this.#sources[segment.source];
        found = source === undefined
          ? undefined
          : { source, line: segment.sourceLine + 1, column: segment.sourceColumn + 1 };
      }
    } catch {
      return undefined;
    }
    return found;
  }

  #boundsOf(line: number): [number, number] | undefined {
    if (line > limits.placesLinesMax) return undefined;
    const starts = this.#starts;
    const index = Math.floor((line - 1) / linesApart);
    while (starts.length <= index) {
      const next = this.#lineAfter(starts.at(-1)!, linesApart);
      if (next === undefined) return undefined;
      starts.push(next);
    }
    const start = this.#lineAfter(starts[index]!, (line - 1) % linesApart);
    if (start === undefined) return undefined;
    const end = this.#text.indexOf("\n", start);
    const bounds: [number, number] = [start, end < 0 ? this.#text.length : end];
    // A line that takes long to decode was generated, and nobody reads it.
    return bounds[1] - start > limits.placesLineLengthMax ? undefined : bounds;
  }

  /** The start of the line so many lines after one. */
  #lineAfter(start: number, count: number): number | undefined {
    let at = start;
    for (let left = count; left > 0; left--) {
      const end = this.#text.indexOf("\n", at);
      if (end < 0) return undefined;
      at = end + 1;
    }
    return at;
  }
}

/** Lines between known starts: a stack may name hundreds of far ones. */
const linesApart = 1024;

/**
 * Checks a source map from another machine.
 *
 * @throws {SyntaxError} If it is malformed.
 */
export function checkSourceMap(bytes: Uint8Array): void {
  if (bytes.length > limits.sourceMapBytesMax) throw new SyntaxError("it is too large");
  const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  const { start } = readHead(text);
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const isDigit = code > 42 && code < 58 && code !== 45 && code !== 46;
    const isLetter = code > 64 && code < 91 || code > 96 && code < 123;
    // Digits, `+`, `,` and `/`.
    if (!isDigit && !isLetter && code !== 10) {
      throw new SyntaxError("it contains an invalid segment");
    }
  }
}

/** Whether a node would store it. */
export function isSourceMap(bytes: Uint8Array): boolean {
  try {
    checkSourceMap(bytes);
    return true;
  } catch {
    return false;
  }
}

interface Segment {
  readonly column: number;
  readonly source: number;
  readonly sourceLine: number;
  readonly sourceColumn: number;
}

function* segmentsOf(text: string, start: number, end: number): Generator<Segment> {
  const reader = new VlqReader(text, start, end);
  const segment = { column: 0, source: 0, sourceLine: 0, sourceColumn: 0 };
  while (reader.hasNumber) {
    segment.column += reader.read();
    segment.source += reader.read();
    segment.sourceLine += reader.read();
    segment.sourceColumn += reader.read();
    yield segment;
    reader.at++;
  }
}

function readHead(text: string): { sources: readonly string[]; start: number } {
  const begin = headerLine.length + 1;
  const end = text.indexOf("\n", begin);
  if (!text.startsWith(`${headerLine}\n`) || end < 0) throw new SyntaxError("it has no head");
  const sources: unknown = JSON.parse(text.slice(begin, end));
  const isList = Array.isArray(sources) && sources.length <= limits.sourcesMax &&
    sources.every((each) => typeof each === "string" && isShowable(each));
  if (!isList) throw new SyntaxError("it names no sources");
  return { sources, start: end + 1 };
}

/** A source's file name, for the log. */
function isShowable(source: string): boolean {
  return source.length <= limits.sourcePathLengthMax && !/\p{Cc}/u.test(source);
}
