/** Reads TypeScript type annotations as plain types, as far as their text alone decides. Pure. */
import type { SyntaxNode } from "./_syntax.ts";

/** A plain type; `any` if the text does not decide. */
export type Plain =
  | { readonly kind: "number" | "bigint" | "string" | "boolean" | "bytes" }
  | { readonly kind: "null" | "undefined" | "any" }
  | { readonly kind: "array" | "stream"; readonly item: Plain }
  | { readonly kind: "tuple"; readonly items: readonly Plain[] }
  | { readonly kind: "record"; readonly value: Plain }
  | { readonly kind: "union"; readonly members: readonly Plain[] };

const any: Plain = { kind: "any" };

/** Type names without type arguments. */
const keywords: Readonly<Record<string, Plain>> = {
  TSNumberKeyword: { kind: "number" },
  TSBigIntKeyword: { kind: "bigint" },
  TSStringKeyword: { kind: "string" },
  TSBooleanKeyword: { kind: "boolean" },
  TSNullKeyword: { kind: "null" },
  TSUndefinedKeyword: { kind: "undefined" },
  TSVoidKeyword: { kind: "undefined" },
};

const arrays = new Set(["Array", "ReadonlyArray"]);
const streams = new Set(["AsyncIterable", "AsyncGenerator", "AsyncIterableIterator"]);

/** The plain type of an annotation or a type; `any` if missing. */
export function plainOf(annotation: SyntaxNode | null | undefined): Plain {
  if (!annotation) return any;
  const { type } = annotation;
  if (Object.hasOwn(keywords, type)) return keywords[type]!;
  const inner = annotation.typeAnnotation as SyntaxNode | undefined;
  switch (type) {
    case "TSTypeAnnotation":
    case "TSParenthesizedType":
      return plainOf(inner);
    case "TSTypeOperator":
      return annotation.operator === "readonly" ? plainOf(inner) : any;
    case "TSArrayType":
      return { kind: "array", item: plainOf(annotation.elementType as SyntaxNode) };
    case "TSTupleType":
      return tupleOf(annotation.elementTypes as readonly SyntaxNode[]);
    case "TSUnionType":
      return unionOf((annotation.types as readonly SyntaxNode[]).map(plainOf));
    case "TSTypeReference":
      return referenceOf(annotation);
    default:
      return any;
  }
}

/** The type of a literal, as the compiler infers it for a parameter with that default. */
export function plainOfDefault(value: SyntaxNode): Plain {
  if (value.type === "TemplateLiteral") return { kind: "string" };
  const unsigned = value.type === "UnaryExpression" && value.operator === "-"
    ? value.argument as SyntaxNode
    : value;
  if (unsigned.type !== "Literal") return any;
  if (typeof unsigned.bigint === "string") return { kind: "bigint" };
  const kind = typeof unsigned.value;
  return kind === "number" || kind === "string" || kind === "boolean" ? { kind } : any;
}

/** The type as TypeScript. */
export function formatPlain(plain: Plain): string {
  switch (plain.kind) {
    case "bytes":
      return "Uint8Array";
    case "any":
      return "unknown";
    case "array": {
      const item = formatPlain(plain.item);
      return plain.item.kind === "union" ? `(${item})[]` : `${item}[]`;
    }
    case "stream":
      return `AsyncIterable<${formatPlain(plain.item)}>`;
    case "tuple":
      return `[${plain.items.map(formatPlain).join(", ")}]`;
    case "record":
      return `Record<string, ${formatPlain(plain.value)}>`;
    case "union":
      return plain.members.map(formatPlain).join(" | ");
    default:
      return plain.kind;
  }
}

function tupleOf(elements: readonly SyntaxNode[]): Plain {
  const items: Plain[] = [];
  for (const element of elements) {
    if (element.type === "TSOptionalType" || element.type === "TSRestType") return any;
    const isNamed = element.type === "TSNamedTupleMember";
    if (isNamed && element.optional) return any;
    items.push(plainOf(isNamed ? element.elementType as SyntaxNode : element));
  }
  return { kind: "tuple", items };
}

function unionOf(members: readonly Plain[]): Plain {
  return members.some(({ kind }) => kind === "any") ? any : { kind: "union", members };
}

function referenceOf(reference: SyntaxNode): Plain {
  const name = String((reference.typeName as SyntaxNode).name ?? "");
  const written = (reference.typeArguments ?? reference.typeParameters) as
    | { readonly params?: readonly SyntaxNode[] }
    | null
    | undefined;
  const parts = written?.params ?? [];
  if (name === "Uint8Array") return { kind: "bytes" };
  if (arrays.has(name) && parts.length === 1) return { kind: "array", item: plainOf(parts[0]) };
  if (streams.has(name) && parts.length > 0) return { kind: "stream", item: plainOf(parts[0]) };
  if (name === "Record" && parts.length === 2 && parts[0]!.type === "TSStringKeyword") {
    return { kind: "record", value: plainOf(parts[1]) };
  }
  if (name === "Readonly" && parts.length === 1) return plainOf(parts[0]);
  return any;
}
