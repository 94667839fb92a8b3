/** A configuration with the nodes of its fleet that are there in place of its selectors. Loaded where it has a fleet. */
import type { Configuration, FleetAddress, ServiceEntry } from "../config/mod.ts";
import { limits } from "../limits/mod.ts";
import { selects } from "../manifest/mod.ts";
import { FleetSubjects } from "../transport/nats/mod.ts";
import type { FleetLink } from "./link.ts";
import { openFleetLink } from "./open_link.ts";
import type { Presence } from "./presence.ts";
import { readRoster } from "./roster.ts";

/** Asks which nodes are present, over a connection of its own; not without a fleet, or if nothing selects. */
export async function withPresentNodes(configuration: Configuration): Promise<Configuration> {
  const { nats } = configuration;
  if (nats === undefined || !hasSelectors(configuration)) return configuration;
  await using link = await openFleetLink(nats);
  return resolveNodes(configuration, await presentNodes(link, nats));
}

/** Whether labels, or "all", choose the providers of any service. */
export function hasSelectors({ services }: Configuration): boolean {
  return [...services.values()].some(({ selector }) => selector !== undefined);
}

/** The nodes of a fleet that answer. */
export async function presentNodes(
  link: FleetLink,
  { fleet, keys }: FleetAddress,
): Promise<ReadonlyMap<string, Presence>> {
  const { present } = await readRoster(link, { fleet, keys, root: new FleetSubjects(fleet).root });
  return present;
}

/**
 * Replaces selectors by the nodes that are present, and adds these to the servers.
 *
 * @param present By the names that they were served with.
 */
export function resolveNodes(
  configuration: Configuration,
  present: ReadonlyMap<string, Presence>,
): Configuration {
  const { nats } = configuration;
  if (nats === undefined) return configuration;
  const servers = new Map(configuration.servers);
  const named = new Map(
    [...servers.values()].flatMap((server) =>
      server.nats === undefined ? [] : [[server.nats.node, server.name] as const]
    ),
  );
  const nodes = [...present.values()].map(({ name, labels, addresses }) => {
    const serverName = named.get(name) ?? name;
    const known = servers.get(serverName);
    const announced = addresses.slice(0, limits.fleet.addressesMax);
    const server = known ??
      { name, ip: "", port: 0, nats: { ...nats, node: name }, place: nowhere };
    // What the file says of a server's address counts alone.
    if (server.ip === "" && server.nats !== undefined) {
      servers.set(serverName, { ...server, nats: { ...server.nats, announced } });
    }
    return { name: serverName, labels };
  });
  const services = new Map(
    [...configuration.services].map(([name, service]): [string, ServiceEntry] => {
      const { selector } = service;
      if (selector === undefined) return [name, service];
      const providers = nodes.filter((node) => selects(selector, node)).map(({ name }) => name);
      return [name, { ...service, providers }];
    }),
  );
  return { ...configuration, servers, services };
}

/** What is not the file's has no place in it. */
const nowhere = { line: 1, column: 1 };
