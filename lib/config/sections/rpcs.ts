/** Reads rpcs: their overloads, each with its types and its script. */
import { isAbsolute, resolve } from "node:path";
import { namePatterns } from "../../manifest/mod.ts";
import { formatTypeExpression, parseTypeExpression, TypeExpressionError } from "../../types/mod.ts";
import { spellingsOf } from "../format_keys.ts";
import { type Allowed, readAllowed } from "./_allowed.ts";
import { readExamples } from "./_examples.ts";
import {
  type Check,
  type Fields,
  readBoolean,
  readDescription,
  readFields,
  readTexts,
} from "./fields.ts";
import {
  describe,
  type Entry,
  isNothing,
  quote,
  type ScalarNode,
  type YamlNode,
} from "../yaml/nodes.ts";
import type { OverloadEntry } from "../model.ts";

/** The definition of an rpc, in a service or in the section `rpc`. */
export interface RpcDefinition {
  readonly description?: string;
  readonly overloads: readonly OverloadEntry[];
  /** The script of each overload, to be checked on disk. */
  readonly scripts: readonly ScriptReference[];
  /** Every client in an `allow`, with repetitions. */
  readonly allowed: readonly ScalarNode[];
}

/** A script's path in the file. */
export interface ScriptReference {
  /** Its node in the file. */
  readonly offset: number;
  readonly asWritten: string;
  /** Absolute. */
  readonly path: string;
  /** Its rpc. */
  readonly rpc: string;
}

const overloadSample = "{ args: [int, int], returns: [int], src: services/math/add.ts }";

/** The keys that an rpc may have, in every spelling. */
export const rpcChildKeys: readonly string[] = [...spellingsOf("overload"), "overloads"];

interface Overload {
  readonly entry?: OverloadEntry;
  readonly script?: ScriptReference;
  readonly allowed?: Allowed;
  readonly offset: number;
}

/**
 * Reads an rpc's definition: a list of overloads, a single overload, or a map of overloads and their common settings.
 * Several nodes are parts of one list.
 */
export function readRpc(check: Check, name: string, nodes: readonly YamlNode[]): RpcDefinition {
  let description: string | undefined;
  const allowed: ScalarNode[] = [];
  const overloads: Overload[] = [];
  for (const node of nodes) {
    if (node.kind === "map" && node.entries.some(({ key }) => key.text === "overloads")) {
      const spec = {
        what: `rpc ${quote(name)}`,
        section: "rpc" as const,
        sample: `{ description: …, overloads: [${overloadSample}] }`,
      };
      const fields = readFields(check, node, spec)!;
      description ??= readDescription(check, fields);
      const ofRpc = { name, isIdempotent: readBoolean(check, fields, "idempotent") };
      const ofAll = readAllowed(check, fields);
      allowed.push(...ofAll?.nodes ?? []);
      overloads.push(
        ...readOverloads(check, ofRpc, fields.get("overloads")!.value).map((overload) =>
          ofAll === undefined ? overload : allowedTo(ofAll, overload)
        ),
      );
    } else overloads.push(...readOverloads(check, { name }, node));
  }
  noteSameArguments(check, name, overloads);
  return {
    ...(description && { description }),
    overloads: overloads.flatMap(({ entry }) => entry ?? []),
    scripts: overloads.flatMap(({ script }) => script ?? []),
    allowed: [...allowed, ...overloads.flatMap((overload) => overload.allowed?.nodes ?? [])],
  };
}

/** Applies an rpc's settings to overloads that have none of their own. */
function allowedTo(ofAll: Allowed, overload: Overload): Overload {
  const { entry } = overload;
  if (entry === undefined || entry.allow !== undefined) return overload;
  return { ...overload, entry: { ...entry, allow: ofAll.names } };
}

/** The fields of an rpc besides its overloads. */
interface RpcHead {
  readonly name: string;
  /** The default for its overloads. */
  readonly isIdempotent?: boolean;
}

