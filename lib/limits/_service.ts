/** The bounds of one service: what it gets, and what it may ask for. */
import { KiB, MiB } from "./units.ts";

const second = 1000;

/** What a service gets that asks for nothing else, by the names of a manifest's limits. */
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

/** What a service may ask for at most, where the node's operator sets no other bound. */
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

/** The least that is any use, of a service and of a node itself, by field; of all others it is 1. */
export const leastUseful: Readonly<Record<string, number>> = {
  /** Scheduling alone takes a busy machine some milliseconds. */
  timeoutMs: 10,
  /** V8 starts with 8 MiB and not with 4 (measured), and holds nothing then. */
  heapBytes: 16 * MiB,
  /** The runtime alone takes 18 to 50 MiB of it (measured). */
  memoryBytes: 64 * MiB,
  /** Room for a few values. */
  resultBytesMax: 1 * KiB,
  /** One client may have half, and a message of 128 KiB, which every peer must take, costs six times that in JSON. */
  nodeMemoryBytesMax: 2 * MiB,
  /** A caller keeps its connection, and its deployer needs one, too. */
  connectionsMax: 2,
};
