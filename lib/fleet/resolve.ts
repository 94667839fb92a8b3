/** Replaces a configuration's selectors by the present nodes of its fleet. Loaded only with a fleet. */
import type { Configuration, FleetAddress, ServiceEntry } from "../config/mod.ts";
import { limits } from "../limits/mod.ts";
import { selects } from "../manifest/mod.ts";
import { FleetSubjects } from "../transport/nats/mod.ts";
import type { FleetLink } from "./link.ts";
import { openFleetLink } from "./open_link.ts";
import type { Presence } from "./presence.ts";
import { readRoster } from "./roster.ts";

/** Asks which nodes are present, over its own connection; does nothing without a fleet or selectors. */
export async function withPresentNodes(configuration: Configuration): Promise<Configuration> {
  const { nats } = configuration;
  if (nats === undefined || !hasSelectors(configuration)) return configuration;
  await using link = await openFleetLink(nats);
  return resolveNodes(configuration, await presentNodes(link, nats));
}

/** Whether any service has a selector. */
export function hasSelectors({ services }: Configuration): boolean {
  return [...services.values()].some(({ selector }) => selector !== undefined);
}

/** The present nodes of a fleet. */
export async function presentNodes(
  link: FleetLink,
  { fleet, keys }: FleetAddress,
): Promise<ReadonlyMap<string, Presence>> {
  const { present } = await readRoster(link, { fleet, keys, root: new FleetSubjects(fleet).root });
  return present;
}

/**
 * Replaces selectors by the present nodes, and adds these to the servers.
 *
 * @param present By name.
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
      { name, ip: "", port: 0, nats: { ...nats, node: name }, position: nowhere };
    // For a server of the file, only the file's address counts.
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

/** The position of nodes that are not in the file. */
const nowhere = { line: 1, column: 1 };
