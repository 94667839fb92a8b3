/** The bounds of one service: what it gets, and what it may ask for. */
import { MiB } from "./units.ts";

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
