/** A caller's services as an OpenRPC 1.3 document, the result of JSON-RPC's `rpc.discover`. Pure. */
import type { Steps } from "../../encoding/mod.ts";
import { parseTypeExpression } from "../../types/mod.ts";
import { type JsonSchema, resultSchema, schemaOf } from "../../types/json_schema.ts";
import { anyOf } from "./_openapi.ts";
import type { VisibleService } from "../calls/access.ts";
import type { LiveOverload } from "../calls/live_generation.ts";

/**
 * Describes services.
 *
 * @param node The node's name; empty if it has none.
 * @param generation The number of its generation, which is the document's version.
 * @param services Those that the caller may call.
 */
export function* openRpc(
  node: string,
  generation: number,
  services: readonly VisibleService[],
): Steps<JsonSchema> {
  const methods: JsonSchema[] = [];
  for (const service of services) {
    for (const [rpc, overloads] of service.rpcs) {
      methods.push(methodOf(service, rpc, overloads));
      yield;
    }
  }
  return {
    openrpc: "1.3.2",
    info: {
      title: node === "" ? "farcall" : `farcall node ${node}`,
      description: "What you may call here, as SERVICE.RPC. A request may name its client as " +
        '"client", beside "method".',
      version: String(generation),
    },
    methods,
  };
}

function methodOf(
  { name: service, description: ofService }: VisibleService,
  rpc: string,
  overloads: readonly LiveOverload[],
): JsonSchema {
  const descriptions = new Set(overloads.flatMap(({ description }) => description ?? []));
  const names = sharedNames(overloads);
  const count = Math.max(...overloads.map(({ signature }) => signature.args.length));
  return {
    name: `${service}.${rpc}`,
    tags: [{ name: service, ...(ofService !== undefined && { description: ofService }) }],
    ...(descriptions.size > 0 && { description: [...descriptions].join("\n\n") }),
    paramStructure: names === undefined ? "by-position" : "either",
    params: Array.from({ length: count }, (_, index) => {
      const having = overloads.filter(({ signature }) => signature.args.length > index);
      return {
        name: names?.[index] ?? `argument ${index + 1}`,
        required: having.length === overloads.length,
        schema: inDraft7(
          anyOf(
            having.map(({ signature }) => schemaOf(parseTypeExpression(signature.args[index]!))),
          ),
        ),
      };
    }),
    result: {
      name: "result",
      description: "The value; a list of several; null for none.",
      schema: inDraft7(anyOf(overloads.map(({ signature }) => resultSchema(signature.returns)))),
    },
  };
}

/** The names of the arguments, if they are the same in all overloads. */
function sharedNames([first, ...others]: readonly LiveOverload[]): readonly string[] | undefined {
  const names = first?.names;
  const isShared = others.every((other) => other.names?.join(",") === names?.join(","));
  return isShared ? names : undefined;
}

/** OpenRPC uses JSON Schema draft 7, where the items of a tuple have another name. */
function inDraft7(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(inDraft7);
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key === "prefixItems" ? "items" : key,
      inDraft7(value),
    ]),
  );
}
