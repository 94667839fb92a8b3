/** Resolves the target of `connect` (a file, a checked configuration or a node) into a catalog of services. */
import type { Configuration } from "../config/mod.ts";
import { nearest } from "../config/suggest.ts";
import { ClientNotRegistered, InvalidConfiguration } from "../errors/mod.ts";
import { type Limits, limitsWith } from "../limits/mod.ts";
import { refuseEmpty } from "../encoding/mod.ts";
import type { WatchedConfiguration } from "../fleet/roster_watch.ts";
import { addressMeantBy, parseAddress } from "./address.ts";
import { type Catalog, ConfigurationCatalog } from "./calls/catalog.ts";
import type { CallerOptions } from "./options.ts";
import type { NodeConnectionOptions } from "./connection/connection_options.ts";
import { checkTls } from "./trust.ts";
import { Servers } from "./servers.ts";

/** A resolved target: what a caller knows before it connects. */
export interface ResolvedTarget {
  /** The catalog for calls that name no server. */
  readonly catalog: Catalog;
  /** The nodes for calls that name one. */
  readonly servers: Servers;
  /** The caller's bounds. */
  readonly bounds: Limits;
  /** The local address that the caller must use. */
  readonly local?: NodeConnectionOptions;
  /** Keeps the servers up to date with the fleet's nodes; undefined if the file lists them. */
  readonly fleet?: AsyncDisposable;
}

/**
 * Resolves a target. Reads the file if it names one, and finds the nodes of its fleet; connects to no node.
 *
 * @throws {TypeError} If the target is empty, or an address or a fingerprint is malformed.
 * @throws {InvalidConfiguration} If the file has mistakes, or has no `server` of that name.
 * @throws {ClientNotRegistered} If the file has no client `as`.
 *
 * @internal
 */
export async function resolveTarget(
  target: string | Configuration,
  options: CallerOptions,
): Promise<ResolvedTarget> {
  if (typeof target === "string" && target.trim() === "") {
    throw new TypeError("the target is empty; name a node, HOST:PORT, or an init.yaml");
  }
  const { as, key, server } = options;
  refuseEmpty({ as, key, server });
  const bounds = limitsWith(options.bounds);
  const timeoutMs = options.timeoutMs ?? bounds.callTimeoutMs;
  const tls = options.tls === undefined ? undefined : checkTls(options.tls);
  if (typeof target === "string" && parseAddress(target) !== undefined) {
    const servers = new Servers(undefined, { timeoutMs, tls, bounds });
    return { catalog: servers.catalogOf(target), servers, bounds };
  }
  const written = typeof target === "string" ? await load(target) : target;
  const local = localAddress(written, options.as);
  const fleet = await watchFleet(written);
  try {
    const configuration = fleet?.current ?? written;
    const servers = new Servers(configuration, { timeoutMs, tls, bounds });
    const declared = new ConfigurationCatalog(configuration, servers);
    fleet?.onChange((now) => {
      servers.replace(now);
      declared.replace(now, servers);
    });
    const catalog = server === undefined ? declared : servers.catalogOf(server);
    return { catalog, servers, local, bounds, fleet };
  } catch (error) {
    await fleet?.[Symbol.asyncDispose]();
    throw error;
  }
}

/** Watches the nodes that selectors choose among. The module that does so is loaded on demand. */
async function watchFleet(written: Configuration): Promise<WatchedConfiguration | undefined> {
  if (written.nats === undefined) return undefined;
  const { watchNodes } = await import("../fleet/roster_watch.ts");
  return await watchNodes(written);
}

/** Reads an init.yaml, whose scripts may be missing here. The YAML parser is loaded on demand. */
async function load(file: string): Promise<Configuration> {
  const { loadConfiguration } = await import("../config/mod.ts");
  try {
    return await loadConfiguration(file, { scripts: "ignore" });
  } catch (error) {
    if (!(error instanceof InvalidConfiguration)) throw error;
    const isMissing = error.cause instanceof Deno.errors.NotFound;
    const address = isMissing ? addressMeantBy(file) : undefined;
    if (address === undefined) throw error;
    throw new InvalidConfiguration(
      `"${file}" is neither a file nor a node's HOST:PORT; to call a node there, write "${address}"`,
      error.diagnostics,
      { cause: error },
    );
  }
}

/** The local address of a client, if its entry names exactly one. */
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
  // From a network or localhost, the system chooses whichever address the machine has.
  if (client.ip?.includes("/") || client.ip === "localhost") return { localPort: client.port };
  if (client.port !== undefined) return { localHost: client.ip, localPort: client.port };
  const isOtherLoopback = client.ip?.startsWith("127.") && client.ip !== "127.0.0.1";
  return isOtherLoopback ? { localHost: client.ip } : {};
}
