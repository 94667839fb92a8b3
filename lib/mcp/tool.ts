/** Tools: overloads of rpcs as the Model Context Protocol describes them. */
import { limits } from "../limits/mod.ts";
import type { NodeDescription } from "../client/mod.ts";
import type { DescribedOverload } from "../protocol/mod.ts";
import { type CompiledSignature, compileSignature, formatSignature } from "../types/mod.ts";
import { type JsonSchema, namedArgumentsSchema, resultSchema } from "../types/json_schema.ts";
import { toolName } from "./tool_names.ts";
import type { ToolRules } from "./tool_rules.ts";

/** A tool: one overload. */
export interface Tool {
  readonly name: string;
  readonly service: string;
  readonly rpc: string;
  readonly signature: CompiledSignature;
  /** The names of its arguments, in order. */
  readonly argumentNames: readonly string[];
  readonly isIdempotent: boolean;
  /** The nodes that describe it. */
  readonly nodes: readonly string[];
  /** Its description in `tools/list`. */
  readonly definition: Readonly<Record<string, unknown>>;
}

/** A described overload. */
interface Overload extends DescribedOverload {
  readonly service: string;
  readonly signature: CompiledSignature;
  readonly nodes: string[];
}

/**
 * Makes tools of the nodes' descriptions, ascending by name. If nodes describe a tool differently, the first one
 * counts.
 *
 * @param refused Called for each unusable overload, with the reason.
 */
export async function toolsOf(
  nodes: readonly Pick<NodeDescription, "node" | "services">[],
  rules: ToolRules,
  refused: (text: string) => void,
): Promise<Tool[]> {
  const tools = new Map<string, Tool>();
  for (const overloads of byRpc(nodes, rules, refused).values()) {
    for (const overload of overloads) {
      const { service, rpc, signature } = overload;
      const isOverloaded = overloads.length > 1;
      const name = await toolName({ service, rpc, args: signature.args, isOverloaded });
      const other = tools.get(name);
      if (other === undefined) tools.set(name, toolOf(name, overload, rules));
      else refused(`${service}.${rpc} would have the name of ${other.service}.${other.rpc}`);
    }
  }
  return [...tools.values()].sort((a, b) => a.name < b.name ? -1 : 1);
}

/** The admitted overloads, grouped by rpc. */
function byRpc(
  nodes: readonly Pick<NodeDescription, "node" | "services">[],
  rules: ToolRules,
  refused: (text: string) => void,
): Map<string, Overload[]> {
  const found = new Map<string, Overload[]>();
  for (const { node, services = [] } of nodes) {
    for (const { name: service, overloads } of services) {
      for (const overload of overloads) {
        const { rpc, args, returns } = overload;
        if (!rules.admits(service, rpc)) continue;
        const target = `${service}.${rpc}`;
        let signature: CompiledSignature;
        try {
          signature = compileSignature({ args, returns });
        } catch (error) {
          refused(
            `${target} of ${node} has types that cannot be used: ${(error as Error).message}`,
          );
          continue;
        }
        const others = found.get(target) ?? [];
        const same = others.find((other) => other.signature.argsKey === signature.argsKey);
        if (same === undefined) others.push({ ...overload, service, signature, nodes: [node] });
        else if (same.signature.key === signature.key) same.nodes.push(node);
        found.set(target, others);
      }
    }
  }
  return found;
}

function toolOf(name: string, overload: Overload, rules: ToolRules): Tool {
  const { service, rpc, signature, isIdempotent = false, nodes } = overload;
  const target = `${service}.${rpc}`;
  const named = { ...signature, names: usableNames(overload) };
  const argumentNames = named.names ?? signature.args.map((_, index) => `arg${index + 1}`);
  const isSafe = isIdempotent && !rules.wantsConfirmation(service, rpc);
  const outputSchema = outputSchemaOf(signature);
  return {
    name,
    service,
    rpc,
    signature,
    argumentNames,
    isIdempotent,
    nodes,
    definition: {
      name,
      title: target,
      description: descriptionOf(target, overload, named),
      inputSchema: namedArgumentsSchema(
        argumentNames,
        signature.argumentCodecs.map(({ type }) => type),
      ),
      ...(outputSchema !== undefined && { outputSchema }),
      annotations: {
        title: target,
        readOnlyHint: isSafe,
        destructiveHint: !isSafe,
        idempotentHint: isIdempotent,
        openWorldHint: false,
      },
    },
  };
}

/** The names of the arguments, if models accept all of them. */
function usableNames({ names, args }: DescribedOverload): readonly string[] | undefined {
  if (names === undefined || names.length !== args.length) return undefined;
  const isUsable = (name: string): boolean =>
    /^[A-Za-z0-9_]+$/.test(name) && name.length <= limits.agents.argumentNameLengthMax &&
    name !== "__proto__";
  return names.every(isUsable) && new Set(names).size === names.length ? names : undefined;
}

function descriptionOf(
  target: string,
  { description }: DescribedOverload,
  signature: CompiledSignature & { readonly names?: readonly string[] },
): string {
  const { args, returns } = signature;
  const text = [...args, ...returns].join(" ");
  return [
    ...(description === undefined ? [] : [shortened(description.trim())]),
    shortened(formatSignature(target, signature)),
    ...(text.includes("bytes") ? ["bytes are base64."] : []),
    ...(args.some(isStream) ? ["Pass a stream as a list of its items."] : []),
    ...(returns.some(isStream)
      ? ["The result's items are reported as they arrive, and listed at the end."]
      : []),
  ].join("\n");
}

function shortened(text: string): string {
  const most = limits.agents.descriptionLengthMax;
  return text.length <= most ? text : `${text.slice(0, most)}…`;
}

function isStream(type: string): boolean {
  return type.startsWith("Stream[");
}

/**
 * The schema of a result: a Dict is the object itself, any other value its property `result`. No value has no schema,
 * and bytes are a resource.
 */
function outputSchemaOf({ returns }: CompiledSignature): JsonSchema | undefined {
  if (returns.length === 0 || isBytes(returns)) return undefined;
  const schema = withTextIntegers(resultSchema(returns));
  if (isDict(returns)) return schema as JsonSchema;
  return { type: "object", properties: { result: schema }, required: ["result"] };
}

/** Whether a result is only bytes. */
export function isBytes(returns: readonly string[]): boolean {
  return returns.length === 1 && returns[0] === "bytes";
}

/** Whether a result is an object by itself. */
export function isDict(returns: readonly string[]): boolean {
  return returns.length === 1 && returns[0]!.startsWith("Dict[");
}

/** An `int` beyond 2^53 is a text of its digits, because JSON parsers round it. */
function withTextIntegers(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withTextIntegers);
  if (typeof schema !== "object" || schema === null) return schema;
  const entries = Object.entries(schema);
  const isInt = entries.length === 1 && (schema as JsonSchema).type === "integer";
  if (isInt) return { anyOf: [schema, { type: "string", pattern: "^-?[0-9]+$" }] };
  return Object.fromEntries(entries.map(([key, value]) => [key, withTextIntegers(value)]));
}
