import type { ScalarKind, TypeExpression } from "./type_expression.ts";

const scalarExamples: Readonly<Record<ScalarKind, readonly [string, string]>> = {
  int: ["1", "2"],
  int53: ["1", "2"],
  float: ["1.5", "2"],
  str: ['"a"', '"b"'],
  bool: ["true", "false"],
  bytes: ['"aGk="', '"eW8="'],
  None: ["null", "null"],
};

/** A value of a type as a person would write it in JSON; grows with the type alone. */
export function jsonExample(type: TypeExpression): string {
  switch (type.kind) {
    case "List":
    case "Stream":
      return `[${itemExamples(type.item).join(", ")}]`;
    case "Tuple":
      return `[${type.items.map(jsonExample).join(", ")}]`;
    case "Dict":
      return `{"a": ${jsonExample(type.value)}}`;
    case "Optional":
      return jsonExample(type.item);
    default:
      return scalarExamples[type.kind][0];
  }
}

function itemExamples(item: TypeExpression): readonly string[] {
  return item.kind in scalarExamples
    ? scalarExamples[item.kind as ScalarKind]
    : [jsonExample(item)];
}
