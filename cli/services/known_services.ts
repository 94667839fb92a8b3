/** The callable services, from a file or a node's description. */
import {
  addressOf,
  type NodeAddress,
  NodeConnection,
  type NodeConnectionOptions,
} from "../../lib/client/mod.ts";
import type { Configuration } from "../../lib/config/mod.ts";
import { readConfiguration } from "../configuration.ts";
import { limits } from "../../lib/limits/mod.ts";
import { parseServer, tlsIn } from "../tls.ts";
import { keyFor } from "../key.ts";
import { withPresent } from "../present_nodes.ts";
import { configurationFile } from "../settings.ts";
import type { DescribedService } from "../../lib/protocol/mod.ts";

/** The source of their descriptions: a file, or a node. */
export interface ServiceSource {
  /** Default: the init.yaml that is found. */
  readonly file?: string;
  /** A node by its address, or by its name in the file; its own description then counts. */
  readonly server?: string;
  /** How to verify a node that is named by its address. */
  readonly tls?: string;
  /** The client to call as; the node describes what it may call. */
  readonly client?: string;
  /** The file of the key to prove to a node. */
  readonly keyFile?: string;
  readonly timeoutMs?: number;
}

/** The services of the named node, as it describes them to this caller; otherwise those of the file. */
export async function knownServices(
  { file, server, tls, client, keyFile, timeoutMs }: ServiceSource,
): Promise<readonly DescribedService[]> {
  const settings = tlsIn(tls, server);
  const address = server === undefined ? undefined : parseServer(server, settings);
  const ask = async (node: NodeAddress) =>
    await askNode(node, { client, key: await keyFor(keyFile), timeoutMs });
  if (address !== undefined) return await ask(address);
  const configuration = await readConfiguration(await configurationFile(file), {
    scripts: "ignore",
  });
  if (server === undefined) return servicesOf(configuration);
  return await ask(serverIn(await withPresent(configuration), server));
}

/** Asks a node what this caller may call. */
export async function askNode(
  address: NodeAddress,
  { client, key, timeoutMs = limits.connectTimeoutMs }: NodeConnectionOptions,
): Promise<readonly DescribedService[]> {
  const node = await NodeConnection.open(address, { client, key, timeoutMs });
  try {
    return (await node.request({ op: "describe" }, { timeoutMs })).services;
  } finally {
    await node.close();
  }
}

/** Finds a server of a file by name. @throws {RangeError} If the file has none of that name. */
export function serverIn({ servers, file }: Configuration, name: string): NodeAddress {
  const entry = servers.get(name);
  if (entry !== undefined) return addressOf(entry);
  throw new RangeError(
    `"${name}" is neither HOST:PORT nor a server in ${file}; it has ${
      [...servers.keys()].join(", ")
    }`,
  );
}

/** All services of a file, for all callers. */
export function servicesOf(configuration: Configuration): readonly DescribedService[] {
  return [...configuration.services.values()].map(({ name, description, rpcs }) => ({
    name,
    description,
    overloads: [...rpcs.values()].flatMap((rpc) =>
      rpc.overloads.map((overload) => ({
        rpc: rpc.name,
        description: overload.description ?? rpc.description,
        args: overload.args,
        names: overload.names,
        returns: overload.returns,
        isIdempotent: overload.isIdempotent || undefined,
      }))
    ),
  }));
}
