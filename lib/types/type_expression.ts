/**
 * Type expressions: the spelling of types in signatures, parsed into a tree and formatted again.
 *
 * ```text
 * type  = "int" | "int53" | "float" | "str" | "bool" | "bytes" | "None"
 *       | "List[" type "]" | "Dict[str," type "]" | "Tuple[" type { "," type } "]" | "Optional[" type "]"
 * whole = type | "Stream[" type "]"
 * ```
 */
import { limits } from "../limits/mod.ts";

/** The names of scalar types. */
export const scalarKinds = ["int", "int53", "float", "str", "bool", "bytes", "None"] as const;

/** The name of a scalar type. */
export type ScalarKind = typeof scalarKinds[number];

/** A parsed type expression. The keys of a Dict are always `str`. */
export type TypeExpression =
  | { readonly kind: ScalarKind }
  | { readonly kind: "List" | "Optional" | "Stream"; readonly item: TypeExpression }
  | { readonly kind: "Dict"; readonly value: TypeExpression }
  | { readonly kind: "Tuple"; readonly items: readonly TypeExpression[] };

/** A text that is not a type expression. */
export class TypeExpressionError extends Error {
  /** Always `TypeExpressionError`. */
  override readonly name = "TypeExpressionError";
  /** Where in the text the mistake begins: a 0-based offset in UTF-16 code units. */
  readonly offset: number;

  /** The message says what is wrong and what to write instead. */
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/**
 * Parses a type expression. White space between its parts is ignored; `list`, `dict`, `tuple`, `optional` and `stream`
 * are accepted for the capitalised names.
 *
 * @throws {TypeExpressionError} With the offset of the mistake and what to write instead.
 */
export function parseTypeExpression(text: string): TypeExpression {
  const parser = new Parser(text);
  const type = parser.type(1);
  parser.end();
  return type;
}

/** The canonical spelling: `Dict[str, List[int]]`. Equal for equal types. */
export function formatTypeExpression(type: TypeExpression): string {
  switch (type.kind) {
    case "List":
    case "Optional":
    case "Stream":
      return `${type.kind}[${formatTypeExpression(type.item)}]`;
    case "Dict":
      return `Dict[str, ${formatTypeExpression(type.value)}]`;
    case "Tuple":
      return `Tuple[${type.items.map(formatTypeExpression).join(", ")}]`;
    default:
      return type.kind;
  }
}

const containerNames = new Map([
  ["List", "List"],
  ["list", "List"],
  ["Dict", "Dict"],
  ["dict", "Dict"],
  ["Tuple", "Tuple"],
  ["tuple", "Tuple"],
  ["Optional", "Optional"],
  ["optional", "Optional"],
  ["Stream", "Stream"],
  ["stream", "Stream"],
]);

/** Type names of other languages; for hints only, never accepted. */
const foreignNames = new Map([
  ["integer", "int"],
  ["int64", "int"],
  ["int32", "int53"],
  ["safeint", "int53"],
  ["bigint", "int"],
  ["long", "int"],
  ["number", "float"],
  ["double", "float"],
  ["string", "str"],
  ["text", "str"],
  ["boolean", "bool"],
  ["uint8array", "bytes"],
  ["buffer", "bytes"],
  ["bytearray", "bytes"],
  ["void", "None"],
  ["null", "None"],
  ["undefined", "None"],
  ["nonetype", "None"],
  ["array", "List"],
  ["set", "List"],
  ["map", "Dict"],
  ["object", "Dict"],
  ["record", "Dict"],
  ["iterator", "Stream"],
  ["iterable", "Stream"],
  ["asynciterable", "Stream"],
  ["asyncgenerator", "Stream"],
  ["asynciterator", "Stream"],
  ["generator", "Stream"],
  ["readablestream", "Stream"],
]);

const white = /\s/;
const wordCharacter = /[A-Za-z0-9_.]/;
/** A separate class, because the runtime takes longer to compile it than it takes to parse a type. */
const otherWordCharacter = /[\p{L}\p{N}]/u;

function isOfWord(character: string): boolean {
  return character < "\x80" ? wordCharacter.test(character) : otherWordCharacter.test(character);
}

class Parser {
  readonly #text: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  type(depth: number): TypeExpression {
    this.#skipWhite();
    const start = this.#offset;
    if (depth > limits.typeDepthMax) {
      throw new TypeExpressionError(
        `types nest deeper than ${limits.typeDepthMax} levels`,
        start,
      );
    }
    const word = this.#word();
    if (word === "") {
      throw new TypeExpressionError(`expected a type, got ${this.#here()}`, start);
    }
    if ((scalarKinds as readonly string[]).includes(word)) return { kind: word as ScalarKind };
    switch (containerNames.get(word)) {
      case "List":
        return { kind: "List", item: this.#single("List", depth) };
      case "Optional":
        return this.#optional(start, depth);
      case "Stream":
        return this.#stream(start, depth);
      case "Dict":
        return this.#dict(depth);
      case "Tuple":
        return this.#tuple(depth);
    }
    const nearest = nearestName(word);
    throw new TypeExpressionError(
      `unknown type "${shorten(word)}"` +
        (nearest === undefined
          ? `, expected one of ${knownNames.join(", ")}`
          : `, did you mean "${nearest}"?`),
      start,
    );
  }

