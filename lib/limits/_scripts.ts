import { KiB } from "./units.ts";

/** The bounds of scripts: of the calls that they make, and of what they print. */
export const scriptCallLimits = {
  /** How deep scripts call each other, over all nodes: loops end, and no honest chain is longer. */
  scriptCallDepthMax: 16,
  /** Overloads that the scripts of one service may call: each executor reads them at its start. */
  callTargetsMax: 1024,
  /** Other nodes on which scripts may call one service: a call chooses among all of them. */
  calledNodesMax: 1024,
  /** Nodes from which the scripts of one service may call another node. */
  callingNodesMax: 10_000,
  /** Characters of the certificates by which a called node is known. */
  calledNodeAuthoritiesLengthMax: 256 * KiB,
  /** Connections that a node keeps to the providers that the scripts of one service call: each takes a descriptor. */
  scriptConnectionsMax: 64,
  /** How long a node keeps connections for the scripts of a service that call nothing, in milliseconds. */
  scriptConnectionsIdleMs: 60_000,
  /** Services whose scripts have connections to other nodes at once; of more, those unused for the longest time are closed. */
  scriptPoolsMax: 64,
} as const;

export const consoleBounds = {
  /** Bytes of one console line of a script in the log. */
  scriptLogLineBytesMax: 8 * KiB,
  /** How long showing one value may take: it stops at the next part of it. */
  scriptLogShowMs: 250,
  /** Counters, and timers, that the console of one call keeps by their labels. */
  consoleLabelsMax: 1000,
  /** Levels of `console.group` that indent a line. */
  consoleIndentMax: 20,
};
