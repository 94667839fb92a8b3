/** What the console knows of a node at a moment, and of the traffic between two. */
import type { NodeStatus } from "../protocol/mod.ts";

/**
 * `asking` until it has answered once; `slow` where it does not answer but its connection stands; `down` where it cannot be
 * reached; `refused` where it tells us nothing; `older` where it does not know the question.
 */
export type NodeCondition =
  | "asking"
  | "up"
  | "draining"
  | "slow"
  | "down"
  | "refused"
  | "older";

/** A node as it was last seen. */
export interface NodeState {
  readonly name: string;
  readonly address: string;
  readonly condition: NodeCondition;
  /** Why it is not up; undefined where it is. */
  readonly problem?: string;
  /** The last that it said; kept while it is slow or down. */
  readonly status?: NodeStatus;
  /** Calls of each of its services since the question before. */
  readonly services: readonly ServiceTraffic[];
  /** Calls by service and client; undefined where it does not tell, with the reason in `trafficProblem`. */
  readonly clients?: readonly ClientTraffic[];
  readonly trafficProblem?: string;
}

/** Calls a second. */
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

/** Counts that only grow, until their node starts again. */
export interface CallCounts {
  readonly calls: number;
  readonly failures: number;
}

/** The traffic between two moments. A node that restarted in between counts from 0. */
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
