/**
 * The parser's library, https://github.com/acornjs/acorn: the part used here, with our own types. Imported by a name
 * that tools cannot see, like the YAML library (config/yaml/_library.ts): a node inside a program never loads it.
 */
const specifier = "npm:acorn@8.19.0";

/** A syntax tree node. */
export interface Node {
  readonly type: string;
  /** Its start and end in the text, in UTF-16 code units. */
  start: number;
  end: number;
}

/** A comment. */
export interface Comment extends Node {
  readonly type: "Line" | "Block";
  readonly value: string;
}

/** How a text is parsed. */
export interface Options {
  readonly ecmaVersion: "latest";
  readonly sourceType: "module";
  readonly locations?: boolean;
  /** Whether every private name must be declared; true by default. */
  readonly checkPrivateFields?: boolean;
  readonly onComment?: (isBlock: boolean, text: string, start: number, end: number) => void;
}

/** A parser of one text. */
export interface Parser {
  /** @throws {SyntaxError} If it is no module. */
  parse(): unknown;
}

interface ParserClass {
  /** @throws {SyntaxError} If it is no module. */
  parse(text: string, options: Options): { readonly body: readonly Node[] };
  extend(plugin: (base: ParserClass) => ParserClass): ParserClass;
}

interface AcornLibrary {
  readonly Parser: ParserClass;
  readonly tokTypes: { readonly regexp: unknown };
  getLineInfo(text: string, offset: number): { readonly line: number; readonly column: number };
}

const library: AcornLibrary = await import(specifier);

/** The parser's class. */
export const Parser: ParserClass = library.Parser;

/** Types of tokens. */
export const tokTypes: AcornLibrary["tokTypes"] = library.tokTypes;

/** The position of an offset. */
export function getLineInfo(
  text: string,
  offset: number,
): { readonly line: number; readonly column: number } {
  return library.getLineInfo(text, offset);
}
