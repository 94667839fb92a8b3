/** Overload resolution: by the types that a request names, or by the arguments themselves. */
import { InvalidArguments } from "../errors/mod.ts";
import type { Codec } from "./_codec_parts.ts";
import { isNoneText } from "./_scalar_codecs.ts";
import { isSourceName } from "./stream_codec.ts";
import { describeValue, parseJson } from "../encoding/mod.ts";
import { named } from "./_named_overloads.ts";
import type { CompiledSignature } from "./signature.ts";
import { formatSignature, listSignatures } from "./signature_text.ts";
import { formatTypeExpression, type TypeExpression } from "./type_expression.ts";

/** Arguments, and what the caller said about the overload that it means. */
export interface OverloadRequest {
  /** The arguments, in order. */
  readonly values: readonly unknown[];
  /**
   * The form of the values: all in the string form; native JSON (whose strings are read as the string form if nothing
   * else fits); or the values themselves.
   */
  readonly form: "texts" | "json" | "values";
  /** Type expressions in any spelling; undefined if the arguments decide. */
  readonly argumentTypes?: readonly string[];
  /** Type expressions in any spelling; undefined if any return types will do. */
  readonly returnTypes?: readonly string[];
}

/** An overload, and the arguments converted to its types. */
export interface ChosenOverload<T> {
  /** One of the candidates. */
  readonly overload: T;
  /** In the form `values`, the given array itself. */
  readonly values: unknown[];
}

/**
 * Resolves the overload that a request means. With `argumentTypes`, it is the one with exactly these types. Without, it
 * is the one that the arguments fit; if several fit, the one whose types are the most specific in every position: int
 * before float, both before bytes and str if the argument is a text ("2" is an int), str before bytes, a Tuple before a
 * List, both before a Stream, and a type before its Optional.
 *
 * @param rpc The rpc's name, for messages.
 * @throws {InvalidArguments} If none fits, or several fit equally well. The message says how the request was understood
 *   and lists every valid signature.
 */
export function chooseOverload<T extends { readonly signature: CompiledSignature }>(
  rpc: string,
  overloads: readonly T[],
  request: OverloadRequest,
): ChosenOverload<T> {
  const isNamed = request.argumentTypes !== undefined || request.returnTypes !== undefined;
  const candidates = isNamed ? named(rpc, overloads, request) : overloads;
  if (candidates.length === 1) {
    const [overload] = candidates as readonly [T];
    const values = fit(overload.signature, request);
    if (values !== undefined) return { overload, values };
  }
  let fitting = fittingOf(candidates, request);
  let given = request;
  // Overloads called with all their arguments win over those with arguments left out.
  for (const count of fitting.length > 0 ? [] : countsWithout(candidates, request)) {
    given = { ...request, values: padded(request, count) };
    fitting = fittingOf(candidates, given);
    if (fitting.length > 0) break;
  }
  if (fitting.length === 1) return fitting[0]!;
  if (fitting.length === 0) throw noneFits(rpc, overloads, candidates, request);
  const best = mostSpecific(fitting, given);
  if (best !== undefined) return best;
  const several = fitting.map(({ overload }) => formatSignature(rpc, overload.signature));
  throw new InvalidArguments(
    `${describeArguments(request.values)} could mean ${several.length} overloads of "${rpc}"; ` +
      `name the argument types; they fit ${several.join("; ")}` +
      (several.length < overloads.length ? `; ${listSignatures(rpc, overloads)}` : ""),
  );
}

/**
 * The overloads that the arguments fit. Strings in native JSON are read as the string form only if nothing else fits.
 */
function fittingOf<T extends { readonly signature: CompiledSignature }>(
  candidates: readonly T[],
  request: OverloadRequest,
): ChosenOverload<T>[] {
  const fitting = (read: (signature: CompiledSignature) => unknown[] | undefined) => {
    const found: ChosenOverload<T>[] = [];
    for (const overload of candidates) {
      const values = read(overload.signature);
      if (values !== undefined) found.push({ overload, values });
    }
    return found;
  };
  const found = fitting((signature) => fit(signature, request));
  if (found.length > 0 || request.form !== "json") return found;
  return fitting((signature) => attempt(() => signature.argumentsFromMixed(request.values)));
}

