/** The fleet that a file declares: clients, services, providers, and the calls that each client may make. Pure. */
import type { ClientEntry, Configuration, RpcEntry, ServiceEntry } from "../config/mod.ts";
import { addressOf, formatNodeAddress } from "../client/mod.ts";
import { shortKey } from "../identity/mod.ts";
import { requiredCount } from "../types/mod.ts";

/** The data that the page draws. Lists instead of objects by name, because a service may be called `constructor`. */
export interface Picture {
  readonly file: string;
  readonly clients: readonly PictureClient[];
  readonly services: readonly PictureService[];
  readonly nodes: readonly PictureNode[];
}

/** A named caller. */
export interface PictureClient {
  readonly name: string;
  /** How nodes know it: an address, a key, or both. */
  readonly knownBy: string;
  readonly mayReadLogs: boolean;
  readonly description?: string;
}

/** A service with its edges: `tenants` are those that may call at least one of its rpcs. */
export interface PictureService {
  readonly name: string;
  readonly description?: string;
  readonly tenants: readonly string[];
  readonly providers: readonly string[];
  readonly rpcs: readonly PictureRpc[];
  /** Rpcs of other services that its scripts may call, by service. */
  readonly calls: readonly { readonly service: string; readonly rpcs: readonly string[] }[];
}

/** An overload of an rpc. */
export interface PictureRpc {
  readonly name: string;
  readonly description?: string;
  readonly args: readonly string[];
  readonly names?: readonly string[];
  /** The number of required arguments; the others are Optional. */
  readonly requiredCount: number;
  readonly returns: readonly string[];
  readonly isIdempotent: boolean;
  /** The clients that may call it. */
  readonly allowed: readonly string[];
}

/** A node. */
export interface PictureNode {
  readonly name: string;
  readonly address: string;
  readonly description?: string;
}

/** The picture of a configuration. */
export function pictureOf(configuration: Configuration): Picture {
  const { file, clients, services, servers } = configuration;
  return {
    file,
    clients: [...clients.values()].map(clientOf),
    services: [...services.values()].map(serviceOf),
    nodes: [...servers.values()].map((server) => ({
      name: server.name,
      address: formatNodeAddress(addressOf(server)),
      description: server.description,
    })),
  };
}

function clientOf({ name, ip, port, key, allowLogs, description }: ClientEntry): PictureClient {
  const address = ip === undefined
    ? undefined
    : port === undefined
    ? ip
    : `${ip.includes(":") ? `[${ip}]` : ip}:${port}`;
  const parts = [address, key === undefined ? undefined : shortKey(key)];
  const knownBy = parts.filter((part) => part !== undefined).join(" with ");
  return { name, knownBy, mayReadLogs: allowLogs === true, description };
}

function serviceOf(service: ServiceEntry): PictureService {
  const { name, description, providers, tenants, calls = [] } = service;
  const rpcs = [...service.rpcs.values()].flatMap((rpc) => rpcsOf(rpc, tenants));
  return {
    name,
    description,
    providers,
    tenants: tenants.filter((tenant) => rpcs.some(({ allowed }) => allowed.includes(tenant))),
    rpcs,
    calls,
  };
}

function rpcsOf(rpc: RpcEntry, tenants: readonly string[]): PictureRpc[] {
  return rpc.overloads.map((overload) => {
    const { args, names, returns, isIdempotent = false, allow } = overload;
    return {
      name: rpc.name,
      description: overload.description ?? rpc.description,
      args,
      names,
      requiredCount: requiredCount({ args }),
      returns,
      isIdempotent,
      allowed: allow === undefined ? tenants : tenants.filter((tenant) => allow.includes(tenant)),
    };
  });
}
