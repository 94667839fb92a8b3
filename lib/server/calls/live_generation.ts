/** A generation as it runs: the manifest with its signatures compiled and its executors at hand. */
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
  /** Its place among the service's overloads, which is its number at the executor. */
  readonly index: number;
  readonly signature: CompiledSignature;
  /** The names of the arguments, where they have some. */
  readonly names: readonly string[] | undefined;
  readonly script: ScriptId;
  /** The 32 bytes of `script`, as they stand in front of every result. */
  readonly scriptBytes: Uint8Array;
  /** The tenants that may call it; undefined where all may. */
  readonly allow: ReadonlySet<string> | undefined;
}

/** A named caller of a live generation. */
export interface LiveClient extends ManifestClient {
  /** Where it calls from: its `ip`; undefined for anywhere. */
  readonly from: AddressRange | undefined;
  readonly callRate: ClientRate;
  /** Scripts of a service on another node: what they may call, by service, as tenants or not; undefined for a client. */
  readonly grants?: ReadonlyMap<string, ReadonlySet<string>>;
}

/** An overload that scripts may call, and where. */
export interface LiveTarget extends CallTarget {
  readonly signature: CompiledSignature;
  readonly isIdempotent: boolean;
  /** The other nodes that run it. */
  readonly nodes: readonly CalledNode[];
}

/** One service of a live generation. */
export interface LiveService {
  readonly name: string;
  readonly description: string | undefined;
  readonly tenants: ReadonlySet<string>;
  readonly rpcs: ReadonlyMap<string, readonly LiveOverload[]>;
  readonly executor: Executor;
  /** What its scripts may call, in the order in which its executor knows it. */
  readonly targets: readonly LiveTarget[];
  /** What it is to services of this node that its scripts call. */
  readonly asClient: LiveClient;
  /** Why it may not run here: the operator does not allow what it asks for; undefined where it may. */
  readonly refusal: string | undefined;
  /** What separates its calls; left out where they share a process. */
  readonly isolation?: ServiceIsolation;
  /** What became of its calls, in this generation and those before. */
  readonly stats: ServiceStats;
}

/** What a service is made of besides its manifest. */
export type LiveServiceParts = Pick<LiveService, "executor" | "refusal" | "stats">;

/** What a node runs at a moment. Replaced as a whole by a commit, never changed. */
export interface LiveGeneration {
  /** 0 before the first deployment, and where it is embedded. */
  readonly number: number;
  /** Whether it is part of a program, which alone changes it. */
  readonly isEmbedded: boolean;
  readonly manifest: Manifest;
  /** In the order of the file, which decides between matches. */
  readonly clients: readonly LiveClient[];
  /** Scripts of other nodes that may call: nobody is one of these unless it says so. */
  readonly callers: readonly LiveClient[];
  readonly services: ReadonlyMap<string, LiveService>;
}

/**
 * Makes a manifest live.
 *
 * @param partsOf Gives each service its executor, new or from before, and says whether it may run.
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

/** The same service from each of its nodes. */
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
 * What an executor depends on: services of two generations with the same key can share one.
 *
 * @param manifest The one that the service is part of: its scripts may call others of it.
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
