/** The rpcs of other services that a service's scripts may call, and their providers. Pure. */
import { isObject } from "../encoding/mod.ts";
import { DeployRejected } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { compileSignature } from "../types/mod.ts";
import { type CalledNode, isCalledNode } from "./called_node.ts";

/** Rpcs of one service that another service's scripts may call. */
export interface GrantedCalls {
  readonly service: string;
  readonly rpcs: readonly string[];
  /** Other nodes that provide it; undefined if only this node is called. */
  readonly nodes?: readonly CalledNode[];
  /** The overloads of these rpcs, if this node does not provide the service. */
  readonly overloads?: readonly CalledOverload[];
}

/** An overload of a called service. */
export interface CalledOverload {
  readonly rpc: string;
  readonly args: readonly string[];
  readonly returns: readonly string[];
  readonly isIdempotent?: true;
}

/** The part of a service that calls need. */
interface CallableService {
  readonly name: string;
  readonly overloads: readonly CalledOverload[];
  readonly calls?: readonly GrantedCalls[];
}

/** An overload that scripts may call. */
export interface CallTarget {
  readonly service: string;
  readonly rpc: string;
  readonly args: readonly string[];
  readonly returns: readonly string[];
}

/** Checks the `calls` of a service from another machine. */
export function checkCalls(value: unknown, service: string): { calls?: GrantedCalls[] } {
  if (value === undefined) return {};
  const isWhole = Array.isArray(value) && value.length > 0 && value.length <= limits.servicesMax &&
    value.every(isGrantedCalls) && isWithoutDoubles(value.map((granted) => granted.service));
  if (!isWhole) {
    throw new DeployRejected(
      `the calls of service "${service}" cannot be used; use the same version of farcall on both sides`,
    );
  }
  return { calls: (value as GrantedCalls[]).map(grantedCalls) };
}

/** Reduces the grants to their known fields, in canonical order. */
function grantedCalls({ service, rpcs, nodes, overloads }: GrantedCalls): GrantedCalls {
  return {
    service,
    rpcs,
    ...(nodes && { nodes }),
    ...(overloads && { overloads: overloads.map(calledOverload) }),
  };
}

function calledOverload({ rpc, args, returns, isIdempotent }: CalledOverload): CalledOverload {
  return { rpc, ...compiled({ args, returns }), ...(isIdempotent && { isIdempotent }) };
}

/** @throws {DeployRejected} If a type is not a type expression. */
function compiled(types: Pick<CalledOverload, "args" | "returns">) {
  try {
    const { args, returns } = compileSignature(types);
    return { args, returns };
  } catch (cause) {
    throw new DeployRejected("the types of a called rpc cannot be used", { cause });
  }
}

function isGrantedCalls(value: unknown): value is GrantedCalls {
  if (!isObject(value)) return false;
  const { nodes, overloads, ...rest } = value;
  return isGrant(rest) && (nodes === undefined || isCalledNodes(nodes)) &&
    (overloads === undefined ||
      nodes !== undefined && Array.isArray(overloads) && overloads.length > 0 &&
        overloads.length <= limits.callTargetsMax && overloads.every(isCalledOverload));
}

/** Whether a value from another machine consists of a service and some of its rpcs. */
export function isGrant(value: unknown): value is Pick<GrantedCalls, "service" | "rpcs"> {
  if (!isObject(value)) return false;
  const { service, rpcs, ...others } = value;
  return Object.keys(others).length === 0 && isName(service) && Array.isArray(rpcs) &&
    rpcs.length > 0 && rpcs.length <= limits.overloadsPerServiceMax && rpcs.every(isName) &&
    isWithoutDoubles(rpcs);
}

function isCalledNodes(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.length <= limits.calledNodesMax &&
    value.every(isCalledNode) && isWithoutDoubles(value.map(({ name }) => name));
}

function isCalledOverload(value: unknown): value is CalledOverload {
  if (!isObject(value)) return false;
  const { rpc, args, returns, isIdempotent, ...others } = value;
  return Object.keys(others).length === 0 && isName(rpc) && isTypes(args) && isTypes(returns) &&
    (isIdempotent === undefined || isIdempotent === true);
}

function isTypes(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((type) => typeof type === "string");
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= limits.nameLengthMax;
}

function isWithoutDoubles(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}

/**
 * Checks that every rpc that a node's scripts may call runs on the node or on a known other node.
 *
 * @throws {DeployRejected} For the first rpc that does not.
 */
export function checkCallTargets(services: readonly CallableService[]): void {
  const targetCountMax = limits.callTargetsMax;
  for (const { name, calls = [] } of services) {
    for (const granted of calls) {
      const overloads = calledOverloads(granted, services);
      const missing = granted.rpcs.find((rpc) => !overloads.some((each) => each.rpc === rpc));
      if (missing === undefined) continue;
      throw new DeployRejected(
        `service "${name}" may call ${granted.service}.${missing}, but neither this node nor another that the manifest names provides it; run init again`,
      );
    }
    const { length } = callTargets({ calls }, services);
    if (length <= targetCountMax) continue;
    throw new DeployRejected(
      `service "${name}" may call ${length} overloads, at most ${targetCountMax} are allowed`,
    );
  }
}

/** The overloads that a service's scripts may call, in an order that depends on them alone. */
export function callTargets(
  { calls = [] }: Pick<CallableService, "calls">,
  services: readonly CallableService[],
): CallTarget[] {
  return calls.flatMap((granted) =>
    calledOverloads(granted, services).map(({ rpc, args, returns }): CallTarget => ({
      service: granted.service,
      rpc,
      args,
      returns,
    }))
  );
}

/**
 * The overloads of one service that may be called: this node's own if it provides the service, else those in the
 * manifest.
 */
export function calledOverloads(
  { service, rpcs, overloads = [] }: GrantedCalls,
  services: readonly CallableService[],
): CalledOverload[] {
  const own = services.find(({ name }) => name === service);
  return (own?.overloads ?? overloads).filter(({ rpc }) => rpcs.includes(rpc));
}
