/** What sockets of raw IP and UDP take. Part of `limits`. */
import { MiB } from "./units.ts";

export const packetBounds = {
  /**
   * Bytes of packets that the system is asked to keep for a socket: its usual 208 KiB lose packets under load. It gives what
   * it may.
   */
  packetSocketBytes: 8 * MiB,
  /** So many times 64 packets of one socket are taken before everything else has its turn. */
  packetBatchesPerTurn: 8,
  /** Connections that wait to be accepted; more are closed. */
  packetBacklogMax: 1024,
  /** What the system says of packets that cannot be sent is heeded so often: an answer to it may end alike. */
  packetErrorPauseMs: 200,
  /** One wait for packets ends after so long, where nothing comes. */
  packetWaitMs: 1000,
  /** While packets come closer to one another than the first, the next is looked for so long before anybody waits again. */
  packetGapQuickMs: 1,
  packetLookMs: 0.15,
  /** So many looks at most are left out after as many that found nothing. */
  packetLooksSkippedMax: 8,
} as const;
