/** What is used of yaml.js, as the package's own documentation has it: https://eemeli.org/yaml/ */

/** A token of the concrete syntax. */
export type Token =
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

/** Text to tokens. Never throws. */
export class Parser {
  parse(text: string): Generator<Token, void, unknown>;
}

/** Tokens to documents. Never throws. */
export class Composer {
  constructor(
    options: {
      readonly uniqueKeys: false;
      readonly schema: "core";
      readonly prettyErrors: false;
      readonly resolveKnownTags: false;
    },
  );
  compose(
    tokens: Iterable<Token>,
    forceDoc: true,
    endOffset: number,
  ): Generator<Document, void, unknown>;
}

export interface Document {
  readonly contents: ParsedNode | null;
  readonly errors: readonly YAMLError[];
  readonly warnings: readonly YAMLError[];
}

export interface YAMLError {
  readonly code: string;
  readonly message: string;
  /** Offsets of its beginning and end. */
  readonly pos: readonly [number, number];
}

export type ParsedNode = Alias | Scalar | Sequence | YAMLMap;

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

export interface YAMLMap extends NodeBase {
  readonly items: readonly Pair[];
}

export interface Pair {
  readonly key: ParsedNode;
  readonly value: ParsedNode | null;
}

export function isAlias(node: unknown): node is Alias;
export function isMap(node: unknown): node is YAMLMap;
export function isScalar(node: unknown): node is Scalar;
export function isSeq(node: unknown): node is Sequence;
