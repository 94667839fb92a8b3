/**
 * Access control. Pure: a generation and a caller in, a decision out. The order of the checks is part of the protocol:
 * identity, service, tenant, rpc, types, pin; a caller that fails one learns nothing about the next.
 */
import {
  ClientNotRegistered,
  type ExceptionType,
  InvalidArguments,
  RpcNotFound,
  ServiceNotFound,
  Unauthenticated,
  Unavailable,
} from "../../errors/mod.ts";
import type { ExplainedIdentity } from "../../protocol/mod.ts";
import { formatSignature, listSignatures } from "../../types/mod.ts";
import {
  type PublicKey,
  scriptIdShownLength,
  type ScriptPin,
  shortKey,
} from "../../identity/mod.ts";
import { quoteBriefly } from "../../encoding/mod.ts";
import type { LiveClient, LiveGeneration, LiveOverload, LiveService } from "./live_generation.ts";

/** The origin of a connection. */
export interface Origin {
  /** The source address. */
  readonly host: string;
  /** The source port. */
  readonly port: number;
  /** Why the address proves nothing, so that only a key identifies the caller; left out if it does. */
  readonly doubt?: string;
}

/** The origin of a call, and its claimed identity. */
export interface Caller extends Origin {
  /** The client that it names; undefined lets the address decide. */
  readonly client: string | undefined;
  /** The key that it has proved. */
  readonly key?: PublicKey;
}

/** An admitted caller: its client, and the overloads of the requested rpc. */
export interface Admission {
  readonly client: LiveClient;
  readonly overloads: readonly LiveOverload[];
}

/**
 * Admits a caller to an rpc, or refuses it.
 *
 * @throws {ClientNotRegistered} If the caller is unknown to this node, or not a tenant of the service.
 * @throws {Unauthenticated} If it is unknown to this node, and clients have keys.
 * @throws {ServiceNotFound} If this node does not provide the service.
 * @throws {RpcNotFound} If the service has no such rpc, or none that the caller may call.
 * @throws {Unavailable} If the node's operator does not allow the service's settings.
 */
export function admit(
  generation: LiveGeneration,
  caller: Caller,
  wanted: { service: string; rpc: string },
): Admission {
  const identities = identitiesOf(generation, caller);
  if (identities.length === 0) throw unknownCaller(generation, caller);
  const service = serviceOf(generation, wanted.service);
  const tenants = identities.filter((client) => isTenant(service, client));
  if (tenants.length === 0) {
    throw new ClientNotRegistered(
      `service "${service.name}" is closed to ${describeCaller(caller)}: not one of its tenants`,
    );
  }
  // For a tenant, a forbidden rpc must look like a missing one, in words and in timing.
  const admission = firstAdmitted(service.name, service.rpcs.get(wanted.rpc), tenants);
  if (admission === undefined) throw rpcNotFound(service, wanted.rpc);
  checkMayRun(service);
  return admission;
}

/** Finds a service. @throws {ServiceNotFound} If this node does not provide it. */
export function serviceOf(generation: LiveGeneration, name: string): LiveService {
  const service = generation.services.get(name);
  if (service !== undefined) return service;
  throw new ServiceNotFound(`this node does not provide a service ${quoteBriefly(name)}`);
}

/**
 * All overloads of a service's rpc, regardless of access.
 *
 * @throws {RpcNotFound} If the service has no such rpc.
 * @throws {Unavailable} If the node's operator does not allow the service's settings.
 */
export function rpcOf(service: LiveService, rpc: string): readonly LiveOverload[] {
  const overloads = service.rpcs.get(rpc);
  if (overloads === undefined) throw rpcNotFound(service, rpc);
  checkMayRun(service);
  return overloads;
}

function rpcNotFound({ name }: LiveService, rpc: string): RpcNotFound {
  return new RpcNotFound(`service "${name}" has no rpc ${quoteBriefly(rpc)}`);
}

function checkMayRun({ refusal }: LiveService): void {
  if (refusal !== undefined) throw new Unavailable(`it cannot run: ${refusal}`);
}

/** Stands in for a missing rpc, so that refusals take equal time. */
const notThere: readonly LiveOverload[] = [
  { rpc: "", allow: new Set() } as Partial<LiveOverload> as LiveOverload,
];

/** Whether a client may call anything of a service. Scripts of other nodes have grants instead of being tenants. */
function isTenant({ name, tenants }: Pick<LiveService, "name" | "tenants">, client: LiveClient) {
  return client.grants === undefined ? tenants.has(client.name) : client.grants.has(name);
}

