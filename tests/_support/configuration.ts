import type { Configuration } from "../../lib/config/mod.ts";
import type { TestDeployment, TestOverload } from "./nodes/node.ts";

/** Builds the model of an init.yaml: servers and what they provide. */
export function configurationOf(
  servers: Readonly<Record<string, { ip: string; port: number }>>,
  deployment: TestDeployment & { providers?: Readonly<Record<string, readonly string[]>> },
): Configuration {
  const position = { line: 1, column: 1 };
  const clients = deployment.clients ?? [{ name: "c1", ip: "127.0.0.1" }];
  return {
    file: "init.yaml",
    folder: "/",
    servers: new Map(
      Object.entries(servers).map(([name, address]) => [name, { name, ...address, position }]),
    ),
    clients: new Map(clients.map((client) => [client.name, { ...client, position }])),
    services: new Map(
      Object.entries(deployment.services).map(([name, service]) => [name, {
        name,
        providers: deployment.providers?.[name] ?? Object.keys(servers),
        tenants: service.tenants ?? ["c1"],
        rpcs: new Map(
          Object.entries(service.rpcs).map(([rpc, given]) => [rpc, {
            name: rpc,
            overloads: (Array.isArray(given) ? given : [given]).map((
              { args = [], returns = [], isIdempotent, allow }: TestOverload,
            ) => ({
              args,
              returns,
              isIdempotent,
              ...(allow && { allow }),
              source: "/x.ts",
              sourceAsWritten: "x.ts",
              position,
            })),
            position,
          }]),
        ),
        position,
      }]),
    ),
  };
}
