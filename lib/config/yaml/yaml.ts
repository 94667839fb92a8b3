/**
 * Parses text into the tree of `nodes.ts`, and notes YAML mistakes.
 *
 * The library serves as a grammar. What it leaves unbounded or does slowly is done here: depth, before anything
 * recurses; duplicate keys, anchors, aliases and merge keys.
 */
import {
  Composer,
  type Document,
  type DocumentToken,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Pair,
  type ParsedNode,
  Parser,
  type Token,
  type TokenItem,
  type YamlError,
} from "./_library.ts";
import process from "node:process";
import type { ConfigurationBounds } from "../bounds.ts";
import type { Diagnostics } from "../diagnostics.ts";
import { brokenAt, type Entry, quote, type ScalarNode, shorten, type YamlNode } from "./nodes.ts";
import { explainSyntax } from "./_messages.ts";
import { noteSyntaxErrors, repairBracketedTypes, unhide } from "./_syntax.ts";

/**
 * Reads the one YAML document of a text. YAML 1.2, core schema.
 *
 * @returns undefined if the text is not YAML, with the mistakes noted in `findings`. Duplicate keys, unknown aliases
 *   and the like are noted too, but leave a tree that can be checked further.
 */
export function readYaml(
  findings: Diagnostics,
  bounds: Pick<ConfigurationBounds, "depthMax" | "aliasNodesMax" | "mistakesMax">,
): YamlNode | undefined {
  const text = findings.source.text;
  const first = composeText(text, findings, bounds);
  if (first === undefined) return undefined;
  const repaired = repairBracketedTypes(text, first.errors, findings);
  const composed = repaired === text ? first : composeText(repaired, findings, bounds);
  if (composed === undefined) return undefined;
  if (composed.errors.length > 0) {
    noteSyntaxErrors(composed, findings);
    return undefined;
  }
  for (const warning of composed.warnings) {
    if (warning.code !== "TAG_RESOLVE_FAILED") continue;
    findings.add({ at: warning.pos[0], ...explainSyntax(warning.code, text, warning.pos[0]) });
  }
  if (composed.document === undefined) return undefined;
  const { aliasNodesMax } = bounds;
  const converter = new Converter(findings, { aliasNodesMax, repaired: repaired !== text });
  return converter.convert(composed.document.contents, 0);
}

interface Composed {
  /** Undefined after too many errors and warnings. */
  readonly document: Document | undefined;
  /** In the order of the text. */
  readonly errors: readonly YamlError[];
  readonly warnings: readonly YamlError[];
  /** Offsets of opening brackets and quotes that nothing closes. */
  readonly unclosed: readonly number[];
}

/**
 * Runs the library with an empty environment: at every token it looks there whether to log it, which takes a
 * microsecond and a permission. Synchronous, so that no other code sees the change.
 */
function withoutEnvironment<Result>(body: () => Result): Result {
  const { env } = process;
  process.env = {};
  try {
    return body();
  } finally {
    process.env = env;
  }
}

/** Runs the library, unless the text is nested too deeply for it or holds several documents. */
function composeText(
  text: string,
  findings: Diagnostics,
  { depthMax, mistakesMax }: { readonly depthMax: number; readonly mistakesMax: number },
): Composed | undefined {
  const { tokens, isTooDeep } = withoutEnvironment(() => tokensOf(text, { depthMax, mistakesMax }));
  const documents = tokens.filter((token) => token.type === "document");
  const inspected = inspect(documents[0], text);
  if (isTooDeep || inspected.depth > depthMax) {
    const message = `nested more than ${depthMax} levels deep`;
    findings.add({ at: inspected.deepestOffset, message, hint: "an init.yaml needs about ten" });
    return undefined;
  }
  if (documents.length > 1) {
    findings.add({
      at: documents[1]!.offset,
      message: "a second YAML document begins here, expected one",
      hint: 'remove the "---" and the other document',
    });
    return undefined;
  }
  const { errors, ...composed } = withoutEnvironment(() =>
    documentOf(tokens, { length: text.length, mistakesMax })
  );
  return {
    ...composed,
    errors: [...errors].sort((one, other) => one.pos[0] - other.pos[0]),
    unclosed: inspected.unclosed,
  };
}

