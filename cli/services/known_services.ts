/** What may be called, by a file or by a node's own word. */
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

/** Where to look. */
export interface Whereabouts {
  /** Default: the init.yaml that is found. */
  readonly file?: string;
  /** A node by its address, or by its name in the file: its own word counts. */
  readonly server?: string;
  /** How the node is known that is named by its address. */
  readonly tls?: string;
  /** The client to be; what it may call is what a node says. */
  readonly client?: string;
  /** The file of the key to prove to a node. */
  readonly keyFile?: string;
  readonly timeoutMs?: number;
}

/** The services of the node that is named, as it describes them to this caller; else those of the file. */
export async function knownServices(
  { file, server, tls, client, keyFile, timeoutMs }: Whereabouts,
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

/** What a node says that this caller may call. */
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

/** A server of a file by its name. @throws {RangeError} If there is none. */
export function serverIn({ servers, file }: Configuration, name: string): NodeAddress {
  const entry = servers.get(name);
  if (entry !== undefined) return addressOf(entry);
  throw new RangeError(
    `"${name}" is neither HOST:PORT nor a server in ${file}; it has ${
      [...servers.keys()].join(", ")
    }`,
  );
}

/** Everything that a file declares, for all callers. */
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
