/** The status of a node. */
import { isCount, isListOf, isObject } from "../encoding/mod.ts";
import { isPublicKey, type PublicKey } from "../identity/mod.ts";
import type { ServiceIsolation } from "../manifest/mod.ts";

/** The state of an executor: of its process, or `embedded` if it has none, because the node is part of a program. */
export type ExecutorState = "running" | "starting" | "down" | "waiting" | "failing" | "embedded";

/** One executor of a service. */
export interface ExecutorStatus {
  /**
   * `down`: not needed now; `waiting`: for one of the node's executor slots; `failing`: its last start failed, and the
   * next call tries again, or the first one after a pause.
   */
  readonly state: ExecutorState;
  /** Running calls. */
  readonly callsInFlight: number;
  /** Undefined if no process runs. */
  readonly pid?: number;
  /** Its resident memory when last measured; undefined if unknown. */
  readonly memoryBytes?: number;
  /** Why it is `failing`, and when it is tried again, or why it is `waiting`. */
  readonly reason?: string;
}

/** One service on a node. */
export interface ServiceStatus {
  readonly name: string;
  readonly overloads: number;
  /** How its calls are separated; undefined if they share a process, and from versions that do not say. */
  readonly isolation?: ServiceIsolation;
  readonly executors: readonly ExecutorStatus[];
  /** Calls waiting for an executor. */
  readonly waiting: number;
  /** Calls that have ended since the node started, successfully or not. */
  readonly calls: number;
  /** Calls among them that ended with an exception. */
  readonly failures: number;
  /**
   * Latencies over the last one to two minutes, as seen by the node, in milliseconds; undefined if there was no call.
   */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** Why it may not run here; undefined if it may. */
  readonly refusal?: string;
  /** The rpcs of other services that its scripts may call; undefined if none, and from versions that do not say. */
  readonly scriptCalls?: readonly ScriptCallStatus[];
}

/** Rpcs of one service that another service's scripts may call. */
export interface ScriptCallStatus {
  readonly service: string;
  readonly rpcs: readonly string[];
  /** Whether this node provides them, and is preferred. */
  readonly isHere: boolean;
  /** The names of other providers. */
  readonly nodes: readonly string[];
}

/** One node. */
export interface NodeStatus {
  /** Empty if it has none yet. */
  readonly node: string;
  /** E.g. `farcall/0.1.0`. */
  readonly software: string;
  /** E.g. `deno 2.9.6, linux x86_64`. */
  readonly runtime: string;
  readonly pid: number;
  readonly uptimeMs: number;
  /** 0 before the first deployment, and for an embedded node. */
  readonly generation: number;
  /** Whether it is embedded in a program, so that it accepts no deployments; undefined if not. */
  readonly isEmbedded?: true;
  /** The keys whose deployments it accepts; undefined if it accepts those of its own machine. */
  readonly deployKeys?: readonly PublicKey[];
  readonly connections: number;
  readonly callsInFlight: number;
  /** Resident memory of the node's own process, without executors. */
  readonly memoryBytes: number;
  /** Memory held for its callers, and its bound; undefined from versions that do not count it. */
  readonly heldBytes?: number;
  readonly heldBytesMax?: number;
  /** Executors, including processes that start or end, and their bound; undefined if it has none. */
  readonly executors?: number;
  readonly executorsMax?: number;
  /** File descriptors of its process, and their bound; undefined if unbounded or unknown. */
  readonly descriptors?: number;
  readonly descriptorsMax?: number;
  /** Counts of exported and dropped spans; undefined unless it exports traces. */
  readonly spans?: {
    readonly exported: number;
    readonly dropped: number;
    readonly failure?: string;
  };
  readonly isDraining: boolean;
  readonly services: readonly ServiceStatus[];
}

/** Whether a value has the shape of a {@linkcode NodeStatus}, as far as readers depend on it. */
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
