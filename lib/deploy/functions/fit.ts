/** Whether a signature's type and a type annotation are compatible. Pure. */
import type { TypeExpression } from "../../types/mod.ts";
import type { Plain } from "./annotation.ts";

/** The TypeScript type of a script's arguments and results. */
export function plainOfType(type: TypeExpression): Plain {
  switch (type.kind) {
    case "int":
    case "int53":
    case "float":
      return { kind: "number" };
    case "str":
      return { kind: "string" };
    case "bool":
      return { kind: "boolean" };
    case "bytes":
      return { kind: "bytes" };
    case "None":
      return { kind: "null" };
    case "List":
      return { kind: "array", item: plainOfType(type.item) };
    case "Stream":
      return { kind: "stream", item: plainOfType(type.item) };
    case "Dict":
      return { kind: "record", value: plainOfType(type.value) };
    case "Tuple":
      return { kind: "tuple", items: type.items.map(plainOfType) };
    case "Optional":
      return { kind: "union", members: [plainOfType(type.item), { kind: "null" }] };
  }
}

/** Whether every value of one type belongs to the other. */
export function isAssignable(from: Plain, to: Plain): boolean {
  if (from.kind === "any" || to.kind === "any") return true;
  if (from.kind === "union") return from.members.every((each) => isAssignable(each, to));
  if (to.kind === "union") return to.members.some((each) => isAssignable(from, each));
  switch (from.kind) {
    case "array":
      return to.kind === "array" && isAssignable(from.item, to.item);
    case "stream":
      return to.kind === "stream" && isAssignable(from.item, to.item);
    case "record":
      return to.kind === "record" && isAssignable(from.value, to.value);
    case "tuple":
      if (to.kind === "array") return from.items.every((each) => isAssignable(each, to.item));
      return to.kind === "tuple" && from.items.length === to.items.length &&
        from.items.every((each, index) => isAssignable(each, to.items[index]!));
    default:
      return from.kind === to.kind;
  }
}

/** Whether the two types have a common value: all that can be demanded of a function's result. */
export function canOverlap(given: Plain, wanted: Plain): boolean {
  if (given.kind === "any" || wanted.kind === "any") return true;
  if (given.kind === "union") return given.members.some((each) => canOverlap(each, wanted));
  if (wanted.kind === "union") return wanted.members.some((each) => canOverlap(given, each));
  // A script may return a bigint for an int, nothing for null, an array for a tuple, any list for a stream.
  if (given.kind === "bigint") return wanted.kind === "number";
  if (given.kind === "undefined") return wanted.kind === "null";
  if (given.kind === "array") {
    if (wanted.kind === "tuple") {
      return wanted.items.every((each) => canOverlap(given.item, each));
    }
    const isList = wanted.kind === "array" || wanted.kind === "stream";
    return isList && canOverlap(given.item, wanted.item);
  }
  if (given.kind === "stream") {
    return wanted.kind === "stream" && canOverlap(given.item, wanted.item);
  }
  if (given.kind === "record") {
    return wanted.kind === "record" && canOverlap(given.value, wanted.value);
  }
  if (given.kind === "tuple") {
    if (wanted.kind === "array") return given.items.every((each) => canOverlap(each, wanted.item));
    return wanted.kind === "tuple" && wanted.items.length === given.items.length &&
      given.items.every((each, index) => canOverlap(each, wanted.items[index]!));
  }
  return given.kind === wanted.kind;
}
