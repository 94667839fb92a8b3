/**
 * The TypeScript types of type expressions: `"List[int]"` is `number[]`. A text that is not a literal, or not a type
 * expression, is `unknown`.
 */

/** The types of a function's arguments, by the expressions that declare them. */
export type ArgumentsOf<Args extends readonly string[]> = number extends Args["length"] ? unknown[]
  : { -readonly [Index in keyof Args]: ExpressionType<Args[Index], "argument"> };

/** The type that a function may return: nothing, the value, or a tuple of several. */
export type ResultOf<Returns extends readonly string[]> = number extends Returns["length"] ? unknown
  : Returns extends readonly [] ? void
  : Returns extends readonly [infer Only extends string] ? ExpressionType<Only, "result">
  : { readonly [Index in keyof Returns]: ExpressionType<Returns[Index], "tuple"> };

/** A value's use: an argument, which the function owns, or a result, which is only read. */
type Use = "argument" | "result";

/**
 * The type of a whole argument or result, or of one of several results, without streams.
 *
 * @internal
 */
export type ExpressionType<Text extends string, For extends Use | "tuple"> = For extends Use
  ? WholeOf<Text, For>
  : ValueOf<Text, "result">;

/** The type of a whole argument or result, which may be a stream. */
type WholeOf<Text extends string, For extends Use> = WithoutWhite<Text> extends
  `${"Stream" | "stream"}${infer Rest}` ? StreamOf<Opened<Rest>, For> : ValueOf<Text, For>;

type StreamOf<Text extends string, For extends Use> = Parsed<Text, For> extends
  [infer Item, infer Rest extends string]
  ? AtEnd<Closed<Rest>, AsyncIterable<Item> | (For extends "argument" ? never : Iterable<Item>)>
  : unknown;

/** The type of one expression. */
type ValueOf<Text extends string, For extends Use> = string extends Text ? unknown
  : Parsed<Text, For> extends [infer Value, infer Rest extends string] ? AtEnd<Rest, Value>
  : unknown;

/** A parsed type, if nothing follows its text. */
type AtEnd<Rest extends string, Value> = [Rest] extends [never] ? unknown
  : WithoutWhite<Rest> extends "" ? Value
  : unknown;

/** The scalar types. An int is a number, beyond 2^53 a bigint, which argument types leave out for convenience. */
interface Scalars<For extends Use> {
  int: For extends "argument" ? number : number | bigint;
  int53: number;
  float: number;
  str: string;
  bool: boolean;
  bytes: Uint8Array;
  None: null;
}

/** Parses the type at the start of a text, with the rest of the text; never, if there is none. */
type Parsed<Text extends string, For extends Use> = WithoutWhite<Text> extends infer Begin
  ? Begin extends `${keyof Scalars<For>}${string}` ? ParsedScalar<Begin, For>
  : Begin extends `${"List" | "list"}${infer Rest}` ? ParsedList<Opened<Rest>, For>
  : Begin extends `${"Dict" | "dict"}${infer Rest}` ? ParsedDict<Opened<Rest>, For>
  : Begin extends `${"Tuple" | "tuple"}${infer Rest}` ? ParsedTuple<Opened<Rest>, For, []>
  : Begin extends `${"Optional" | "optional"}${infer Rest}` ? ParsedOptional<Opened<Rest>, For>
  : never
  : never;

type ParsedScalar<Text extends string, For extends Use> = Text extends `int53${infer Rest}`
  ? [Scalars<For>["int53"], Rest]
  : {
    [Name in keyof Scalars<For>]: Text extends `${Name}${infer Rest}` ? [Scalars<For>[Name], Rest]
      : never;
  }[keyof Scalars<For>];

type ParsedList<Text extends string, For extends Use> = Parsed<Text, For> extends
  [infer Item, infer Rest extends string]
  ? [For extends "argument" ? Item[] : readonly Item[], Closed<Rest>]
  : never;

type ParsedDict<Text extends string, For extends Use> = WithoutWhite<Text> extends
  `str${infer Comma}`
  ? WithoutWhite<Comma> extends `,${infer Rest}` ? ParsedValues<Rest, For> : never
  : never;

type ParsedValues<Text extends string, For extends Use> = Parsed<Text, For> extends
  [infer Value, infer Rest extends string]
  ? [For extends "argument" ? Record<string, Value> : Readonly<Record<string, Value>>, Closed<Rest>]
  : never;

type ParsedTuple<Text extends string, For extends Use, Items extends readonly unknown[]> =
  Parsed<Text, For> extends [infer Item, infer Rest extends string]
    ? WithoutWhite<Rest> extends `,${infer More}` ? ParsedTuple<More, For, [...Items, Item]>
    : [For extends "argument" ? [...Items, Item] : readonly [...Items, Item], Closed<Rest>]
    : never;

type ParsedOptional<Text extends string, For extends Use> = Parsed<Text, For> extends
  [infer Item, infer Rest extends string] ? [Item | null, Closed<Rest>] : never;

/** The text after an opening bracket. */
type Opened<Text extends string> = WithoutWhite<Text> extends `[${infer Rest}` ? Rest : never;

/** The text after a closing bracket. */
type Closed<Text extends string> = WithoutWhite<Text> extends `]${infer Rest}` ? Rest : never;

/** A text without leading white space. */
type WithoutWhite<Text extends string> = Text extends `${" " | "\n" | "\t"}${infer Rest}`
  ? WithoutWhite<Rest>
  : Text;
