/** The bounds and times of the transport over raw IP and UDP; docs/raw-ip.md says why they are what they are. */
import { KiB, MiB } from "./units.ts";

const second = 1000;

export const rawIp = {
  /** Connections of an endpoint, and of one address there. */
  connectionsMax: 16_384,
  connectionsPerAddressMax: 4096,
  /** Ended connections that are remembered, and for how long: longer than any id is good for, or a peer tries. */
  endedConnectionsMax: 65_536,
  endedConnectionMs: 16 * second,
  /** An id that a server gives is good for this slot of time and the next one. */
  cookieSlotMs: 8 * second,
  /** RESETs a second for ids that nobody knows, and for ones that have ended. */
  resetsPerSecondMax: 100,
  finishedResetsPerSecondMax: 1000,
  /** The first HELLO is repeated after this, then after twice that …, at most. */
  helloRetryMs: 250,
  helloRetryMsMax: 1 * second,
  /** Bytes that are taken from one connection before they are read: at first, and at most; and from all of them. */
  windowBytesFirst: 64 * KiB,
  windowBytesMax: 8 * MiB,
  windowBytesPerProcessMax: 256 * MiB,
  /** Bytes that wait to be sent on one connection, at least and at most: else four times what may be under way. */
  sendBytesMin: 256 * KiB,
  sendBytesMax: 8 * MiB,
  /** Pieces of data that have arrived out of order, with gaps between. */
  gapsMax: 1024,
  /** Memory comes in chunks of this size; so many are kept for the next use. */
  chunkBytes: 16 * KiB,
  spareChunksMax: 512,
  /** Packets that are under way and not yet acknowledged; a power of two. */
  packetsInFlightMax: 32_768,
  /** Ranges of received packet numbers that are remembered. */
  ackRangesMax: 64,
  /** An acknowledgement waits this long for company, unless so many packets have come, or more where windows are large, or so many bytes. */
  ackDelayMs: 5,
  ackPacketsMax: 8,
  ackPacketsMaxLarge: 16,
  ackBytesMax: 48 * KiB,
  /** Packets that overtake another before that counts as lost: at first, and where paths are seen to reorder more. */
  reorderedPackets: 3,
  reorderedPacketsMax: 256,
  /** Round trips after which what was seen of reordering is half forgotten. */
  reorderingRoundTrips: 16,
  /** The probe timeout before the round trip is known, and how far it grows, unless two of the first are more. */
  probeTimeoutMsFirst: 1 * second,
  probeTimeoutMsMax: 1 * second,
  /** A peer that owes an answer and is not heard of for so long is given up, but never before so many probes. */
  silentMs: 15 * second,
  silentProbesMin: 4,
  /** An accepted connection on which nothing comes for this long is asked for a sign of life. */
  idlePingMs: 60 * second,
  /** A closed connection may take so long to deliver what was written. */
  closeLingerMs: 60 * second,
  /** IP packets that every path must carry, and those that are tried. */
  mtuMin: 1280,
  mtuEthernet: 1500,
  mtuMax: 65_535,
  /** After a black hole, or when the search is done, larger packets are tried again after this. */
  mtuBlackHoleMs: 60 * second,
  mtuRaiseMs: 600 * second,
  /** Below this round trip packets are not paced: timers are too coarse, and what waits does so in the peer's socket. */
  pacedRttMsMin: 1,
  /** So many packets, without a pause of so long, may wait for others for this share of a round trip, at most so long. */
  coalescePackets: 16,
  coalescePauseMs: 5,
  coalesceShare: 1 / 10,
  coalesceMsMax: 2,
  /** The smallest rtt that is waited for before a packet counts as lost. */
  lossTimeMsMin: 1,
  /** The round trip's minimum is that of the last so many ms. */
  minRttWindowMs: 10 * second,
  /** Bytes without a loss after which datagrams grow beyond the path's MTU, and after a loss. */
  largeDatagramBytesFirst: 1 * MiB,
  largeDatagramBytesAgain: 16 * MiB,
} as const;