function readOverloads(check: Check, rpc: RpcHead, node: YamlNode): readonly Overload[] {
  switch (node.kind) {
    case "broken":
      return [];
    case "map":
      return [readOverload(check, rpc, node)];
    case "list":
      if (node.items.length === 0) break;
      if (isOneOverload(node.items)) return [readOverload(check, rpc, node)];
      return node.items.map((item) => readOverload(check, rpc, item));
    case "scalar":
      break;
  }
  check.findings.add({
    at: node,
    message: `expected the overloads of rpc ${quote(rpc.name)}, got ${describe(node)}`,
    hint: `write ${rpc.name}: [${overloadSample}]`,
  });
  return [];
}

/** `- args: …`, `- returns: …`, `- src: …`: one overload, as a list of single-key maps. */
function isOneOverload(items: readonly YamlNode[]): boolean {
  const keys = new Set<string>();
  for (const item of items) {
    if (item.kind !== "map" || item.entries.length !== 1) return false;
    const { text } = item.entries[0]!.key;
    if (keys.has(text) || !rpcChildKeys.includes(text)) return false;
    keys.add(text);
  }
  return keys.size > 1;
}

function readOverload(check: Check, rpc: RpcHead, node: YamlNode): Overload {
  const { name } = rpc;
  const what = `an overload of rpc ${quote(name)}`;
  const spec = { what, section: "overload" as const, sample: overloadSample };
  const fields = readFields(check, node, spec);
  if (fields === undefined) return { offset: node.offset };
  const args = readTypes(check, fields, "args");
  const returns = readTypes(check, fields, "returns");
  const description = readDescription(check, fields);
  const isIdempotent = readBoolean(check, fields, "idempotent") ?? rpc.isIdempotent;
  const script = readScript(check, name, fields);
  const allowed = readAllowed(check, fields);
  if (!fields.has("args")) {
    const hint = "list the types of its arguments, or write args: [] if it takes none";
    check.findings.add({ at: node, message: `${what} has no "args"`, hint });
  }
  if (!fields.has("src")) {
    const hint = `write src: and the path of the script, such as services/${name}.ts`;
    check.findings.add({ at: node, message: `${what} has no "src"`, hint });
  }
  if (args === undefined) return { script, allowed, offset: node.offset };
  const examples = returns && fields.get("examples");
  const names = readNames(check, fields, args.length);
  const entry = {
    args,
    ...(names && { names }),
    returns: returns ?? [],
    ...(description && { description }),
    ...(isIdempotent && { isIdempotent }),
    ...(allowed && { allow: allowed.names }),
    ...(examples &&
      readExamples(check, examples.value, { rpc: name, signature: { args, returns } })),
    source: script?.path ?? "",
    sourceAsWritten: script?.asWritten ?? "",
    position: check.findings.positionOf(node),
  };
  return { entry, script, allowed, offset: node.offset };
}

function readTypes(
  check: Check,
  fields: Fields,
  key: "args" | "returns",
): readonly string[] | undefined {
  const field = fields.get(key);
  // Left out: the caller notes a missing `args`; a missing `returns` means no value.
  if (field === undefined) return key === "args" ? undefined : [];
  const options = {
    list: "a list of types",
    item: "a type",
    kind: "types" as const,
    sample: `${field.key.text}: [int, "List[str]"]`,
  };
  const texts = readTexts(check, field, options);
  if (texts === undefined) return undefined;
  const types = texts.items.map((item) => readType(check, item));
  if (!texts.whole || types.includes(undefined)) return undefined;
  const stream = types.findIndex((type) => type!.startsWith("Stream["));
  if (key === "returns" && types.length > 1 && stream >= 0) {
    check.findings.add({
      at: texts.items[stream]!,
      message: `${types[stream]} is returned beside other values; a Stream must be the only one`,
      hint: "put the other values into its items (Stream[Tuple[…]]), or into another rpc",
    });
    return undefined;
  }
  return types as string[];
}

