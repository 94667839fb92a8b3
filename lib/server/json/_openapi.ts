/** A caller's services as an OpenAPI 3.1 document. Pure. */
import {
  argumentsSchema,
  type JsonSchema,
  namedArgumentsSchema,
  resultSchema,
} from "../../types/json_schema.ts";
import { parseTypeExpression } from "../../types/mod.ts";
import type { Steps } from "../../encoding/mod.ts";
import type { VisibleService } from "../calls/access.ts";
import type { LiveOverload } from "../calls/live_generation.ts";

/**
 * Describes services.
 *
 * @param node The node's name; empty if it has none.
 * @param generation The number of its generation, which is the document's version.
 * @param services Those that the caller may call.
 */
export function* openApi(
  node: string,
  generation: number,
  services: readonly VisibleService[],
): Steps<JsonSchema> {
  const paths: Record<string, JsonSchema> = {};
  for (const service of services) {
    for (const [rpc, overloads] of service.rpcs) {
      const path = `/${encodeURIComponent(service.name)}/${encodeURIComponent(rpc)}`;
      paths[path] = { post: operation(service, rpc, overloads) };
      yield;
    }
  }
  return {
    openapi: "3.1.0",
    info: {
      title: node === "" ? "farcall" : `farcall node ${node}`,
      description: "What you may call here. Arguments are a JSON list; where they have names, " +
        "an object works too. POST /rpc takes JSON-RPC 2.0 with methods SERVICE.RPC.",
      version: String(generation),
    },
    tags: services.map(({ name, description }) => ({ name, description })),
    paths,
    components: {
      parameters: {
        client: {
          name: "farcall-client",
          in: "header",
          description: "The client to be; left out, the first that fits the caller's address.",
          schema: { type: "string" },
        },
      },
      schemas: {
        exception: {
          type: "object",
          required: ["exception-type", "exception-message"],
          properties: {
            "exception-type": { type: "string", examples: ["Invalid Arguments"] },
            "exception-message": { type: "string" },
          },
        },
      },
    },
  };
}

function operation(
  service: VisibleService,
  rpc: string,
  overloads: readonly LiveOverload[],
): JsonSchema {
  const descriptions = new Set(overloads.flatMap(({ description }) => description ?? []));
  return {
    operationId: `${service.name}.${rpc}`,
    tags: [service.name],
    ...(descriptions.size > 0 && { description: [...descriptions].join("\n\n") }),
    parameters: [{ $ref: "#/components/parameters/client" }],
    requestBody: {
      required: true,
      content: { "application/json": { schema: anyOf(overloads.flatMap(argumentSchemas)) } },
    },
    responses: {
      200: {
        description: "The value; a list of several; null for none.",
        content: {
          "application/json": {
            schema: anyOf(overloads.map(({ signature }) => resultSchema(signature.returns))),
          },
        },
      },
      default: {
        description: "An exception.",
        content: { "application/json": { schema: { $ref: "#/components/schemas/exception" } } },
      },
    },
  };
}

function argumentSchemas({ signature, names, description }: LiveOverload): JsonSchema[] {
  const types = signature.args.map(parseTypeExpression);
  const described = description === undefined ? {} : { description };
  const schemas: JsonSchema[] = [{ ...argumentsSchema(types), ...described }];
  if (names === undefined) return schemas;
  schemas.push({ ...namedArgumentsSchema(names, types), ...described });
  return schemas;
}

/** Combines several schemas; duplicates count once. */
export function anyOf(schemas: readonly JsonSchema[]): JsonSchema {
  const different = new Map(schemas.map((schema) => [JSON.stringify(schema), schema]));
  return different.size === 1 ? schemas[0]! : { anyOf: [...different.values()] };
}