function mayCall(
  { name, grants }: LiveClient,
  service: string,
  { rpc, allow }: LiveOverload,
): boolean {
  return grants === undefined ? allow?.has(name) ?? true : grants.get(service)?.has(rpc) ?? false;
}

/** The first tenant that may call any of the overloads, with these overloads. */
function firstAdmitted(
  service: string,
  overloads: readonly LiveOverload[] = notThere,
  tenants: readonly LiveClient[],
): Admission | undefined {
  for (const client of tenants) {
    // Mostly all are, and need no list of their own.
    if (overloads.length > 0 && overloads.every((overload) => mayCall(client, service, overload))) {
      return { client, overloads };
    }
    const open = overloads.filter((overload) => mayCall(client, service, overload));
    if (open.length > 0) return { client, overloads: open };
  }
  return undefined;
}

/**
 * The overload of exactly these types.
 *
 * @throws {InvalidArguments} If none has these types; the message lists every valid signature.
 */
export function overloadOf(
  overloads: readonly LiveOverload[],
  types: { argumentTypes: readonly string[]; returnTypes: readonly string[] },
): LiveOverload {
  const args = types.argumentTypes.join(", ");
  const returns = types.returnTypes.join(", ");
  for (const overload of overloads) {
    const { signature } = overload;
    if (signature.args.join(", ") === args && signature.returns.join(", ") === returns) {
      return overload;
    }
  }
  const { rpc } = overloads[0]!;
  const asked = formatSignature(rpc, { args: types.argumentTypes, returns: types.returnTypes });
  throw new InvalidArguments(`there is no ${asked}; ${listSignatures(rpc, overloads)}`);
}

/**
 * Enforces a call's pin.
 *
 * @throws {RpcNotFound} If another script serves the overload.
 */
export function checkPin(overload: LiveOverload, pin: ScriptPin | undefined): void {
  const { service, rpc, signature, script } = overload;
  if (pin === undefined || script.startsWith(pin)) return;
  const shown = script.slice(0, Math.max(scriptIdShownLength, pin.length));
  throw new RpcNotFound(
    `script ${shown} serves ${service.name}.${rpc}(${signature.args.join(", ")}) now, ` +
      `and the call is pinned to ${pin}; drop the pin, or roll back to that script`,
  );
}

/** Completes an executor's message, which knows one overload, with all signatures that the caller may call. */
export function explained(
  overloads: readonly LiveOverload[],
  type: ExceptionType,
  message: string,
): string {
  return type === "Invalid Arguments"
    ? `${message}; ${listSignatures(overloads[0]!.rpc, overloads)}`
    : message;
}

/**
 * Explains which client an admitted caller is: the entries that match its address or name, in the order of the file.
 */
export function explainIdentities(
  generation: LiveGeneration,
  caller: Caller,
  { service, rpc, client }: { service: LiveService; rpc: string; client: string },
): ExplainedIdentity[] {
  let isFound = false;
  const overloads = service.rpcs.get(rpc) ?? [];
  const isOpenTo = (entry: LiveClient): boolean =>
    overloads.some((overload) => mayCall(entry, service.name, overload));
  const isChosenFrom = overloads.some(({ allow }) => allow !== undefined);
  return generation.clients
    .filter((entry) =>
      entry.from?.holds(caller.host) || entry.name === caller.client ||
      (entry.key !== undefined && entry.key === caller.key)
    )
    .map((entry): ExplainedIdentity => {
      const isTaken = entry.name === client && !isFound;
      isFound ||= isTaken;
      const reason = isTaken
        ? (entry.key === undefined ? `it calls from ${caller.host}` : "it has proved its key") +
          ` and is a tenant of ${service.name}` +
          (isChosenFrom ? `, allowed to call ${rpc}` : "") +
          (caller.client === undefined ? ", the first such" : ", and was asked for")
        : caller.client !== undefined && entry.name !== caller.client
        ? `${caller.client} was asked for`
        : entry.key === undefined && caller.doubt !== undefined
        ? `it has no key, and ${caller.doubt}`
        : entry.key !== undefined && entry.key !== caller.key
        ? "it has a key, which was not proved"
        : entry.from?.holds(caller.host) === false
        ? `it calls from ${entry.ip}, not from ${caller.host}`
        : entry.port !== undefined && entry.port !== caller.port
        ? `it calls from port ${entry.port}, not from ${caller.port}`
        : !service.tenants.has(entry.name)
        ? `it is not a tenant of ${service.name}`
        : !isOpenTo(entry)
        ? `the allow of ${service.name}.${rpc} does not name it`
        : `${client} comes first`;
      return { client: entry.name, reason };
    });
}

