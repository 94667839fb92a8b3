/** A running generation: the manifest with compiled signatures and executors. */
import type { Executor } from "../../executor/mod.ts";
import { AddressRange, type ScriptId } from "../../identity/mod.ts";
import { type CompiledSignature, compileSignature } from "../../types/mod.ts";
import {
  type CalledNode,
  calledOverloads,
  type CallTarget,
  callTargets,
  type Manifest,
  type ManifestClient,
  type ManifestService,
  type ScriptCaller,
  scriptClient,
  type ServiceIsolation,
} from "../../manifest/mod.ts";
import type { Steps } from "../../encoding/mod.ts";
import { ClientRate } from "./_client_rate.ts";
import type { ServiceStats } from "./service_stats.ts";

/** One overload of a live generation. */
export interface LiveOverload {
  readonly service: LiveService;
  readonly rpc: string;
  readonly description: string | undefined;
  readonly isIdempotent: true | undefined;
  /** Its index among the service's overloads, which is its number at the executor. */
  readonly index: number;
  readonly signature: CompiledSignature;
  /** The names of the arguments, if any. */
  readonly names: readonly string[] | undefined;
  readonly script: ScriptId;
  /** The 32 bytes of `script`, which prefix every result. */
  readonly scriptBytes: Uint8Array;
  /** The tenants that may call it; undefined if all may. */
  readonly allow: ReadonlySet<string> | undefined;
}

/** A named caller of a live generation. */
export interface LiveClient extends ManifestClient {
  /** Its allowed addresses; undefined for any. */
  readonly from: AddressRange | undefined;
  readonly callRate: ClientRate;
  /** For scripts of a service on another node: the rpcs that they may call, by service; undefined for a client. */
  readonly grants?: ReadonlyMap<string, ReadonlySet<string>>;
}

/** An overload that scripts may call, and its nodes. */
export interface LiveTarget extends CallTarget {
  readonly signature: CompiledSignature;
  readonly isIdempotent: boolean;
  /** The other nodes that provide it. */
  readonly nodes: readonly CalledNode[];
}

/** One service of a live generation. */
export interface LiveService {
  readonly name: string;
  readonly description: string | undefined;
  readonly tenants: ReadonlySet<string>;
  readonly rpcs: ReadonlyMap<string, readonly LiveOverload[]>;
  readonly executor: Executor;
  /** The overloads that its scripts may call, in the executor's order. */
  readonly targets: readonly LiveTarget[];
  /** Its identity for other services of this node that its scripts call. */
  readonly asClient: LiveClient;
  /** Why the operator does not let it run here; undefined if it may. */
  readonly refusal: string | undefined;
  /** The isolation of its calls; left out if they share a process. */
  readonly isolation?: ServiceIsolation;
  /** Statistics of its calls, over all generations. */
  readonly stats: ServiceStats;
}

/** A service's parts besides its manifest. */
export type LiveServiceParts = Pick<LiveService, "executor" | "refusal" | "stats">;

/** The running generation of a node. A commit replaces it as a whole; it is never changed. */
export interface LiveGeneration {
  /** 0 before the first deployment, and in an embedded node. */
  readonly number: number;
  /** Whether it belongs to an embedded node, which takes no deployments. */
  readonly isEmbedded: boolean;
  readonly manifest: Manifest;
  /** In the order of the file; the first match counts. */
  readonly clients: readonly LiveClient[];
  /** Scripts of other nodes that may call; a caller matches only if it names itself so. */
  readonly callers: readonly LiveClient[];
  readonly services: ReadonlyMap<string, LiveService>;
}

/**
 * Makes a manifest live.
 *
 * @param partsOf Returns each service's parts: its new or existing executor, and whether it may run.
 */
export function* liveGeneration(
  number: number,
  manifest: Manifest,
  partsOf: (service: ManifestService) => LiveServiceParts,
): Steps<LiveGeneration> {
  const services = new Map<string, LiveService>();
  for (const service of manifest.services) {
    services.set(
      service.name,
      yield* liveService(service, partsOf(service), liveTargets(service, manifest.services)),
    );
  }
  const clients: LiveClient[] = [];
  for (const client of manifest.clients) {
    clients.push({
      ...client,
      from: client.ip === undefined ? undefined : AddressRange.of(client.ip),
      callRate: new ClientRate(client),
    });
    yield;
  }
  const callers = (manifest.callers ?? []).flatMap(liveCallers);
  return { number, isEmbedded: false, manifest, clients, callers, services };
}

function liveTargets(
  { calls = [] }: ManifestService,
  services: readonly ManifestService[],
): LiveTarget[] {
  return calls.flatMap((granted) =>
    calledOverloads(granted, services).map(({ rpc, args, returns, isIdempotent = false }) => ({
      service: granted.service,
      rpc,
      args,
      returns,
      signature: compileSignature({ args, returns }),
      isIdempotent,
      nodes: granted.nodes ?? [],
    }))
  );
}

/** Looks up a service at each of its nodes. */
function liveCallers({ service, nodes, calls }: ScriptCaller): LiveClient[] {
  const grants = new Map(calls.map(({ service, rpcs }) => [service, new Set(rpcs)]));
  return nodes.map(({ ip, key }) => {
    const client = { name: scriptClient(service), ip, key };
    const from = ip === undefined ? undefined : AddressRange.of(ip);
    return { ...client, from, callRate: new ClientRate(client), grants };
  });
}

function* liveService(
  manifest: ManifestService,
  { executor, refusal, stats }: LiveServiceParts,
  targets: readonly LiveTarget[],
): Steps<LiveService> {
  const rpcs = new Map<string, LiveOverload[]>();
  const service: LiveService = {
    name: manifest.name,
    description: manifest.description,
    tenants: new Set(manifest.tenants),
    rpcs,
    executor,
    targets,
    asClient: clientOf(manifest.name),
    refusal,
    isolation: manifest.isolation,
    stats,
  };
  for (const [index, overload] of manifest.overloads.entries()) {
    const live: LiveOverload = {
      service,
      rpc: overload.rpc,
      description: overload.description,
      isIdempotent: overload.isIdempotent,
      index,
      signature: compileSignature(overload),
      names: overload.names,
      script: overload.script,
      scriptBytes: bytesOfHex(overload.script),
      allow: overload.allow && new Set(overload.allow),
    };
    const others = rpcs.get(overload.rpc);
    if (others === undefined) rpcs.set(overload.rpc, [live]);
    else others.push(live);
    yield;
  }
  return service;
}

function clientOf(service: string): LiveClient {
  const client = { name: scriptClient(service) };
  return { ...client, from: undefined, callRate: new ClientRate(client) };
}

/**
 * A key of everything that an executor depends on: services of two generations with the same key share their executor.
 *
 * @param manifest The service's manifest, because its scripts may call other services in it.
 */
export function executorKey(service: ManifestService, manifest: Manifest): string {
  const targets = callTargets(service, manifest.services);
  return JSON.stringify([
    service.name,
    service.limits,
    service.permissions,
    ...(service.isolation === undefined ? [] : [service.isolation]),
    ...service.overloads.map(({ rpc, args, returns, script }) => [rpc, args, returns, script]),
    ...(targets.length === 0 ? [] : [{ targets }]),
  ]);
}

function bytesOfHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = parseInt(hex.slice(2 * index, 2 * index + 2), 16);
  }
  return bytes;
}