/** The argument counts of the overloads that may be called with fewer, because the rest is Optional; ascending. */
function countsWithout(
  overloads: readonly { readonly signature: CompiledSignature }[],
  { values }: OverloadRequest,
): number[] {
  const counts = overloads.map(({ signature }) => signature)
    .filter((signature) =>
      signature.args.length > values.length && requiredCount(signature) <= values.length
    )
    .map(({ args }) => args.length);
  return [...new Set(counts)].sort((one, other) => one - other);
}

/** The number of required arguments: trailing Optional ones may be left out. */
export function requiredCount({ args }: { readonly args: readonly string[] }): number {
  return args.findLastIndex((type) => !type.startsWith("Optional[")) + 1;
}

/** The arguments, with None for those left out. */
function padded({ values, form }: OverloadRequest, count: number): readonly unknown[] {
  const none = form === "texts" ? "null" : null;
  return [...values, ...Array.from({ length: count - values.length }, () => none)];
}

/**
 * Explains for every overload why {@linkcode chooseOverload} would choose or reject it.
 *
 * @returns One reason for each, in their order; undefined for the chosen one.
 */
export function explainOverloads<T extends { readonly signature: CompiledSignature }>(
  rpc: string,
  overloads: readonly T[],
  request: OverloadRequest,
): (string | undefined)[] {
  let chosen: T | undefined;
  try {
    chosen = chooseOverload(rpc, overloads, request).overload;
  } catch (thrown) {
    if (!(thrown instanceof InvalidArguments)) throw thrown;
  }
  const isNamed = request.argumentTypes !== undefined || request.returnTypes !== undefined;
  return overloads.map((overload) => {
    if (overload === chosen) return undefined;
    const { args } = overload.signature;
    const { values } = request;
    if (args.length < values.length || requiredCount(overload.signature) > values.length) {
      return `it takes ${countText(overload.signature)}, not ${values.length}`;
    }
    const given = args.length === values.length
      ? request
      : { ...request, values: padded(request, args.length) };
    if (fit(overload.signature, given) === undefined) return whyNot(overload.signature, given);
    if (isNamed) return "it has other types than were named";
    return chosen === undefined
      ? "it fits, as others do; name the types"
      : "it fits too, and is less specific";
  });
}

/** The converted values, if they fit the signature. */
function fit(signature: CompiledSignature, request: OverloadRequest): unknown[] | undefined {
  const { values, form } = request;
  if (values.length !== signature.args.length) return undefined;
  switch (form) {
    case "values":
      return signature.acceptsArguments(values) ? values as unknown[] : undefined;
    case "texts":
      return attempt(() => signature.argumentsFromTexts(values as readonly string[]));
    case "json":
      return attempt(() => signature.argumentsFromJson(values));
  }
}

function attempt(read: () => unknown[]): unknown[] | undefined {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof InvalidArguments) return undefined;
    throw thrown;
  }
}

function noneFits<T extends { readonly signature: CompiledSignature }>(
  rpc: string,
  overloads: readonly T[],
  candidates: readonly T[],
  request: OverloadRequest,
): InvalidArguments {
  const sameCount = candidates.filter(({ signature }) =>
    signature.args.length === request.values.length
  );
  let detail = "";
  if (sameCount.length === 1) detail = `: ${whyNot(sameCount[0]!.signature, request)}`;
  else if (sameCount.length === 0 && candidates.length === 1) {
    detail = `: expected ${countText(candidates[0]!.signature)}, got ${request.values.length}`;
  }
  return new InvalidArguments(
    `no overload of "${rpc}" takes ${describeArguments(request.values)}${detail}; ` +
      listSignatures(rpc, overloads),
  );
}

/** `2 arguments`, or `1 to 2 arguments`. */
function countText(signature: CompiledSignature): string {
  const most = signature.args.length;
  const least = requiredCount(signature);
  return `${least === most ? most : `${least} to ${most}`} ${
    most === 1 ? "argument" : "arguments"
  }`;
}

/** Why the only signature with this number of arguments rejects them. */
function whyNot(signature: CompiledSignature, request: OverloadRequest): string {
  try {
    switch (request.form) {
      case "values":
        signature.encodeArguments(request.values);
        break;
      case "texts":
        signature.argumentsFromTexts(request.values as readonly string[]);
        break;
      case "json":
        signature.argumentsFromMixed(request.values);
        break;
    }
  } catch (thrown) {
    if (thrown instanceof Error) return thrown.message;
  }
  return "they changed while they were read";
}

const describedArgumentsMax = 16;

