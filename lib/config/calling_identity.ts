/** How a node recognizes calls from another node's scripts: by the address of their node. Pure. */
import { AddressRange, canonicalAddress } from "../identity/mod.ts";
import type { Configuration, ServerEntry, ServiceEntry } from "./model.ts";

/** The address by which the called node knows the calling one, and the local address that the caller can choose. */
export interface CallingIdentity {
  readonly ip: string;
  readonly from?: string;
}

/**
 * How a called node knows a calling one.
 *
 * @returns A text with the reason if it cannot.
 */
export function callingIdentity(
  calling: ServerEntry,
  called: ServerEntry,
): CallingIdentity | string {
  if (called.ip === "") {
    return `${called.name} is reached through NATS alone, where addresses prove nothing`;
  }
  if (calling.ip === "") {
    return `${calling.name} has no address by which ${called.name} could know it`;
  }
  const address = canonicalAddress(calling.ip);
  if (address === undefined && calling.ip !== "localhost") {
    return `the ip of ${calling.name}, "${calling.ip}", is a name, and nodes compare addresses`;
  }
  const other = canonicalAddress(called.ip);
  if (
    isLocal(calling.ip) !== isLocal(called.ip) &&
    (isLocal(calling.ip) || other !== undefined || called.ip === "localhost")
  ) {
    const local = isLocal(calling.ip) ? calling : called;
    return `the ip of ${local.name}, ${local.ip}, leads to no other machine`;
  }
  if (address !== undefined && other !== undefined && isIpv6(address) !== isIpv6(other)) {
    return `${calling.name} has the address ${address} and ${called.name} has ${other}: no route leads from one kind to the other`;
  }
  if (address === undefined) return { ip: calling.ip };
  // Over TLS the runtime chooses the address.
  return { ip: address, ...(called.tls === undefined && { from: address }) };
}

const loopback = AddressRange.of("127.0.0.0/8");

function isLocal(ip: string): boolean {
  return ip === "localhost" || ip === "::1" || loopback.holds(ip);
}

function isIpv6(address: string): boolean {
  return address.includes(":");
}

const fleetProblem =
  "in a fleet that meets at a NATS server, scripts can call only services of their own node";

/** A node that scripts of another one call, and how it knows that one. */
export interface CalledServer {
  readonly server: ServerEntry;
  readonly identity: CallingIdentity;
}

/**
 * The other nodes on which a node's scripts may call a service. A fleet over NATS has none: all of its nodes run one
 * manifest, which names no node.
 *
 * @param called The nodes that provide the called service.
 */
export function calledServers(
  { servers, nats }: Pick<Configuration, "servers" | "nats">,
  calling: ServerEntry,
  { providers }: Pick<ServiceEntry, "providers">,
): { readonly usable: readonly CalledServer[]; readonly problems: readonly string[] } {
  const usable: CalledServer[] = [];
  const problems: string[] = [];
  if (nats !== undefined) return { usable, problems: [fleetProblem] };
  for (const name of providers) {
    const server = servers.get(name);
    if (server === undefined || name === calling.name) continue;
    const identity = callingIdentity(calling, server);
    if (typeof identity === "string") problems.push(identity);
    else usable.push({ server, identity });
  }
  return { usable, problems };
}

/** A service that scripts of another one call from one node. */
export interface ScriptCallEdge {
  /** The service whose scripts call. */
  readonly caller: string;
  /** The node that they run on. */
  readonly node: string;
  readonly service: string;
  readonly rpcs: readonly string[];
  /** Whether that node provides the service itself: it comes first then. */
  readonly isHere: boolean;
  /** The other nodes that are called. */
  readonly servers: readonly ServerEntry[];
}

/** Every path that scripts' calls take in a configuration. */
export function scriptCallEdges(configuration: Configuration): ScriptCallEdge[] {
  const { services, servers } = configuration;
  return [...services.values()].flatMap(({ name: caller, providers, calls = [] }) =>
    providers.flatMap((node) =>
      calls.flatMap(({ service, rpcs }) => {
        const [calling, called] = [servers.get(node), services.get(service)];
        if (calling === undefined || called === undefined) return [];
        const { usable } = calledServers(configuration, calling, called);
        const isHere = called.providers.includes(node);
        return [{
          caller,
          node,
          service,
          rpcs,
          isHere,
          servers: usable.map(({ server }) => server),
        }];
      })
    )
  );
}
