/** The bounds and times of connections through NATS; docs/fleet.md says what they mean to a person. */
import { KiB, MiB } from "./units.ts";

const second = 1000;

export const nats = {
  /** The line with which a server begins: a large cluster names all its addresses there. */
  infoBytesMax: 64 * KiB,
  /** Bytes that wait for the server to read them before writers wait, too. */
  queuedBytesHigh: 1 * MiB,
  /** A broken connection is tried again after this. */
  reconnectMs: 250,
  /** A server that is silent for so long is asked for a sign of life; after two it is given up. */
  pingMs: 10 * second,
} as const;
