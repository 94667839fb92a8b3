/** Examples of an overload: calls and their expected outcomes. */
import { InvalidArguments } from "../../errors/mod.ts";
import { stringifyJson } from "../../encoding/mod.ts";
import type { ManifestExample } from "../../manifest/mod.ts";
import { compileSignature, formatSignature, type Signature } from "../../types/mod.ts";
import { limits } from "../../limits/mod.ts";
import { type Check, type Fields, readFields } from "./fields.ts";
import { describe, isNothing, type ScalarNode, type YamlNode } from "../yaml/nodes.ts";

const sample = "{ args: [2, 3], returns: [5] }";

/** Reads the examples of an overload; each must fit its types. */
export function readExamples(
  check: Check,
  node: YamlNode,
  { rpc, signature }: { rpc: string; signature: Signature },
): { examples?: readonly ManifestExample[] } {
  if (node.kind === "broken" || isNothing(node)) return {};
  const items = node.kind === "list" ? node.items : [node];
  const of = formatSignature(rpc, signature);
  if (items.length > limits.examplesPerOverloadMax) {
    check.findings.add({
      at: node,
      message: `${items.length} examples of ${of} are too many; ` +
        `${limits.examplesPerOverloadMax} are allowed`,
      hint: "every node runs them before it commits; test the rest elsewhere",
    });
    return {};
  }
  const examples = items.flatMap((item, index) =>
    readExample(check, item, { what: `example ${index + 1} of ${of}`, signature }) ?? []
  );
  return examples.length === 0 ? {} : { examples };
}

function readExample(
  check: Check,
  node: YamlNode,
  { what, signature }: { what: string; signature: Signature },
): ManifestExample | undefined {
  const fields = readFields(check, node, { what, section: "example", sample });
  if (fields === undefined) return undefined;
  if (!fields.has("args") && signature.args.length > 0) {
    check.findings.add({ at: node, message: `${what} has no "args"`, hint: `write ${sample}` });
    return undefined;
  }
  const compiled = compileSignature(signature);
  const args = readValues(
    check,
    fields,
    "args",
    what,
    (values) => compiled.argumentsFromJson(values),
  );
  const throws = fields.get("throws");
  const returns = fields.get("returns");
  if ((throws === undefined) === (returns === undefined)) {
    check.findings.add({
      at: node,
      message: throws === undefined
        ? `${what} says neither what it returns nor what it throws`
        : `${what} says both what it returns and what it throws`,
      hint: throws === undefined
        ? `write ${sample}, or throws: and a part of the exception's message`
        : "keep one of the two",
    });
    return undefined;
  }
  if (throws !== undefined) {
    const { value } = throws;
    if (value.kind === "scalar" && value.type === "string") {
      return args === undefined ? undefined : { args, throws: value.text };
    }
    if (value.kind !== "broken") {
      check.findings.add({
        at: isNothing(value) ? throws.key : value,
        message: `expected a part of the exception's message, got ${describe(value)}`,
        hint: 'write throws: "text"; "" matches any exception',
      });
    }
    return undefined;
  }
  const values = readValues(
    check,
    fields,
    "returns",
    what,
    (values) => compiled.resultFromJson(values),
  );
  return args === undefined || values === undefined ? undefined : { args, returns: values };
}

/** A list of values as JSON; a single value is a list of one. */
function readValues(
  check: Check,
  fields: Fields,
  key: "args" | "returns",
  what: string,
  checkValues: (values: readonly unknown[]) => unknown,
): string | undefined {
  const field = fields.get(key);
  const node = field?.value;
  if (node?.kind === "broken") return undefined;
  const values = node === undefined || (isNothing(node) && key === "returns")
    ? []
    : node.kind === "list"
    ? node.items.map(jsonOf)
    : [jsonOf(node)];
  try {
    checkValues(values);
    return stringifyJson(values);
  } catch (error) {
    if (!(error instanceof InvalidArguments)) throw error;
    check.findings.add({
      at: node ?? field!.key,
      message: `${what}: ${error.message}`,
      hint: key === "args"
        ? "args is a list with one value for each argument: args: [[1, 2]] is one list"
        : "returns is a list with one value for each type that is returned",
    });
    return undefined;
  }
}

/** A value as the JSON that it stands for. */
function jsonOf(node: YamlNode): unknown {
  switch (node.kind) {
    case "list":
      return node.items.map(jsonOf);
    case "map":
      return Object.fromEntries(node.entries.map(({ key, value }) => [key.text, jsonOf(value)]));
    case "scalar":
      return scalarOf(node);
    case "broken":
      return null;
  }
}

function scalarOf({ type, text, number }: ScalarNode): unknown {
  switch (type) {
    case "string":
      return text;
    case "boolean":
      return text.toLowerCase() === "true";
    case "null":
      return null;
    case "number": {
      // In JSON's form: integers of any size, and names for values that JSON cannot express.
      if (/^[-+]?\d+$/.test(text) && !Number.isSafeInteger(Number(text))) return BigInt(text);
      return Number.isFinite(number) ? number : String(number);
    }
  }
}
