import { type Log, type LogHistory, silentLog } from "../log/mod.ts";
import { wantsTraces } from "../context/mod.ts";
import { FileStore, readNodeKey } from "../store/mod.ts";
import {
  formatAddress,
  joinListeners,
  type Listener,
  listenOnAll,
  listenTcp,
} from "../transport/mod.ts";
import { announcedAddresses } from "./_announced_addresses.ts";
import type { NodeFleet } from "./_fleet_membership.ts";
import type { NatsListener, NatsOptions } from "./_nats_listener.ts";
import type { CertificateFiles } from "./_secure_listener.ts";
import { parseHostName, parseOrigin } from "./json/http_routes.ts";
import { canonicalAddress, publicKey, readOver, type SigningKey } from "../identity/mod.ts";
import { refuseEmpty } from "../encoding/mod.ts";
import { FarcallNode } from "./node.ts";
import { parseAdvertised, parseGrantRule, parseLimitRule, parseMetricsReader } from "./operator.ts";

/** Options of a node. */
export interface ServeOptions {
  /** The address to listen on. Default `127.0.0.1`, or nowhere with `nats`. */
  host?: string;
  /** The port to listen on; 0 lets the kernel choose. Default 8181. */
  port?: number;
  /**
   * The transport of its connections: `tcp`, `udp`, `ip`, or `ip:171` with a protocol other than 170. All but `tcp`
   * require Linux and IPv4, without TLS; `ip` also requires a privilege. Default: `tcp`.
   */
  over?: string;
  /**
   * The NATS server through which it is reached by its `name`, besides its address, or exclusively if no `host` is
   * given.
   */
  nats?: NatsOptions;
  /** With `nats`: the key that it proves to callers. Default: a generated one, stored in its `root` (`node.key`). */
  nodeKey?: SigningKey;
  /**
   * The folder of its state. Default `.farcall/<host>-<port>`, with the suffix `-udp` or `-ip-170` over these, or
   * `.farcall/nats-<fleet>-<name>`, below the current folder.
   */
  root?: string;
  /** Its name in init.yaml. Default: from the first deployment. */
  name?: string;
  /**
   * Addresses, `IP:PORT`, at which callers reach it through a router, a container or a tunnel: key proofs are for the
   * address that a caller connects to.
   */
  advertised?: readonly string[];
  /**
   * Public keys whose holders may deploy, from anywhere, with signed deployments. Default: none; then its own user on
   * its own machine may deploy.
   */
  deployKeys?: readonly string[];
  /** Upper bounds of services' limits: `memory=1GiB`, or `math:memory=1GiB` for one service. */
  limits?: readonly string[];
  /** Permissions granted to services: `math:net=api.example.com:443`. Default: none. */
  grants?: readonly string[];
  /** Origins whose pages in browsers may call over HTTP, such as `https://app.example.com`. Default: none. */
  allowOrigins?: readonly string[];
  /** Accepted host names or addresses over HTTP, besides `host` and its name. Default: none. */
  hosts?: readonly string[];
  /**
   * Addresses and networks that may request its health and its metrics, besides its own machine: `10.0.0.0/8`. Default:
   * none.
   */
  metricsAllow?: readonly string[];
  /** A separate port for these, at the same address; 0 lets the kernel choose. Default: they are served at `port`. */
  metricsPort?: number;
  /** The files of its certificate, in PEM; reloaded when they change. Default: no TLS. */
  tls?: CertificateFiles;
  /** Receives records. Default: none. */
  log?: Log;
  /** The written records, for authorised readers. Default: none. */
  logHistory?: LogHistory;
}

/**
 * Starts a node: opens the root, listens, and serves the last committed generation. Stop it with `stop()`, or hold it
 * with `await using`.
 *
 * @throws {TypeError} If a limit, a grant, an address, a host, an origin, a key or a certificate is invalid.
 * @throws {RootInUse} If another node runs on the root.
 * @throws {RootUnreadable} If its content is damaged or newer than this farcall.
 * @throws {AddressInUse} If another program listens there.
 * @throws {AddressNotAvailable} If it cannot listen there for another reason.
 */