/** The arguments' names, for calls by name. */
function readNames(check: Check, fields: Fields, count: number): readonly string[] | undefined {
  const field = fields.get("names");
  if (field === undefined) return undefined;
  const texts = readTexts(check, field, {
    list: "a list of names",
    item: "a name",
    kind: "names" as const,
    sample: `${field.key.text}: [a, b]`,
  });
  if (texts === undefined || !texts.whole) return undefined;
  const names = texts.items.map((item) => item.text);
  const [pattern, form] = namePatterns.argument;
  for (const [index, item] of texts.items.entries()) {
    if (names.indexOf(item.text) < index) {
      check.findings.add({ at: item, message: `two arguments are named ${quote(item.text)}` });
    } else if (!pattern.test(item.text) || item.text.length > check.bounds.nameLengthMax) {
      const message = `${quote(item.text)} is not a name of an argument`;
      const hint = `use ${form}, at most ${check.bounds.nameLengthMax} characters`;
      check.findings.add({ at: item, message, hint });
    }
  }
  if (names.length !== count) {
    const message = `${names.length} names for ${count} arguments`;
    check.findings.add({ at: field.key, message, hint: "give each argument a name, in order" });
  }
  return names;
}

function readType(check: Check, node: ScalarNode): string | undefined {
  try {
    return formatTypeExpression(parseTypeExpression(node.text));
  } catch (error) {
    if (!(error instanceof TypeExpressionError)) throw error;
    const at = node.textOffset === undefined ? node.offset : node.textOffset + error.offset;
    const list = listMeantBy(node.text);
    if (list === undefined) {
      check.findings.add({ at, message: `bad type ${quote(node.text)}: ${error.message}` });
    } else {
      const message = `expected a type, got several: ${quote(node.text)}`;
      check.findings.add({ at: node, message, hint: `several types are a list: write ${list}` });
    }
    return undefined;
  }
}

/** The intended list, in YAML, of a text like `int, List[str]`; undefined for other texts. */
function listMeantBy(text: string): string | undefined {
  try {
    // Types separated by commas parse as the items of a Tuple.
    const parsed = parseTypeExpression(`Tuple[${text}]`);
    if (parsed.kind !== "Tuple") return undefined;
    const items = parsed.items.map(formatTypeExpression);
    // Unquoted brackets would end YAML's list, or begin another one.
    return `[${items.map((item) => item.includes("[") ? `"${item}"` : item).join(", ")}]`;
  } catch (error) {
    if (error instanceof TypeExpressionError) return undefined;
    throw error;
  }
}

function readScript(check: Check, rpc: string, fields: Fields): ScriptReference | undefined {
  const field = fields.get("src");
  if (field === undefined || field.value.kind === "broken") return undefined;
  const { value }: Entry = field;
  const hint = "paths are relative to the folder of this file";
  if (value.kind !== "scalar" || value.type !== "string" || value.text.trim() === "") {
    const message = `expected the path of a script, got ${describe(value)}`;
    check.findings.add({ at: isNothing(value) ? field.key : value, message, hint });
    return undefined;
  }
  const asWritten = value.text;
  if (/^[A-Za-z][A-Za-z0-9+.-]+:\/\//.test(asWritten) || asWritten.includes("\0")) {
    const message = `expected the path of a script, got ${describe(value)}`;
    check.findings.add({ at: value, message, hint: "scripts are files; " + hint });
    return undefined;
  }
  const path = isAbsolute(asWritten) ? resolve(asWritten) : resolve(check.folder, asWritten);
  return { offset: value.offset, asWritten, path, rpc };
}

function noteSameArguments(check: Check, name: string, overloads: readonly Overload[]): void {
  const byArguments = new Map<string, Overload>();
  for (const overload of overloads) {
    if (overload.entry === undefined) continue;
    const { args } = overload.entry;
    const key = args.join(", ");
    const first = byArguments.get(key);
    if (first === undefined) {
      byArguments.set(key, overload);
      continue;
    }
    check.findings.add({
      at: overload.offset,
      message: `two overloads of rpc ${quote(name)} take the same arguments, (${key}); ` +
        `the first is in ${check.findings.whereIs(first.offset)}`,
      hint: "a call could not choose between them: change the types of one, or remove it",
    });
  }
}
