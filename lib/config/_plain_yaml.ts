/**
 * The plain part of YAML, read in one pass: block maps and lists, flow collections on one line, plain and
 * quoted scalars on one line, comments. That is nearly every init.yaml there is.
 *
 * It gives up at the first thing that it is not sure of: anchors, tags, escapes, tabs, texts of several
 * lines, duplicate keys, every error. Then the whole text goes to the library, which alone decides what
 * is YAML. Why there are two: with a thousand services the library takes 0.7 s, this 0.05 s, and a
 * configuration is read for each `farcall call`. A fuzz test holds them to the same answers.
 */
import type { Entry, ListNode, MapNode, Node, ScalarNode } from "./_nodes.ts";

/** Nesting that is read here; deeper texts go to the library. */
const plainDepthMax = 32;

/** Thrown, and caught below, where this reader is not sure; has no stack to be collected. */
const unsure = Symbol("not plain");

/**
 * Reads a text as plain YAML.
 *
 * @returns undefined where the library must be asked.
 */
export function readPlainYaml(text: string): Node | undefined {
  // deno-lint-ignore no-control-regex
  if (/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff]/.test(text)) return undefined;
  try {
    return new PlainReader(text).document();
  } catch (thrown) {
    if (thrown === unsure) return undefined;
    throw thrown;
  }
}

const plainKey = /[A-Za-z0-9_$][A-Za-z0-9_$./-]{0,199}(?=:(?: |\n|$))/y;
const quotedKey = /(?:"[^"\\\n]{1,200}"|'[^'\n]{1,200}')(?=:(?: |\n|$))/y;
const quoted = /"[^"\\\n]+"|'[^'\n]+'(?!')/y;
const blockPlain = /[A-Za-z0-9_./$][^\n]*/y;
const flowPlain = /[A-Za-z0-9_./$][A-Za-z0-9_./$ ()+=@~-]*/y;

