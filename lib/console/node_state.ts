/** The console's view of a node, and its traffic between two polls. */
import type { NodeStatus } from "../protocol/mod.ts";

/**
 * `asking` until its first answer; `slow` if it does not answer but its connection is open; `down` if it cannot be
 * reached; `refused` if it rejects the request; `older` if it does not know the request.
 */
export type NodeCondition =
  | "asking"
  | "up"
  | "draining"
  | "slow"
  | "down"
  | "refused"
  | "older";

/** A node, as last seen. */
export interface NodeState {
  readonly name: string;
  readonly address: string;
  readonly condition: NodeCondition;
  /** Why it is not up; undefined if it is. */
  readonly problem?: string;
  /** Its last answer; kept while it is slow or down. */
  readonly status?: NodeStatus;
  /** Calls of each of its services since the previous poll. */
  readonly services: readonly ServiceTraffic[];
  /** Calls by service and client; undefined if unavailable, with the reason in `trafficProblem`. */
  readonly clients?: readonly ClientTraffic[];
  readonly trafficProblem?: string;
}

/** Calls per second. */
export interface Traffic {
  readonly callsPerSecond: number;
  readonly failuresPerSecond: number;
}

/** Of one service on a node. */
export interface ServiceTraffic extends Traffic {
  readonly service: string;
}

/** Of one client with one service on a node. */
export interface ClientTraffic extends Traffic {
  readonly client: string;
  readonly service: string;
}

/** Counters that only grow until their node restarts. */
export interface CallCounts {
  readonly calls: number;
  readonly failures: number;
}

/** The traffic between two polls. A node that restarted in between counts from 0. */
export function trafficBetween(
  before: CallCounts | undefined,
  after: CallCounts,
  passedMs: number,
): Traffic {
  const perSecond = (was: number, is: number): number =>
    passedMs <= 0 ? 0 : (is >= was ? is - was : is) * 1000 / passedMs;
  return {
    callsPerSecond: perSecond(before?.calls ?? after.calls, after.calls),
    failuresPerSecond: perSecond(before?.failures ?? after.failures, after.failures),
  };
}