export async function serveNode(options: ServeOptions = {}): Promise<FarcallNode> {
  const { port = 8181, name, tls, log = silentLog } = options;
  const host = oneSpelling(options.host ?? "127.0.0.1");
  const over = readOver(options.over);
  if (over !== undefined && tls !== undefined) {
    throw new TypeError("TLS works only over TCP: over IP and UDP farcall has no encryption");
  }
  refuseEmpty({ host, root: options.root, name, "tls.cert": tls?.cert, "tls.key": tls?.key });
  const rules = {
    limits: (options.limits ?? []).map(parseLimitRule),
    grants: (options.grants ?? []).map(parseGrantRule),
  };
  const advertised = (options.advertised ?? []).map(parseAdvertised);
  const hosts = (options.hosts ?? []).map(parseHostName);
  const allowedOrigins = (options.allowOrigins ?? []).map(parseOrigin);
  const deployKeys = new Set((options.deployKeys ?? []).map(publicKey));
  const metricsAllow = (options.metricsAllow ?? []).map(parseMetricsReader);
  const listenOverTcp = (port: number): Promise<Listener> =>
    listenOnAll(host, port, async (address, port) => {
      if (tls === undefined) return listenTcp(address, port);
      const { listenSecurely } = await import("./_secure_listener.ts");
      return await listenSecurely(address, port, { files: tls, log });
    });
  let door: NatsListener | undefined;
  const listener = await listen();
  let metricsListener: Listener | undefined;
  // No connection may be answered before the root is open, but the root's name requires the port.
  try {
    // Monitors speak HTTP over TCP, whatever the transport of calls.
    const { metricsPort } = options;
    if (metricsPort !== undefined) metricsListener = await listenOverTcp(metricsPort);
    const isRelayed = listener.carrier === "nats";
    const carrier = over === undefined ? "" : over.kind === "udp" ? "-udp" : `-ip-${over.protocol}`;
    const place = isRelayed
      ? `nats-${listener.host.replace("/", "-")}`
      : `${host.replaceAll(":", "_")}-${listener.port}${carrier}`;
    const root = options.root ?? `.farcall/${place}`;
    const holder = isRelayed ? `nats:${listener.host}` : formatAddress(host, listener.port);
    const store = await FileStore.open(root, { holder });
    try {
      const fleet = door && await joinThrough(door, store.root);
      const tracer = wantsTraces() ? (await import("../traces/mod.ts")).openTracer(log) : undefined;
      const given = {
        tracer,
        name,
        hostNames: [host, ...hosts],
        advertised,
        allowedOrigins,
        metricsListener,
        metricsAllow,
        rules,
        deployKeys,
        fleet,
      };
      const parts = { listener, store, ...given, log, logHistory: options.logHistory };
      return await FarcallNode.start(parts);
    } catch (error) {
      await store.close();
      throw error;
    }
  } catch (error) {
    listener.close();
    metricsListener?.close();
    throw error;
  }

  async function listen(): Promise<Listener> {
    const { nats } = options;
    const listeners: Listener[] = [];
    try {
      if (nats === undefined || options.host !== undefined) {
        listeners.push(over === undefined ? await listenOverTcp(port) : await listenOverPackets());
      }
      if (nats !== undefined) {
        if (name === undefined) throw new TypeError("through NATS a node is reached by its name");
        const { NatsListener } = await import("./_nats_listener.ts");
        listeners.push(door = new NatsListener(nats, { node: name, log }));
      }
      return joinListeners(listeners);
    } catch (error) {
      for (const listener of listeners) listener.close();
      throw error;
    }
  }

  /** Admits callers through NATS as the node with the key in that root, unless another is given. */
  async function joinThrough(door: NatsListener, root: string): Promise<NodeFleet> {
    const key = options.nodeKey ?? await readNodeKey(root);
    await door.open(key);
    const { fleet, labels = [] } = options.nats!;
    const isOnlyWay = listener.carrier === "nats";
    const isPlain = !isOnlyWay && over === undefined && tls === undefined;
    const addresses = announcedAddresses(isPlain ? listener : undefined, advertised);
    return {
      door,
      fleet,
      name: name!,
      labels,
      addresses,
      key,
      isOnlyWay,
      get problem() {
        return door.problem;
      },
    };
  }

  function listenOverPackets(): Promise<Listener> {
    return listenOnAll(host, port, async (address, port) => {
      const { listenPackets } = await import("../transport/raw_ip/mod.ts");
      return listenPackets(address, port, over!);
    });
  }
}

/** An IPv6 address in canonical form, without brackets, so that each spelling leads to the same root; others as given. */
function oneSpelling(host: string): string {
  const address = canonicalAddress(host.startsWith("[") ? host.slice(1, -1) : host);
  return address?.includes(":") ? address : host;
}