/** Stops where the text is nested too deeply, after too many errors, or in a second document: the rest does not matter. */
function tokensOf(
  text: string,
  { depthMax, mistakesMax }: { readonly depthMax: number; readonly mistakesMax: number },
): { readonly tokens: readonly Token[]; readonly isTooDeep: boolean } {
  const parser = new Parser();
  const tokens: Token[] = [];
  let [documents, errors] = [0, 0];
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      tokens.push(token);
      const isOver = token.type === "document" && ++documents > 1 ||
        token.type === "error" && ++errors >= mistakesMax;
      if (isOver) return { tokens, isTooDeep: false };
    }
    // The document, and a token that may turn out to be the key of a map around it.
    if (parser.stack.length > depthMax + 2) {
      return { tokens: [...tokens, ...parser.end()], isTooDeep: true };
    }
  }
  return { tokens: [...tokens, ...parser.end()], isTooDeep: false };
}

/** Stops after too many errors and warnings: each takes as long as many tokens. */
function documentOf(
  tokens: readonly Token[],
  { length, mistakesMax }: { readonly length: number; readonly mistakesMax: number },
): Omit<Composed, "unclosed"> {
  const composer = new Composer({
    uniqueKeys: false,
    schema: "core",
    prettyErrors: false,
    // Tags of YAML 1.1, such as !!omap, would make the library's own nodes; without them they are unknown like all
    // others.
    resolveKnownTags: false,
  });
  const { onError } = composer;
  let count = 0;
  composer.onError = (...error) => {
    onError(...error);
    if (++count >= mistakesMax) throw new TooManyErrors();
  };
  try {
    const [document] = composer.compose(tokens, true, length);
    const { errors, warnings } = document!;
    return { document, errors, warnings };
  } catch (error) {
    if (!(error instanceof TooManyErrors)) throw error;
    return { document: undefined, errors: composer.errors, warnings: composer.warnings };
  }
}

class TooManyErrors extends Error {}

/** Walks the concrete syntax without recursion, because its depth is not known yet. */
function inspect(
  document: DocumentToken | undefined,
  text: string,
): { depth: number; deepestOffset: number; unclosed: number[] } {
  const unclosed: number[] = [];
  let depth = 0;
  let deepestOffset = 0;
  const waiting: { token: Token | null | undefined; level: number }[] = [
    { token: document?.value, level: 1 },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { token, level } = next;
    if (token === null || token === undefined) continue;
    if (level > depth) {
      depth = level;
      deepestOffset = token.offset;
    }
    switch (token.type) {
      case "single-quoted-scalar":
      case "double-quoted-scalar": {
        const { source } = token;
        if (source.length < 2 || source.at(-1) !== source[0]) unclosed.push(token.offset);
        break;
      }
      case "flow-collection": {
        const closing = text[token.offset] === "{" ? "flow-map-end" : "flow-seq-end";
        if (!token.end.some((end) => end.type === closing)) unclosed.push(token.offset);
        for (const item of token.items) pushItem(item, level);
        break;
      }
      case "block-map":
      case "block-seq":
        for (const item of token.items) pushItem(item, level);
        break;
    }
  }
  return { depth, deepestOffset, unclosed: unclosed.sort((one, other) => one - other) };

  function pushItem(item: TokenItem, level: number): void {
    if (item.key) waiting.push({ token: item.key, level: level + 1 });
    if (item.value) waiting.push({ token: item.value, level: level + 1 });
  }
}

/** Turns the library's nodes into ours. Recursion is bounded: the depth is known by now. */
class Converter {
  readonly #findings: Diagnostics;
  /** The target of each anchor; `open` while it is being read. */
  readonly #anchors = new Map<string, YamlNode | "open">();
  #aliasNodesLeft: number;

  readonly #repaired: boolean;

  constructor(findings: Diagnostics, options: { aliasNodesMax: number; repaired: boolean }) {
    this.#findings = findings;
    this.#aliasNodesLeft = options.aliasNodesMax;
    this.#repaired = options.repaired;
  }

  convert(node: ParsedNode | null | undefined, emptyOffset: number): YamlNode {
    if (node === null || node === undefined) {
      return { kind: "scalar", type: "null", text: "", offset: emptyOffset, weight: 1 };
    }
    if (isAlias(node)) return this.#resolve(node.source, node.range[0]);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, "open");
    const result = this.#convertPlain(node);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, result);
    return result;
  }

