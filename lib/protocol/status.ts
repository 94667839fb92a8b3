/** What a node says of how it is. */
import { isCount, isListOf, isObject } from "../encoding/mod.ts";
import { isPublicKey, type PublicKey } from "../identity/mod.ts";
import type { ServiceIsolation } from "../manifest/mod.ts";

/** How an executor is: its process, or `embedded` where it has none, because the node is part of a program. */
export type ExecutorState = "running" | "starting" | "down" | "waiting" | "failing" | "embedded";

/** One executor of a service. */
export interface ExecutorStatus {
  /** `down`: not needed now; `waiting`: for a place among the executors of the node; `failing`: its last start failed; the next call tries again, or the first one after a wait. */
  readonly state: ExecutorState;
  /** Calls that it runs. */
  readonly callsInFlight: number;
  /** Left out where no process runs. */
  readonly pid?: number;
  /** Its resident memory when it was last looked at; left out where that is not known. */
  readonly memoryBytes?: number;
  /** Why, and when it is tried again, where it is `failing`, or why it is `waiting`. */
  readonly reason?: string;
}

/** One service on a node. */
export interface ServiceStatus {
  readonly name: string;
  readonly overloads: number;
  /** What separates its calls; left out where they share a process, and by versions that do not tell. */
  readonly isolation?: ServiceIsolation;
  readonly executors: readonly ExecutorStatus[];
  /** Calls that wait for an executor. */
  readonly waiting: number;
  /** Calls that have ended since the node started, one way or the other. */
  readonly calls: number;
  /** Those of them that ended with an exception. */
  readonly failures: number;
  /** Of the last one to two minutes, from the node's side, in milliseconds; left out where there was no call. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** Why it may not run here; left out where it may. */
  readonly refusal?: string;
  /** What its scripts may call of other services; left out where nothing, and by versions that do not tell. */
  readonly scriptCalls?: readonly ScriptCallStatus[];
}

/** Rpcs of one service that scripts of another may call. */
export interface ScriptCallStatus {
  readonly service: string;
  readonly rpcs: readonly string[];
  /** Whether this node runs them, and comes first. */
  readonly isHere: boolean;
  /** The names of the other nodes that run them. */
  readonly nodes: readonly string[];
}

/** One node. */
export interface NodeStatus {
  /** Empty where it has none yet. */
  readonly node: string;
  /** E.g. `farcall/0.1.0`. */
  readonly software: string;
  /** E.g. `deno 2.9.6, linux x86_64`. */
  readonly runtime: string;
  readonly pid: number;
  readonly uptimeMs: number;
  /** 0 before the first deployment, and of an embedded node. */
  readonly generation: number;
  /** Whether its services are part of a program, so that it takes no deployments; left out where not. */
  readonly isEmbedded?: true;
  /** The keys whose deployments it takes; left out where it takes those of its own machine. */
  readonly deployKeys?: readonly PublicKey[];
  readonly connections: number;
  readonly callsInFlight: number;
  /** Resident memory of the node's own process, executors not counted. */
  readonly memoryBytes: number;
  /** What it holds for its callers, and how much that may be; left out by versions that do not count it. */
  readonly heldBytes?: number;
  readonly heldBytesMax?: number;
  /** Executors that it has, processes that start or end included, and may have; left out where it has none. */
  readonly executors?: number;
  readonly executorsMax?: number;
  /** File descriptors that its process has, and may have; left out if unbounded or unknown. */
  readonly descriptors?: number;
  readonly descriptorsMax?: number;
  /** What became of its spans; left out unless it exports traces. */
  readonly spans?: {
    readonly exported: number;
    readonly dropped: number;
    readonly failure?: string;
  };
  readonly isDraining: boolean;
  readonly services: readonly ServiceStatus[];
}

/** Whether a value has the shape of a {@linkcode NodeStatus}, as far as anyone would trip over it. */
export function isNodeStatus(value: Record<string, unknown>): boolean {
  return [value.node, value.software, value.runtime].every((text) => typeof text === "string") &&
    typeof value.isDraining === "boolean" && typeof value.uptimeMs === "number" &&
    [value.pid, value.generation, value.connections, value.callsInFlight, value.memoryBytes]
      .every(isCount) &&
    [value.heldBytes, value.heldBytesMax, value.executors, value.executorsMax]
      .concat([value.descriptors, value.descriptorsMax])
      .every((each) => each === undefined || isCount(each)) &&
    (value.spans === undefined ||
      isObject(value.spans) && [value.spans.exported, value.spans.dropped].every(isCount)) &&
    (value.deployKeys === undefined || isListOf(value.deployKeys, isPublicKey)) &&
    isListOf(value.services, isServiceStatus);
}

function isServiceStatus(value: unknown): boolean {
  return isObject(value) && typeof value.name === "string" &&
    [value.overloads, value.waiting, value.calls, value.failures].every(isCount) &&
    (value.isolation === undefined || typeof value.isolation === "string") &&
    (value.scriptCalls === undefined || isListOf(value.scriptCalls, isScriptCallStatus)) &&
    isListOf(
      value.executors,
      (each) => isObject(each) && typeof each.state === "string" && isCount(each.callsInFlight),
    );
}

function isScriptCallStatus(value: unknown): boolean {
  return isObject(value) && typeof value.service === "string" &&
    typeof value.isHere === "boolean" &&
    [value.rpcs, value.nodes].every((list) => isListOf(list, (name) => typeof name === "string"));
}