/** A service with the overloads that one caller may call. */
export type VisibleService = Pick<LiveService, "name" | "description" | "rpcs">;

/** The services in which a caller may call anything. */
export function servicesFor(generation: LiveGeneration, caller: Caller): VisibleService[] {
  const identities = identitiesOf(generation, caller);
  return [...generation.services.values()].flatMap((service) => {
    const { name, description } = service;
    const tenants = identities.filter((client) => isTenant(service, client));
    const rpcs = new Map<string, readonly LiveOverload[]>();
    for (const [rpc, overloads] of service.rpcs) {
      const admission = firstAdmitted(name, overloads, tenants);
      if (admission !== undefined) rpcs.set(rpc, admission.overloads);
    }
    return rpcs.size === 0 ? [] : [{ name, description, rpcs }];
  });
}

/** Whether a caller is a client that may read the node's log. */
export function mayReadLog(generation: LiveGeneration, caller: Caller): boolean {
  return identitiesOf(generation, caller).some(({ allowLogs }) => allowLogs);
}

/** Whether a key belongs to a client, or to a node whose scripts may call. */
export function hasKey(generation: LiveGeneration, key: PublicKey): boolean {
  const { clients, callers = [] } = generation.manifest;
  return clients.some((client) => client.key === key) ||
    callers.some(({ nodes }) => nodes.some((node) => node.key === key));
}

/** Clients, and the scripts of other nodes. */
function everyoneOf({ clients, callers }: LiveGeneration): readonly LiveClient[] {
  return callers.length === 0 ? clients : [...clients, ...callers];
}

/** Whether a client, or a deployer without a key, may connect from an address. */
export function isFromClient(generation: LiveGeneration, origin: Origin): boolean {
  return isThisMachine(origin) ||
    (origin.doubt === undefined &&
      everyoneOf(generation).some((client) => client.from?.holds(origin.host)));
}

/** The first client that matches a caller, if any. */
export function firstIdentity(generation: LiveGeneration, caller: Caller): LiveClient | undefined {
  return identitiesOf(generation, caller)[0];
}

/**
 * The client entries that match a caller, in the order of the file. A caller that names no client never matches a
 * service.
 */
function identitiesOf(generation: LiveGeneration, caller: Caller): readonly LiveClient[] {
  const entries = caller.client === undefined ? generation.clients : everyoneOf(generation);
  return entries.filter((client) =>
    (caller.client === undefined || client.name === caller.client) &&
    (client.key !== undefined || caller.doubt === undefined) &&
    (client.from?.holds(caller.host) ?? true) &&
    (client.port === undefined || client.port === caller.port) &&
    (client.key === undefined || client.key === caller.key)
  );
}

/** The error for an unknown caller; the same whether or not its name exists with another key. */
function unknownCaller(
  generation: LiveGeneration,
  caller: Caller,
): ClientNotRegistered | Unauthenticated {
  const { clients } = generation;
  const nothing = generation.number === 0 && !generation.isEmbedded
    ? '; nothing was deployed to this node yet: run "farcall init"'
    : "";
  // A client registered with a port needs to know its source port.
  const isPortChosen = clients.some((client) =>
    client.port !== undefined && client.from?.holds(caller.host)
  );
  const from = isPortChosen ? `, port ${caller.port},` : "";
  if (clients.some((client) => client.key !== undefined)) {
    return new Unauthenticated(
      caller.key === undefined
        ? `${
          describeCaller(caller)
        }${from} is not registered on this node, or has a key to prove: ` +
          "call with --key FILE"
        : `${describeCaller(caller)}${from} with the key ${
          shortKey(caller.key)
        } is not registered ` +
          "on this node",
    );
  }
  return new ClientNotRegistered(
    `${describeCaller(caller)}${from} is not registered on this node${nothing}`,
  );
}

function describeCaller({ client, host, doubt }: Caller): string {
  const why = doubt === undefined ? "" : ` (of which only a key would prove who it is: ${doubt})`;
  return (client === undefined ? "a caller" : `client ${quoteBriefly(client)}`) +
    ` from ${host}${why}`;
}

/** Whether a connection comes from this machine, and not from one of the node's own scripts. */
export function isThisMachine({ host, doubt }: Origin): boolean {
  return doubt === undefined && isLoopback(host);
}

/** Whether an address is a loopback address. */
export function isLoopback(host: string): boolean {
  return host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}
