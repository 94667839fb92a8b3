/** Which other services' rpcs the scripts of a service may call, and what these are on a node. Pure. */
import { DeployRejected } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { compileSignature } from "../types/mod.ts";

/** Rpcs of one service that scripts of another may call. */
export interface GrantedCalls {
  readonly service: string;
  readonly rpcs: readonly string[];
}

/** A service as far as calls go. */
interface CallableService {
  readonly name: string;
  readonly overloads: readonly Omit<CallTarget, "service">[];
  readonly calls?: readonly GrantedCalls[];
}

/** An overload that scripts may call. */
export interface CallTarget {
  readonly service: string;
  readonly rpc: string;
  readonly args: readonly string[];
  readonly returns: readonly string[];
}

/** Checks a service's `calls`, which came from elsewhere. */
export function checkCalls(value: unknown, service: string): { calls?: GrantedCalls[] } {
  if (value === undefined) return {};
  const isWhole = Array.isArray(value) && value.length > 0 && value.length <= limits.servicesMax &&
    value.every(isGrantedCalls) && isWithoutDoubles(value.map((granted) => granted.service));
  if (!isWhole) {
    throw new DeployRejected(
      `the calls of service "${service}" cannot be used; use the same version of farcall on both sides`,
    );
  }
  const calls = (value as GrantedCalls[]).map(({ service, rpcs }) => ({ service, rpcs }));
  return { calls };
}

function isGrantedCalls(value: unknown): value is GrantedCalls {
  if (typeof value !== "object" || value === null) return false;
  const { service, rpcs, ...others } = value as Record<string, unknown>;
  return Object.keys(others).length === 0 && isName(service) && Array.isArray(rpcs) &&
    rpcs.length > 0 && rpcs.length <= limits.overloadsPerServiceMax && rpcs.every(isName) &&
    isWithoutDoubles(rpcs);
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= limits.nameLengthMax;
}

function isWithoutDoubles(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}

/**
 * Checks that a node runs whatever its scripts may call.
 *
 * @throws {DeployRejected} That names the first rpc that it does not run.
 */
export function checkCallTargets(services: readonly CallableService[]): void {
  const targetCountMax = limits.callTargetsMax;
  for (const { name, calls = [] } of services) {
    for (const { service, rpcs } of calls) {
      const called = services.find((each) => each.name === service);
      for (const rpc of rpcs) {
        const overloads = called?.overloads.filter((overload) => overload.rpc === rpc) ?? [];
        if (overloads.some(hasNoStream)) continue;
        throw new DeployRejected(
          `service "${name}" may call ${service}.${rpc}, which this node does not run without streams`,
        );
      }
    }
    const { length } = callTargets({ calls }, services);
    if (length <= targetCountMax) continue;
    throw new DeployRejected(
      `service "${name}" may call ${length} overloads, at most ${targetCountMax} are allowed`,
    );
  }
}

/** The overloads that a service's scripts may call, in an order that depends on nothing else. */
export function callTargets(
  { calls = [] }: Pick<CallableService, "calls">,
  services: readonly CallableService[],
): CallTarget[] {
  return calls.flatMap(({ service, rpcs }) => {
    const overloads = services.find(({ name }) => name === service)?.overloads ?? [];
    return overloads
      .filter((overload) => rpcs.includes(overload.rpc) && hasNoStream(overload))
      .map(({ rpc, args, returns }): CallTarget => ({ service, rpc, args, returns }));
  });
}

function hasNoStream(overload: Omit<CallTarget, "service">): boolean {
  const { argumentStreams, resultStream } = compileSignature(overload);
  return argumentStreams.length === 0 && resultStream === undefined;
}
