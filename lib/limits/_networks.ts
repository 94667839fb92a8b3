/** The bounds and times of what carries calls besides TCP, and of fleets. Part of `limits`. */
import { KiB, MiB } from "./units.ts";

const second = 1000;

/** The bounds and times of connections through NATS; docs/fleet.md says what they mean to a person. */
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

/** The bounds and times of fleets that meet at a NATS server; docs/fleet.md says what they mean to a person. */
export const fleet = {
  /** A node says that it is there this often. */
  hereEveryMs: 10 * second,
  /** A node that is silent for so long is gone: two announcements were lost. */
  goneAfterMs: 25 * second,
  /** What it said last is kept in the store this often, for absences: a write each. */
  keptEveryMs: 60 * second,
  /** A node looks for a new desired state this often, where no poke has come; give or take a fourth. */
  pollEveryMs: 30 * second,
  /** A state that cannot be taken is tried again after this, twice that, and so on. */
  retryFirstMs: 1 * second,
  retryMaxMs: 600 * second,
  /** Scripts and contents larger than this are stored in parts: a server takes 1 MiB in a message. */
  blobPartBytes: 512 * KiB,
  /** What an announcement of a state carries of scripts and content; every node of the fleet gets it. */
  announcementBytesMax: 64 * KiB,
  /** The content of a desired state. */
  contentBytesMax: 64 * MiB,
  /** Desired states that the store keeps: to go back to one, and as a node keeps generations. */
  statesKept: 16,
  /** The number of a desired state; what claims more is not believed. */
  stateMax: 2 ** 40,
  /** What no kept state names is removed from the store when it is so old: a deployment under way may name it soon. */
  unusedKeptMs: 60 * 60 * second,
  /** A node that left is listed as absent for so long, and one that vanished. */
  leftKeptMs: 7 * 24 * 60 * 60 * second,
  vanishedKeptMs: 30 * 24 * 60 * 60 * second,
  /** Whether another program holds a node's name is waited for at most so long. */
  holderMs: 500,
  /** Characters of why a node cannot follow. */
  problemLengthMax: 2 * KiB,
  /** Scripts that a node fetches at the same time. */
  fetchesAtOnceMax: 16,
  /** The first node that answers is waited for so long: a busy machine takes its time. */
  rosterFirstMs: 1 * second,
  /** More are waited for at least this long after each, at most this long, and as long as the answers took so far. */
  rosterQuietMs: 300,
  rosterQuietMaxMs: 1 * second,
  /** And at most this long in all. */
  rosterMaxMs: 3 * second,
  /** The nodes of one fleet. */
  nodesMax: 10_000,
  /** What a node says of itself. */
  presenceBytesMax: 16 * KiB,
  /** Addresses that a node announces, and that callers try before NATS. */
  addressesMax: 4,
  /** A node's labels. */
  labelsMax: 64,
} as const;

/** What sockets of raw IP and UDP take. */
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

/** The bounds and times of the transport over raw IP and UDP; docs/raw-ip.md says why they are what they are. */
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
