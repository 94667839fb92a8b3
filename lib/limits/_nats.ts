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
  /** A server that a node has not reached yet is tried again after this, twice that, and so on. */
  retryFirstMs: 250,
  retryMaxMs: 10 * second,
  /** A server that is silent for so long is asked for a sign of life; after two it is given up. */
  pingMs: 10 * second,
  /** What was published last may take so long to be taken before the connection is closed. */
  flushMs: 500,
  /** A message carries so much of a session's bytes: more would let others wait behind it. */
  messageBytesMax: 128 * KiB,
  /** Bytes that a session may have under way to one end, before the first was read, and at least and at most after. */
  windowBytesFirst: 64 * KiB,
  windowBytesMin: 32 * KiB,
  windowBytesMax: 1 * MiB,
  /** The windows of all sessions together: a server ends the connection of a reader with 64 MiB to read. */
  windowBytesPerLinkMax: 32 * MiB,
  /** A session on which nothing came for so long is asked for a sign of life. */
  probeMs: 2 * second,
  /** The head start of a node's announced addresses before NATS; in the same network they answer sooner. */
  announcedHeadStartMs: 100,
  /** A node that does not answer a ping within this is said to be reached, and not how far away it is. */
  roundTripMaxMs: 2 * second,
  /** Sessions that were opened and not yet accepted. */
  backlogMax: 256,
} as const;
