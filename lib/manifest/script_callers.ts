/** Other nodes' scripts that may call this node's services, grouped by their service. Pure. */
import { isObject } from "../encoding/mod.ts";
import { DeployRejected } from "../errors/mod.ts";
import { AddressRange, isPublicKey, type PublicKey } from "../identity/mod.ts";
import { limits } from "../limits/mod.ts";
import { type GrantedCalls, isGrant } from "./granted_calls.ts";

/** A calling node, identified by an address, a key, or both. */
export interface CallingNode {
  /** Its name in init.yaml. */
  readonly name: string;
  /** The address, or `localhost`. */
  readonly ip?: string;
  /** The key that it must prove. */
  readonly key?: PublicKey;
}

/** A service whose scripts call from other nodes; {@linkcode scriptClient} gives its client name. */
export interface ScriptCaller {
  readonly service: string;
  readonly nodes: readonly CallingNode[];
  /** The only rpcs that they may call here. */
  readonly calls: readonly Pick<GrantedCalls, "service" | "rpcs">[];
}

/** The client name under which a service's scripts call other services; no configured client can have such a name. */
export function scriptClient(service: string): string {
  return `service:${service}`;
}

/**
 * Checks the manifest's script callers.
 *
 * @throws {DeployRejected} If they are malformed.
 */
export function checkCallers(value: unknown): { callers?: ScriptCaller[] } {
  if (value === undefined) return {};
  const isWhole = Array.isArray(value) && value.length > 0 && value.length <= limits.servicesMax &&
    value.every(isScriptCaller) &&
    new Set(value.map(({ service }) => service)).size === value.length;
  if (!isWhole) {
    throw new DeployRejected(
      "the services of other nodes that may call this one cannot be used; use the same version of farcall on both sides",
    );
  }
  const callers = (value as ScriptCaller[]).map(({ service, nodes, calls }) => ({
    service,
    nodes: nodes.map(({ name, ip, key }) => ({ name, ...(ip && { ip }), ...(key && { key }) })),
    calls: calls.map(({ service, rpcs }) => ({ service, rpcs })),
  }));
  return { callers };
}

function isScriptCaller(value: unknown): value is ScriptCaller {
  if (!isObject(value)) return false;
  const { service, nodes, calls, ...others } = value;
  return Object.keys(others).length === 0 && isName(service) &&
    isList(nodes, limits.callingNodesMax) && nodes.every(isCallingNode) &&
    isList(calls, limits.servicesMax) && calls.every(isGrant);
}

function isCallingNode(value: unknown): value is CallingNode {
  if (!isObject(value)) return false;
  const { name, ip, key, ...others } = value;
  return Object.keys(others).length === 0 && isName(name) && (ip ?? key) !== undefined &&
    (ip === undefined || typeof ip === "string" && AddressRange.parse(ip)?.text === ip) &&
    (key === undefined || isPublicKey(key));
}

function isList(value: unknown, lengthMax: number): value is unknown[] {
  return Array.isArray(value) && value.length > 0 && value.length <= lengthMax;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= limits.nameLengthMax;
}