  /** An empty value gets its key's offset. */
  #convertValue(value: ParsedNode | null, keyOffset: number): YamlNode {
    const node = this.convert(value, keyOffset);
    const empty = isScalar(value) && node.kind === "scalar" && node.text === "" &&
      node.type === "null";
    return empty ? { ...node, offset: keyOffset } : node;
  }

  #convertPlain(node: ParsedNode): YamlNode {
    const offset = node.range[0];
    if (isScalar(node)) return this.#convertScalar(node.value, node.source, offset);
    if (isSeq(node)) {
      const items = node.items.map((item) => this.convert(item, offset));
      return { kind: "list", items, offset, weight: weigh(items) };
    }
    if (isMap(node)) return this.#convertMap(node.items, offset);
    return brokenAt(offset);
  }

  #convertScalar(value: unknown, source: string | undefined, offset: number): ScalarNode {
    const base = { kind: "scalar", offset, weight: 1 } as const;
    if (value === null) return { ...base, type: "null", text: source ?? "" };
    const written = source ?? String(value);
    if (typeof value === "number") return { ...base, type: "number", text: written, number: value };
    if (typeof value === "boolean") return { ...base, type: "boolean", text: written };
    const given = String(value);
    const { text } = this.#findings.source;
    const shown = this.#repaired ? unhide(given) : given;
    const quoted = text.startsWith(shown, offset + 1) ? offset + 1 : undefined;
    const textOffset = text.startsWith(shown, offset) ? offset : quoted;
    return { ...base, type: "string", text: shown, textOffset };
  }

  #convertMap(pairs: readonly Pair[], offset: number): YamlNode {
    const entries = new Map<string, Entry>();
    const merged: YamlNode[] = [];
    for (const pair of pairs) {
      const key = this.convert(pair.key, offset);
      const value = this.#convertValue(pair.value, key.offset);
      if (key.kind === "broken") continue;
      if (key.kind !== "scalar" || key.type === "null") {
        this.#findings.add({ at: key, message: "expected a key, a text before the colon" });
        continue;
      }
      const first = entries.get(key.text);
      if (first !== undefined) {
        const where = this.#findings.whereIs(first.key);
        const message = `the key ${quote(key.text)} is given twice, first in ${where}`;
        this.#findings.add({ at: key, message, hint: "keep one of the two" });
        continue;
      }
      // A quoted merge key is an ordinary one; then the text is not at the key's offset.
      if (key.text === "<<" && key.textOffset === key.offset) merged.push(value);
      else entries.set(key.text, { key, value });
    }
    for (const node of merged) this.#merge(node, entries);
    const all = [...entries.values()];
    return { kind: "map", entries: all, offset, weight: weigh(all.map((entry) => entry.value)) };
  }

  /** YAML 1.1's merge key: adds keys that the map lacks; of several maps, the earlier one wins. */
  #merge(node: YamlNode, entries: Map<string, Entry>): void {
    const maps = node.kind === "list" ? node.items : [node];
    for (const map of maps) {
      if (map.kind === "broken") continue;
      if (map.kind !== "map") {
        this.#findings.add({
          at: map,
          message: 'expected a map, or a list of maps, behind "<<"',
          hint: "write <<: *name, where &name marks a map",
        });
        continue;
      }
      for (const entry of map.entries) {
        if (!entries.has(entry.key.text)) entries.set(entry.key.text, entry);
      }
    }
  }

  #resolve(name: string, offset: number): YamlNode {
    const target = this.#anchors.get(name);
    const broken = brokenAt(offset);
    if (target === undefined) {
      const shown = shorten(name);
      const hint = `mark what it stands for with &${shown}, further up`;
      this.#findings.add({ at: offset, message: `nothing is named &${shown} before this`, hint });
      return broken;
    }
    if (target === "open") {
      this.#findings.add({
        at: offset,
        message: `*${shorten(name)} stands inside what it stands for`,
      });
      return broken;
    }
    if (this.#aliasNodesLeft < 0) return broken;
    this.#aliasNodesLeft -= target.weight;
    if (this.#aliasNodesLeft < 0) {
      const message = "the aliases up to here expand to more than a file may hold";
      this.#findings.add({ at: offset, message, hint: "write fewer aliases of aliases" });
      return broken;
    }
    // The copy gets the alias's offset; its content keeps its own.
    return { ...target, offset };
  }
}

function weigh(nodes: readonly YamlNode[]): number {
  let weight = 1;
  for (const node of nodes) weight += node.weight;
  return weight;
}