function describeArguments(values: readonly unknown[]): string {
  const shown = values.slice(0, describedArgumentsMax).map(describeValue);
  if (values.length > shown.length) shown.push(`… ${values.length} in all`);
  return `(${shown.join(", ")})`;
}

/** The overload at least as specific as every other in every position, if any. */
function mostSpecific<T extends { readonly signature: CompiledSignature }>(
  fitting: readonly ChosenOverload<T>[],
  request: OverloadRequest,
): ChosenOverload<T> | undefined {
  const compare = request.form === "texts" ? textIsAtLeastAsSpecific : isAtLeastAsSpecific;
  return fitting.find((one) =>
    fitting.every((other) =>
      one === other ||
      one.overload.signature.argumentCodecs.every((codec: Codec, index) =>
        compare(
          codec.type,
          other.overload.signature.argumentCodecs[index]!.type,
          request.values[index],
        )
      )
    )
  );
}

/** Rank of a type's generality for a text that fits several types. */
const textRanks: Record<TypeExpression["kind"], number> = {
  None: 0,
  bool: 0,
  int53: 0,
  int: 2,
  float: 4,
  Tuple: 6,
  List: 6,
  Dict: 6,
  Optional: 0,
  Stream: 7,
  str: 8,
  bytes: 10,
};

/** For a None without a named type: white space is a str rather than None. */
const blankNoneRank = 12;

function textRank(type: TypeExpression, text: string): number {
  if (type.kind === "Optional") return textRank(type.item, text) + 1;
  return type.kind === "None" && !isNoneText(text) ? blankNoneRank : textRanks[type.kind];
}

function textIsAtLeastAsSpecific(a: TypeExpression, b: TypeExpression, value: unknown): boolean {
  if (a.kind === "Optional" && b.kind === "Optional" && isNoneText(value as string)) {
    return formatTypeExpression(a) === formatTypeExpression(b);
  }
  const rank = textRank(a, value as string);
  const difference = rank - textRank(b, value as string);
  if (difference !== 0) return difference < 0;
  if (rank < textRanks.List || rank >= textRanks.str) {
    return formatTypeExpression(a) === formatTypeExpression(b);
  }
  if (isSourceName(value as string)) return formatTypeExpression(a) === formatTypeExpression(b);
  // Two containers, perhaps optional: their items decide. The text fits both, so it is valid JSON.
  return isAtLeastAsSpecific(a, b, parseJson(value as string));
}

/** Compares two types that a value fits; returns 0 if the value does not decide. */
function isAtLeastAsSpecific(a: TypeExpression, b: TypeExpression, value: unknown): boolean {
  if (a.kind === "Optional" && b.kind === "Optional") {
    return value !== null && value !== undefined && isAtLeastAsSpecific(a.item, b.item, value) ||
      formatTypeExpression(a) === formatTypeExpression(b);
  }
  if (b.kind === "Optional") return a.kind === "None" || isAtLeastAsSpecific(a, b.item, value);
  if (a.kind === "Optional") {
    return b.kind !== "None" && isAtLeastAsSpecific(a.item, b, value) &&
      !isAtLeastAsSpecific(b, a.item, value);
  }
  if (b.kind === "Stream") {
    if (a.kind !== "Stream") return true;
    return Array.isArray(value) && value.length > 0 &&
        isAtLeastAsSpecific(a.item, b.item, value[0]) ||
      formatTypeExpression(a) === formatTypeExpression(b);
  }
  if (Array.isArray(value)) {
    if (a.kind === "Tuple" && b.kind === "Tuple") {
      return a.items.every((item, index) =>
        isAtLeastAsSpecific(item, b.items[index]!, value[index])
      );
    }
    if (a.kind === "Tuple" && b.kind === "List") return true;
    if (a.kind === "List" && b.kind === "List") {
      return value.length > 0 && isAtLeastAsSpecific(a.item, b.item, value[0]) ||
        formatTypeExpression(a) === formatTypeExpression(b);
    }
  }
  if (a.kind === "Dict" && b.kind === "Dict") {
    const first = Object.values(value as Record<string, unknown>).slice(0, 1);
    return first.length > 0 && isAtLeastAsSpecific(a.value, b.value, first[0]) ||
      formatTypeExpression(a) === formatTypeExpression(b);
  }
  if (a.kind === b.kind) return true;
  return a.kind === "int53" && (b.kind === "int" || b.kind === "float") ||
    a.kind === "int" && b.kind === "float" ||
    a.kind === "str" && (b.kind === "bytes" || b.kind === "float");
}
