/** The bounds of services and their executors. Part of `limits`. */
import { KiB, MiB } from "./units.ts";

const second = 1000;

/** The default limits of a service, by the names of a manifest's limits. */
export const serviceDefaults = {
  timeoutMs: 5 * 60 * second,
  heapBytes: 256 * MiB,
  memoryBytes: 512 * MiB,
  callsMax: 1024,
  queueMax: 4096,
  instances: 1,
  idleMs: 5 * 60 * second,
  resultBytesMax: 16 * MiB,
  logLinesPerSecondMax: 200,
} as const;

/** The highest limits that a service may request, unless the node's operator sets other bounds. */
export const serviceBounds = {
  timeoutMs: 24 * 60 * 60 * second,
  heapBytes: 4 * 1024 * MiB,
  memoryBytes: 8 * 1024 * MiB,
  callsMax: 65_536,
  queueMax: 65_536,
  instances: 64,
  idleMs: 24 * 60 * 60 * second,
  resultBytesMax: 16 * MiB,
  logLinesPerSecondMax: 10_000,
} as const;

/** The lowest usable limits of a service and of a node itself, by field; 1 for all others. */
export const leastUseful: Readonly<Record<string, number>> = {
  /** Scheduling alone takes a busy machine some milliseconds. */
  timeoutMs: 10,
  /** V8 starts with 8 MiB and not with 4 (measured), and then has no room for values. */
  heapBytes: 16 * MiB,
  /** The runtime alone takes 18 to 50 MiB of it (measured). */
  memoryBytes: 64 * MiB,
  /** Room for a few values. */
  resultBytesMax: 1 * KiB,
  /** One client may have half, and a message of 128 KiB, which every peer must accept, costs six times that in JSON. */
  nodeMemoryBytesMax: 2 * MiB,
  /** A caller keeps its connection, and its deployer needs one, too. */
  connectionsMax: 2,
};

/** The bounds of scripts: of the calls that they make, and of their output. */
export const scriptCallLimits = {
  /** The depth of nested script calls, across all nodes: it ends loops, and no honest chain is longer. */
  scriptCallDepthMax: 16,
  /** Overloads that the scripts of one service may call: each executor reads them at its start. */
  callTargetsMax: 1024,
  /** Other nodes on which scripts may call one service: a call chooses among all of them. */
  calledNodesMax: 1024,
  /** Nodes from which the scripts of one service may call another node. */
  callingNodesMax: 10_000,
  /** Characters of the certificates that verify a called node. */
  calledNodeAuthoritiesLengthMax: 256 * KiB,
  /** Connections that a node keeps to the providers called by one service's scripts: each takes a descriptor. */
  scriptConnectionsMax: 64,
  /** How long a node keeps connections for a service whose scripts make no calls, in milliseconds. */
  scriptConnectionsIdleMs: 60_000,
  /** Services whose scripts have connections to other nodes; beyond, the least recently used are closed. */
  scriptPoolsMax: 64,
} as const;

export const consoleBounds = {
  /** Bytes of one console line of a script in the log. */
  scriptLogLineBytesMax: 8 * KiB,
  /** How long formatting one value may take: it stops at the next part. */
  scriptLogShowMs: 250,
  /** Labelled counters, and timers, of one call's console. */
  consoleLabelsMax: 1000,
  /** Levels of `console.group` that indent a line. */
  consoleIndentMax: 20,
};

/** The bounds of a node's executors, their starts and tests, and the wait for one. */
export const executorBudget = {
  /** Concurrent starts of executors; more would only slow each other down. */
  executorStartsAtOnceMax: 4,
  /** Executors of a node; Infinity means as many as its memory and descriptors allow. */
  executorsMax: Infinity,
  /** That number is this share of the memory, divided by this much each (measured: 14 to 18 MiB). */
  executorsMemoryShare: 0.5,
  executorCostBytes: 18 * MiB,
  /** The interval at which other services are asked to release an executor while a service waits. */
  executorTurnMs: 1 * second,
  /** Calls that wait in vain fail this long before their deadline, or a tenth of it. */
  placeLeadMs: 500,
  /** New services that a deployment starts concurrently. */
  trialsAtOnceMax: 16,
  /** Executors that a deployment leaves running for first calls; others start on first use. */
  executorsWarmMax: 16,
  /** A starting executor must have loaded its scripts within this. */
  executorStartTimeoutMs: 10 * second,
  /** An executor that does not stop within this is killed. */
  executorStopTimeoutMs: 2 * second,
  /** An executor whose link broke has usually exited: it is killed if its status does not arrive within this. */
  executorExitTimeoutMs: 1 * second,
  /**
   * An executor that used this much processor time without answering a ping is killed, unless a call may keep it busy.
   */
  executorUnresponsiveMs: 500,
  /** An executor that has not answered for this long is checked. */
  executorDoubtMs: 50,
  /** It is killed after this if the system does not report its processor time. */
  executorSilentMs: 2 * second,
  /** It is killed after this regardless of processor time, because it may be stopped. */
  executorStillMs: 10 * second,
  /** A silent executor is pinged after this: with calls in between, and without. */
  executorQuietMs: 250,
  executorQuietMsMax: 5 * second,
  /** The first and the longest pause between starts of an executor that dies on start. */
  executorBackOffMsFirst: 100,
  executorBackOffMsMax: 30 * second,
} as const;