class PlainReader {
  readonly #text: string;
  /** The next character that was not read. */
  #at = 0;
  /** The column, 0-based, of the key or dash that the line begins with; in `- key: value` of that key. */
  #indent = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Node {
    this.#toContent();
    if (this.#indent !== 0 || this.#ended()) throw unsure;
    const node = this.#block();
    if (!this.#ended()) throw unsure;
    return node;
  }

  /** A map or a list whose first key or dash is here. */
  #block(): Node {
    if (++this.#depth > plainDepthMax) throw unsure;
    const node = this.#atDash() ? this.#blockList() : this.#blockMap();
    this.#depth--;
    return node;
  }

  #blockMap(): MapNode {
    const indent = this.#indent;
    const offset = this.#at;
    const entries: Entry[] = [];
    const keys = new Set<string>();
    while (!this.#ended() && this.#indent === indent) {
      const key = this.#key();
      if (keys.has(key.text)) throw unsure;
      keys.add(key.text);
      this.#at++; // the colon
      entries.push({ key, value: this.#blockValue(key, indent) });
    }
    return finishMap(entries, offset);
  }

  /** What stands behind a key's colon, or below it. Leaves off at the next content. */
  #blockValue(key: ScalarNode, indent: number): Node {
    this.#spaces();
    if (!this.#atLineEnd()) {
      const value = this.#inline();
      this.#endLine(indent);
      return value;
    }
    this.#toContent();
    const deeper = !this.#ended() && this.#indent > indent;
    const listBelow = !this.#ended() && this.#indent === indent && this.#atDash();
    if (deeper || listBelow) {
      const value = this.#block();
      if (!this.#ended() && this.#indent > indent) throw unsure;
      return value;
    }
    return { kind: "scalar", type: "null", text: "", offset: key.offset, weight: 1 };
  }

  #blockList(): ListNode {
    const indent = this.#indent;
    const offset = this.#at;
    const items: Node[] = [];
    while (!this.#ended() && this.#indent === indent && this.#atDash()) {
      const dash = this.#at;
      this.#at++;
      this.#spaces();
      if (this.#atLineEnd() || this.#atDash()) throw unsure;
      if (this.#matches(plainKey) || this.#matches(quotedKey)) {
        // The map's keys are below each other, the first of them behind the dash.
        this.#indent = indent + this.#at - dash;
        items.push(this.#block());
      } else {
        items.push(this.#inline());
        this.#endLine(indent);
      }
      if (!this.#ended() && this.#indent > indent) throw unsure;
    }
    return { kind: "list", items, offset, weight: weigh(items) };
  }

  /** A value on the rest of the line, in a block. */
  #inline(): Node {
    const character = this.#text[this.#at];
    if (character === "[" || character === "{") return this.#flow();
    if (character === '"' || character === "'") return this.#quoted();
    let written = this.#take(blockPlain);
    const comment = written.indexOf(" #");
    if (comment !== -1) {
      this.#at -= written.length - comment;
      written = written.slice(0, comment);
    }
    const scalar = written.replace(/ +$/, "");
    if (scalar.includes(": ") || scalar.endsWith(":")) throw unsure;
    return resolvePlain(scalar, this.#at - written.length);
  }

  #flow(): Node {
    if (++this.#depth > plainDepthMax) throw unsure;
    const node = this.#text[this.#at] === "[" ? this.#flowList() : this.#flowMap();
    this.#depth--;
    return node;
  }

  #flowList(): ListNode {
    const offset = this.#at++;
    const items: Node[] = [];
    this.#spaces();
    while (this.#text[this.#at] !== "]") {
      items.push(this.#flowValue());
      this.#separator("]");
    }
    this.#at++;
    return { kind: "list", items, offset, weight: weigh(items) };
  }

  #flowMap(): MapNode {
    const offset = this.#at++;
    const entries: Entry[] = [];
    const keys = new Set<string>();
    this.#spaces();
    while (this.#text[this.#at] !== "}") {
      const key = this.#key();
      if (keys.has(key.text)) throw unsure;
      keys.add(key.text);
      this.#at++; // the colon
      this.#spaces();
      entries.push({ key, value: this.#flowValue() });
      this.#separator("}");
    }
    this.#at++;
    return finishMap(entries, offset);
  }

  #flowValue(): Node {
    const character = this.#text[this.#at];
    if (character === "[" || character === "{") return this.#flow();
    if (character === '"' || character === "'") return this.#quoted();
    const offset = this.#at;
    return resolvePlain(this.#take(flowPlain).replace(/ +$/, ""), offset);
  }

  /** A comma and something behind it, or the closing bracket, which is left. */
  #separator(closing: string): void {
    this.#spaces();
    if (this.#text[this.#at] === closing) return;
    if (this.#text[this.#at] !== ",") throw unsure;
    this.#at++;
    this.#spaces();
    if (this.#text[this.#at] === closing) throw unsure;
  }

  #quoted(): ScalarNode {
    const offset = this.#at;
    const text = this.#take(quoted).slice(1, -1);
    return { kind: "scalar", type: "string", text, offset, weight: 1, textOffset: offset + 1 };
  }

  #key(): ScalarNode {
    const offset = this.#at;
    if (!this.#matches(quotedKey)) return notNull(resolvePlain(this.#take(plainKey), offset));
    const text = this.#take(quotedKey).slice(1, -1);
    return { kind: "scalar", type: "string", text, offset, weight: 1, textOffset: offset + 1 };
  }

  #matches(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    return pattern.test(this.#text);
  }

  #take(pattern: RegExp): string {
    if (!this.#matches(pattern)) throw unsure;
    const start = this.#at;
    this.#at = pattern.lastIndex;
    return this.#text.slice(start, this.#at);
  }

  #spaces(): void {
    while (this.#text[this.#at] === " ") this.#at++;
  }

  #ended(): boolean {
    return this.#at >= this.#text.length;
  }

  #atDash(): boolean {
    const behind = this.#text[this.#at + 1];
    return this.#text[this.#at] === "-" &&
      (behind === " " || behind === "\n" || behind === undefined);
  }

  /** At the end of the line, or before a comment that ends it. */
  #atLineEnd(): boolean {
    const character = this.#text[this.#at];
    if (character === undefined || character === "\n") return true;
    return character === "#" && this.#text[this.#at - 1] === " ";
  }

  /** After a value: nothing more on the line, and nothing below that could belong to it. */
  #endLine(indent: number): void {
    this.#spaces();
    if (!this.#atLineEnd()) throw unsure;
    this.#toContent();
    if (!this.#ended() && this.#indent > indent) throw unsure;
  }

  /** To the first character of the next line that has any, or to the end. */
  #toContent(): void {
    if (this.#at > 0) this.#toNextLine();
    for (;;) {
      const start = this.#at;
      this.#spaces();
      this.#indent = this.#at - start;
      const character = this.#text[this.#at];
      if (character === undefined || character !== "\n" && character !== "#") return;
      this.#toNextLine();
    }
  }

  #toNextLine(): void {
    const end = this.#text.indexOf("\n", this.#at);
    this.#at = end === -1 ? this.#text.length : end + 1;
  }
}

function finishMap(entries: readonly Entry[], offset: number): MapNode {
  return { kind: "map", entries, offset, weight: weigh(entries.map(({ value }) => value)) };
}

function weigh(nodes: readonly Node[]): number {
  let weight = 1;
  for (const node of nodes) weight += node.weight;
  return weight;
}

function notNull(key: ScalarNode): ScalarNode {
  if (key.type === "null") throw unsure;
  return key;
}

/** The core schema, as far as it can be told at a glance. */
function resolvePlain(text: string, offset: number): ScalarNode {
  const base = { kind: "scalar", text, offset, weight: 1 } as const;
  if (/^(?:null|Null|NULL)$/.test(text)) return { ...base, type: "null" };
  if (/^(?:true|True|TRUE|false|False|FALSE)$/.test(text)) return { ...base, type: "boolean" };
  if (/^(?:0|[1-9]\d{0,14})$/.test(text)) return { ...base, type: "number", number: Number(text) };
  const dots = text.split(".").length - 1;
  if (/^[\d.][\dA-Fa-fxoinfINF.+-]*$/.test(text) && dots < 2) throw unsure;
  return { ...base, type: "string", textOffset: offset };
}
