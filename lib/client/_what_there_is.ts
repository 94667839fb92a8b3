/** From what a program connects to: a file, a checked configuration or a node, to what there is to call. */
import type { Configuration } from "../config/mod.ts";
import { nearest } from "../config/suggest.ts";
import { ClientNotRegistered, InvalidConfiguration } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { type NodeAddress, parseAddress } from "./address.ts";
import { type Catalog, ConfigurationCatalog, NodeCatalog } from "./catalog.ts";
import type { ConnectOptions } from "./farcall.ts";
import type { NodeConnectionOptions } from "./connection_options.ts";

/** Where a caller learns what there is, and the address that it has to call from. */
export async function whatThereIs(
  target: string | Configuration,
  options: ConnectOptions,
): Promise<{ catalog: Catalog; local?: NodeConnectionOptions }> {
  const address = typeof target === "string" ? parseAddress(target) : undefined;
  if (address !== undefined) return { catalog: nodeCatalog(address, options) };
  const configuration = typeof target === "string" ? await load(target) : target;
  const local = localAddress(configuration, options.as);
  if (options.server === undefined) {
    return { catalog: new ConfigurationCatalog(configuration), local };
  }
  const entry = configuration.servers.get(options.server);
  const server = entry === undefined
    ? parseAddress(options.server)
    : { name: entry.name, host: entry.ip, port: entry.port };
  if (server !== undefined) return { catalog: nodeCatalog(server, options), local };
  const hint = nearest(options.server, [...configuration.servers.keys()]);
  throw new InvalidConfiguration(
    `${configuration.file} has no server "${options.server}", and it is no HOST:PORT either` +
      (hint === undefined ? "" : `; did you mean "${hint}"?`),
    [],
  );
}

/** Reads an init.yaml, whose scripts need not be here; the YAML parser is loaded by those who need it. */
async function load(file: string): Promise<Configuration> {
  const { loadConfiguration } = await import("../config/mod.ts");
  return await loadConfiguration(file, { scripts: "ignore" });
}

function nodeCatalog(address: NodeAddress, options: ConnectOptions): Catalog {
  return new NodeCatalog(address, options.timeoutMs ?? limits.callTimeoutMs);
}

/** The address that a client must call from, where its entry leaves the system no choice. */
function localAddress(configuration: Configuration, as: string | undefined): NodeConnectionOptions {
  if (as === undefined) return {};
  const client = configuration.clients.get(as);
  if (client === undefined) {
    const names = [...configuration.clients.keys()];
    const hint = nearest(as, names);
    throw new ClientNotRegistered(
      `${configuration.file} has no client "${as}"; ` +
        (hint === undefined ? `clients: ${names.join(", ")}` : `did you mean "${hint}"?`),
    );
  }
  if (client.port !== undefined) return { localHost: client.ip, localPort: client.port };
  const isOtherLoopback = client.ip.startsWith("127.") && client.ip !== "127.0.0.1";
  return isOtherLoopback ? { localHost: client.ip } : {};
}
