/** Types as JSON Schema (draft 2020-12), which describes the JSON of their values to other tools. */
import { parseTypeExpression, type TypeExpression } from "./type_expression.ts";

/** A JSON Schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The schema of native JSON in the text form. */
export function schemaOf(type: TypeExpression): JsonSchema {
  switch (type.kind) {
    case "int":
      return { type: "integer" };
    case "int53":
      return {
        type: "integer",
        minimum: Number.MIN_SAFE_INTEGER,
        maximum: Number.MAX_SAFE_INTEGER,
      };
    case "float":
      return { anyOf: [{ type: "number" }, { enum: ["NaN", "Infinity", "-Infinity"] }] };
    case "str":
      return { type: "string" };
    case "bool":
      return { type: "boolean" };
    case "bytes":
      return { type: "string", contentEncoding: "base64" };
    case "None":
      return { type: "null" };
    case "List":
    case "Stream":
      return { type: "array", items: schemaOf(type.item) };
    case "Dict":
      return { type: "object", additionalProperties: schemaOf(type.value) };
    case "Tuple":
      return tupleSchema(type.items);
    case "Optional":
      return { anyOf: [schemaOf(type.item), { type: "null" }] };
  }
}

/** The schema of a list with exactly these types. */
export function tupleSchema(types: readonly TypeExpression[]): JsonSchema {
  return listSchema(types, types.length);
}

/** The schema of an argument list; trailing Optional arguments may be left out. */
export function argumentsSchema(types: readonly TypeExpression[]): JsonSchema {
  return listSchema(types, types.findLastIndex(({ kind }) => kind !== "Optional") + 1);
}

/** The schema of an object with exactly these named arguments; Optional ones may be left out. */
export function namedArgumentsSchema(
  names: readonly string[],
  types: readonly TypeExpression[],
): JsonSchema {
  return {
    type: "object",
    properties: Object.fromEntries(names.map((name, index) => [name, schemaOf(types[index]!)])),
    required: names.filter((_, index) => types[index]!.kind !== "Optional"),
    additionalProperties: false,
  };
}

/** The schema of an overload's result, as one value. */
export function resultSchema(returns: readonly string[]): JsonSchema {
  const types = returns.map(parseTypeExpression);
  if (types.length === 0) return { type: "null" };
  return types.length === 1 ? schemaOf(types[0]!) : tupleSchema(types);
}

function listSchema(types: readonly TypeExpression[], minItems: number): JsonSchema {
  const length = { minItems, maxItems: types.length };
  // JSON Schema does not allow an empty prefixItems.
  if (types.length === 0) return { type: "array", ...length };
  return { type: "array", prefixItems: types.map(schemaOf), ...length };
}
