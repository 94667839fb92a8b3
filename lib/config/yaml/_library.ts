/**
 * The YAML library, https://eemeli.org/yaml/: the part used here, with our own types.
 *
 * Its name is hidden from tools: in a folder with a package.json the runtime looks for packages only in node_modules,
 * and a program that imports farcall could be neither checked nor started there, even if it reads no init.yaml.
 */
import { InvalidConfiguration, messageOf } from "../../errors/mod.ts";

const specifier = "npm:yaml@2.9.1";

/** Loads the library. @throws {InvalidConfiguration} If it cannot be loaded. */
async function load(): Promise<YamlLibrary> {
  try {
    return await import(specifier);
  } catch (cause) {
    const why = messageOf(cause);
    const remedy = why.includes("node_modules")
      ? "this folder has a package.json, so Deno looks for packages only in its node_modules: run with " +
        "--node-modules-dir=none, or import farcall as a package of npm's"
      : "it comes from npm's registry, once: connect, or run farcall's executable";
    throw new InvalidConfiguration(
      `init.yaml cannot be read: the YAML library ${specifier} was not loaded; ${remedy} (${why})`,
      [],
      { cause },
    );
  }
}

/** Makes tokens of lexemes. */
interface YamlParser {
  /** The token that is being read, and those around it, the document first. */
  readonly stack: readonly unknown[];
  next(lexeme: string): Iterable<Token>;
  end(): Iterable<Token>;
}

/** Makes documents of tokens. */
interface YamlComposer {
  /** The errors so far of a document that is not complete. */
  readonly errors: readonly YamlError[];
  readonly warnings: readonly YamlError[];
  onError: (...error: readonly unknown[]) => void;
  compose(tokens: Iterable<Token>, forceDocument: true, endOffset: number): Iterable<Document>;
}

interface YamlLibrary {
  readonly Lexer: new () => { lex(text: string): Iterable<string> };
  readonly Parser: new () => YamlParser;
  readonly Composer: new (
    options: {
      readonly uniqueKeys: false;
      readonly schema: "core";
      readonly prettyErrors: false;
      readonly resolveKnownTags: false;
    },
  ) => YamlComposer;
  isAlias(node: unknown): node is Alias;
  isMap(node: unknown): node is YamlMap;
  isScalar(node: unknown): node is Scalar;
  isSeq(node: unknown): node is Sequence;
}

/** A token of the concrete syntax. */
export type Token =
  | { readonly type: "error"; readonly offset: number }
  | { readonly type: "document"; readonly offset: number; readonly value?: Token }
  | {
    readonly type: "single-quoted-scalar" | "double-quoted-scalar";
    readonly offset: number;
    readonly source: string;
  }
  | {
    readonly type: "flow-collection";
    readonly offset: number;
    readonly items: readonly TokenItem[];
    readonly end: readonly { readonly type: string }[];
  }
  | {
    readonly type: "block-map" | "block-seq";
    readonly offset: number;
    readonly items: readonly TokenItem[];
  }
  | { readonly type: "scalar" | "alias" | "block-scalar"; readonly offset: number };

export type DocumentToken = Extract<Token, { type: "document" }>;

export interface TokenItem {
  readonly key?: Token | null;
  readonly value?: Token;
}

export interface Document {
  readonly contents: ParsedNode | null;
  readonly errors: readonly YamlError[];
  readonly warnings: readonly YamlError[];
}

export interface YamlError {
  readonly code: string;
  readonly message: string;
  /** Its start and end offsets. */
  readonly pos: readonly [number, number];
}

export type ParsedNode = Alias | Scalar | Sequence | YamlMap;

interface NodeBase {
  readonly range: readonly [start: number, valueEnd: number, nodeEnd: number];
  readonly anchor?: string;
  readonly tag?: string;
}

export interface Alias extends NodeBase {
  readonly source: string;
}

export interface Scalar extends NodeBase {
  readonly value: unknown;
  readonly source?: string;
}

export interface Sequence extends NodeBase {
  readonly items: readonly ParsedNode[];
}

export interface YamlMap extends NodeBase {
  readonly items: readonly Pair[];
}

export interface Pair {
  readonly key: ParsedNode;
  readonly value: ParsedNode | null;
}

const library = await load();

/** Text to lexemes; never throws. */
export const Lexer: YamlLibrary["Lexer"] = library.Lexer;
/** Lexemes to tokens; never throws. */
export const Parser: YamlLibrary["Parser"] = library.Parser;
/** Tokens to documents; never throws. */
export const Composer: YamlLibrary["Composer"] = library.Composer;

export function isAlias(node: unknown): node is Alias {
  return library.isAlias(node);
}

export function isMap(node: unknown): node is YamlMap {
  return library.isMap(node);
}

export function isScalar(node: unknown): node is Scalar {
  return library.isScalar(node);
}

export function isSeq(node: unknown): node is Sequence {
  return library.isSeq(node);
}