  end(): void {
    this.#skipWhite();
    if (this.#offset < this.#text.length) {
      throw new TypeExpressionError(
        `expected the end of the type, got ${this.#here()}`,
        this.#offset,
      );
    }
  }

  #single(name: "List" | "Optional" | "Stream", depth: number): TypeExpression {
    this.#open(name, `${name}[int]`);
    const item = this.type(depth + 1);
    this.#close();
    return item;
  }

  #optional(start: number, depth: number): TypeExpression {
    const item = this.#single("Optional", depth);
    if (item.kind === "None" || item.kind === "Optional") {
      const inner = item.kind === "None" ? "None" : "Optional[...]";
      throw new TypeExpressionError(
        `Optional[${inner}] allows nothing that ${inner} alone does not; write ${inner}`,
        start,
      );
    }
    return { kind: "Optional", item };
  }

  #stream(start: number, depth: number): TypeExpression {
    if (depth === 1) return { kind: "Stream", item: this.#single("Stream", depth) };
    throw new TypeExpressionError(
      "a Stream is a whole argument or result and no part of another type; write List[...] here",
      start,
    );
  }

  #dict(depth: number): TypeExpression {
    this.#open("Dict", "Dict[str, int]");
    this.#skipWhite();
    const start = this.#offset;
    const key = this.#word();
    if (key !== "str") {
      const got = key === "" ? this.#here() : `"${shorten(key)}"`;
      throw new TypeExpressionError(`Dict needs "str" as its key type, got ${got}`, start);
    }
    this.#skipWhite();
    if (this.#text[this.#offset] !== ",") {
      throw new TypeExpressionError(
        `expected "," and the type of the values, as in "Dict[str, int]", got ${this.#here()}`,
        this.#offset,
      );
    }
    this.#offset++;
    const value = this.type(depth + 1);
    this.#close();
    return { kind: "Dict", value };
  }

  #tuple(depth: number): TypeExpression {
    this.#open("Tuple", "Tuple[int, str]");
    this.#skipWhite();
    if (this.#text[this.#offset] === "]") {
      throw new TypeExpressionError(
        `Tuple needs at least one type, as in "Tuple[int, str]"`,
        this.#offset,
      );
    }
    const items = [this.type(depth + 1)];
    for (;;) {
      this.#skipWhite();
      if (this.#text[this.#offset] !== ",") break;
      this.#offset++;
      items.push(this.type(depth + 1));
    }
    this.#close();
    return { kind: "Tuple", items };
  }

  #open(name: string, example: string): void {
    this.#skipWhite();
    if (this.#text[this.#offset] !== "[") {
      throw new TypeExpressionError(
        `${name} needs its types in brackets, as in "${example}", got ${this.#here()}`,
        this.#offset,
      );
    }
    this.#offset++;
  }

  #close(): void {
    this.#skipWhite();
    if (this.#text[this.#offset] !== "]") {
      throw new TypeExpressionError(`expected "]", got ${this.#here()}`, this.#offset);
    }
    this.#offset++;
  }

  #word(): string {
    const start = this.#offset;
    while (this.#offset < this.#text.length && isOfWord(this.#text[this.#offset]!)) {
      this.#offset++;
    }
    return this.#text.slice(start, this.#offset);
  }

  #skipWhite(): void {
    while (this.#offset < this.#text.length && white.test(this.#text[this.#offset]!)) {
      this.#offset++;
    }
  }

  #here(): string {
    if (this.#offset >= this.#text.length) return "the end of the text";
    return JSON.stringify(String.fromCodePoint(this.#text.codePointAt(this.#offset)!));
  }
}

const knownNames = [...scalarKinds, "List", "Dict", "Tuple", "Optional", "Stream"];

function shorten(word: string): string {
  return word.length <= 40 ? word : word.slice(0, 40) + "…";
}

function nearestName(word: string): string | undefined {
  if (word.length > 40) return undefined;
  const lower = word.toLowerCase();
  const foreign = foreignNames.get(lower);
  if (foreign !== undefined) return foreign;
  let nearest: string | undefined;
  let least = 3;
  for (const name of knownNames) {
    const distance = editDistance(lower, name.toLowerCase());
    if (distance < least && distance < name.length - 1) {
      nearest = name;
      least = distance;
    }
  }
  return nearest;
}

/** Levenshtein distance, by dynamic programming one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + cost));
    }
    row = next;
  }
  return row[b.length]!;
}
