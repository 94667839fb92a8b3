/**
 * The JSON Schema (draft-07) of an init.yaml, for editors. It covers shapes: keys, where they belong, and their values. Only
 * the checks know whether names refer to something, scripts exist and examples fit their types.
 */
import { publicKeyPattern } from "../identity/mod.ts";
import { labelPattern, namePatterns, quantityPattern, ratePattern } from "../manifest/mod.ts";
import { format, type KeyFormat, type SectionName, type ValueFormat } from "./format.ts";

/** A schema, or a part of one. */
export type Schema = { readonly [key: string]: unknown };

/** The schema of the file. */
export function configurationSchema(): Schema {
  const sections = Object.keys(format) as SectionName[];
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "init.yaml of farcall",
    ...reference("file"),
    definitions: {
      ...Object.fromEntries(sections.map((name) => [name, sectionSchema(name)])),
      rpcValue,
      rpcs: rpcsSchema(),
    },
  };
}

function reference(name: SectionName | "rpcValue" | "rpcs"): Schema {
  return { $ref: `#/definitions/${name}` };
}

/** A map of known keys, or a list of parts of it, as the original assignment has them. */
function sectionSchema(name: SectionName): Schema {
  const { allOf: _, ...part } = mapSchema(name);
  // Of overloads, a list of whole maps is several.
  const items = name === "overload" ? { ...part, maxProperties: 1 } : part;
  const minItems = name === "overload" ? 2 : 1;
  return { anyOf: [mapSchema(name), { type: "array", minItems, items }] };
}

function mapSchema(name: SectionName): Schema {
  const entries = Object.entries(format[name].keys);
  const properties = Object.fromEntries(entries.flatMap(([key, spec]) => {
    const schema = { description: spec.description, ...valueSchema(spec.value) };
    return [key, ...spec.spellings ?? []].map((spelling) => [spelling, schema]);
  }));
  const map = { type: "object", properties, additionalProperties: false };
  const required = entries.filter(([, { isRequired }]) => isRequired).map(([key, spec]) => ({
    anyOf: [key, ...spec.spellings ?? []].map((spelling) => ({ required: [spelling] })),
  }));
  const others = extraRules[name] ?? [];
  const rules = [...required, ...others, ...oneSpelling(entries)];
  return rules.length === 0 ? map : { ...map, allOf: rules };
}

/** Forbids a key in two spellings. */
function oneSpelling(entries: readonly [string, KeyFormat][]): Schema[] {
  return entries.flatMap(([key, { spellings = [] }]) =>
    spellings.map((spelling) => ({ not: { required: [key, spelling] } }))
  );
}

/** Constraints on several keys together. */
const extraRules: Partial<Record<SectionName, readonly Schema[]>> = {
  network: [{ anyOf: ["servers", "server", "nats"].map((key) => ({ required: [key] })) }],
  client: [
    { anyOf: [{ required: ["ip"] }, { required: ["key"] }] },
    { dependencies: { burst: ["rate"] } },
  ],
  tls: [
    { minProperties: 1 },
    { if: { required: ["fingerprint"] }, then: { maxProperties: 1 } },
  ],
  server: [
    {
      anyOf: [{ required: ["ip"] }, { required: ["nats"], properties: { nats: { const: true } } }],
    },
    { dependencies: { ip: ["port"], port: ["ip"], tls: ["ip"], over: ["ip"] } },
    {
      if: { required: ["protocol"] },
      then: { required: ["over"], properties: { over: { const: "ip" } } },
    },
  ],
  example: [{ oneOf: [{ required: ["returns"] }, { required: ["throws"] }] }],
};

const scalar = { type: ["string", "number", "boolean", "null"] };
const text = { type: "string", minLength: 1 };
const someNames = [text, { type: "array", items: text, minItems: 1 }];
const label = { type: "string", pattern: labelPattern.source };
const labelsSchema = {
  type: "object",
  properties: {
    labels: {
      description: "what its nodes are served with: --labels",
      anyOf: [label, { type: "array", items: label, minItems: 1 }],
    },
  },
  required: ["labels"],
  additionalProperties: false,
};

function valueSchema(value: ValueFormat): Schema {
  switch (value) {
    case "label":
      return scalar;
    case "text":
      return text;
    case "textOrNone":
      return { type: "string" };
    case "boolean":
      return { type: "boolean" };
    case "port":
      return orDigits({ type: "integer", minimum: 1, maximum: 65_535 });
    case "protocol":
      return orDigits({ type: "integer", minimum: 0, maximum: 255 });
    case "rate":
      return { type: "string", pattern: ratePattern };
    case "key":
      return { type: "string", pattern: publicKeyPattern };
    case "values":
      return {};
    case "names":
      return { anyOf: [text, { type: "array", items: text }] };
    case "providers":
      return { anyOf: [...someNames, labelsSchema] };
    case "types":
      return { anyOf: [text, { type: "array", items: text }, { type: "null" }] };
    case "examples":
      return {
        anyOf: [
          mapSchema("example"),
          { type: "array", items: reference("example") },
          { type: "null" },
        ],
      };
    case "overloads":
      return overloads;
    case "calls":
      return {
        type: "object",
        propertyNames: nameSchema("service"),
        additionalProperties: { anyOf: someNames },
        minProperties: 1,
      };
  }
  if ("oneOf" in value) return { enum: value.oneOf };
  if ("quantity" in value) {
    const written = { type: "string", pattern: quantityPattern(value.quantity) };
    return value.quantity === "count"
      ? { anyOf: [{ type: "integer", minimum: 1 }, written] }
      : written;
  }
  if ("section" in value) {
    const section = reference(value.section);
    return value.or === undefined ? section : { anyOf: [{ type: value.or }, section] };
  }
  return value.mapOf === "rpc" ? reference("rpcs") : mapOf(value.mapOf);
}

/** A number, or the digits of one in quotes. */
function orDigits(schema: Schema): Schema {
  return { anyOf: [schema, { type: "string", pattern: "^\\d{1,9}$" }] };
}

/** Named entries: a map, or a list of maps with one name each. */
function mapOf(kind: "server" | "client" | "service"): Schema {
  const one = { propertyNames: nameSchema(kind), additionalProperties: reference(kind) };
  const least = kind === "server" ? { minProperties: 1 } : {};
  const items = { type: "object", ...one, minProperties: 1, maxProperties: 1 };
  const leastItems = kind === "server" ? { minItems: 1 } : {};
  return {
    anyOf: [{ type: "object", ...one, ...least }, { type: "array", items, ...leastItems }],
  };
}

function nameSchema(kind: keyof typeof namePatterns): Schema {
  return { type: "string", pattern: namePatterns[kind][0].source };
}

const overloads = {
  anyOf: [reference("overload"), {
    type: "array",
    minItems: 1,
    items: reference("overload"),
  }],
};

/** An rpc's definition; may be empty if the section `rpc` has it. */
const rpcValue = {
  anyOf: [overloads.anyOf[0], overloads.anyOf[1], reference("rpc"), { type: "null" }],
};

/** Rpcs by their names: a map, a list of maps and of names, or one name. */
function rpcsSchema(): Schema {
  const one = { propertyNames: nameSchema("rpc"), additionalProperties: reference("rpcValue") };
  const items = {
    anyOf: [nameSchema("rpc"), { type: "object", ...one, minProperties: 1, maxProperties: 1 }],
  };
  return {
    anyOf: [
      { type: "object", ...one, minProperties: 1 },
      { type: "array", items, minItems: 1 },
      nameSchema("rpc"),
    ],
  };
}
