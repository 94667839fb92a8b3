/** The bounds and times of transports besides TCP, and of fleets. Part of `limits`. */
import { KiB, MiB } from "./units.ts";

const second = 1000;

/** The bounds and times of connections through NATS; docs/fleet.md explains their effects. */
export const nats = {
  /** Bytes of a server's first line, in which a large cluster lists all its addresses. */
  infoBytesMax: 64 * KiB,
  /** Bytes queued for the server before writers must wait. */
  queuedBytesHigh: 1 * MiB,
  /** The pause before reconnecting. */
  reconnectMs: 250,
  /** A server that a node has not reached yet is retried after the first, doubling up to the second. */
  retryFirstMs: 250,
  retryMaxMs: 10 * second,
  /** A server that is silent for this long is pinged; after two unanswered pings it counts as dead. */
  pingMs: 10 * second,
  /** How long a closing connection waits for its last messages to be sent. */
  flushMs: 500,
  /** Bytes of a session in one message: more would delay other sessions. */
  messageBytesMax: 128 * KiB,
  /**
   * Bytes that a session may have in flight in one direction: before the first was read, and the least and most
   * afterwards.
   */
  windowBytesFirst: 64 * KiB,
  windowBytesMin: 32 * KiB,
  windowBytesMax: 1 * MiB,
  /** The windows of all sessions together: a server disconnects a reader with 64 MiB pending. */
  windowBytesPerLinkMax: 32 * MiB,
  /** A session on which nothing arrived for this long is pinged. */
  probeMs: 2 * second,
  /** The head start of a node's announced addresses before NATS; in the same network they answer sooner. */
  announcedHeadStartMs: 100,
  /** A node that does not answer a ping within this is reported without a round-trip time. */
  roundTripMaxMs: 2 * second,
  /** Sessions opened but not yet accepted. */
  backlogMax: 256,
} as const;

/** The bounds and times of fleets at a NATS server; docs/fleet.md explains their effects. */
export const fleet = {
  /** The interval of a node's announcements. */
  hereEveryMs: 10 * second,
  /** A node that is silent for this long counts as gone: two announcements were lost. */
  goneAfterMs: 25 * second,
  /** The interval at which its announcement is also stored, to remember absent nodes. */
  keptEveryMs: 60 * second,
  /** The interval at which a node looks for a new desired state without an announcement, ± a quarter. */
  pollEveryMs: 30 * second,
  /** A state that cannot be reached is retried after the first, doubling up to the second. */
  retryFirstMs: 1 * second,
  retryMaxMs: 600 * second,
  /** Larger scripts and contents are stored in parts, because a server accepts 1 MiB in a message. */
  blobPartBytes: 512 * KiB,
  /** Bytes of scripts and content in an announcement, which every node of the fleet receives. */
  announcementBytesMax: 64 * KiB,
  /** Bytes of a desired state's content. */
  contentBytesMax: 64 * MiB,
  /** Desired states that the store keeps for rollbacks, like a node's generations. */
  statesKept: 16,
  /** The highest number of a desired state; larger ones are rejected. */
  stateMax: 2 ** 40,
  /**
   * The age at which unreferenced entries are removed from the store: a deployment in progress may refer to younger
   * ones.
   */
  unusedKeptMs: 60 * 60 * second,
  /** How long a node that left, and one that vanished, is listed as absent. */
  leftKeptMs: 7 * 24 * 60 * 60 * second,
  vanishedKeptMs: 30 * 24 * 60 * 60 * second,
  /** How long a joining node waits to learn whether another program holds its name. */
  holderMs: 500,
  /** Characters of the reason why a node cannot follow. */
  problemLengthMax: 2 * KiB,
  /** Scripts that a node fetches concurrently. */
  fetchesAtOnceMax: 16,
  /** How long to wait for the first node's answer. */
  rosterFirstMs: 1 * second,
  /** The least and the longest wait for further answers after each; in between, as long as the answers took so far. */
  rosterQuietMs: 300,
  rosterQuietMaxMs: 1 * second,
  /** The longest wait for all answers. */
  rosterMaxMs: 3 * second,
  /** The nodes of one fleet. */
  nodesMax: 10_000,
  /** Bytes of a node's announcement. */
  presenceBytesMax: 16 * KiB,
  /** Addresses that a node announces, which callers try before NATS. */
  addressesMax: 4,
  /** A node's labels. */
  labelsMax: 64,
} as const;

/** Bounds of raw IP and UDP sockets. */
export const packetBounds = {
  /**
   * The requested receive buffer of a socket in bytes: the usual 208 KiB lose packets under load. The system may grant
   * less.
   */
  packetSocketBytes: 8 * MiB,
  /** Batches of 64 packets received from one socket before other work has its turn. */
  packetBatchesPerTurn: 8,
  /** Connections waiting to be accepted; more are closed. */
  packetBacklogMax: 1024,
  /** Consecutive send errors that are handled: handling one may cause another. */
  packetErrorPauseMs: 200,
  /** The longest single wait for packets. */
  packetWaitMs: 1000,
  /** While packets arrive at shorter intervals than the first, the socket is polled this long before waiting again. */
  packetGapQuickMs: 1,
  packetLookMs: 0.15,
  /** The most polls skipped after as many fruitless ones. */
  packetLooksSkippedMax: 8,
} as const;

/** The bounds and times of the transport over raw IP and UDP; docs/raw-ip.md explains them. */
export const rawIp = {
  /** Connections of an endpoint, and of one address there. */
  connectionsMax: 16_384,
  connectionsPerAddressMax: 4096,
  /** Ended connections that are remembered, and for how long: longer than any id is valid, or a peer retries. */
  endedConnectionsMax: 65_536,
  endedConnectionMs: 16 * second,
  /** A server's id is valid for this time slot and the next one. */
  cookieSlotMs: 8 * second,
  /** RESETs per second for unknown ids, and for ended ones. */
  resetsPerSecondMax: 100,
  finishedResetsPerSecondMax: 1000,
  /**
   * HELLOs that are answered per second: of one address in any case (addresses are counted in so many buckets), of one
   * address at most, and of all in the rest. Answering costs ten times as much as ignoring; and answers to addresses
   * that nobody has, which the system keeps for 3 s, must leave room in the socket's 8 MiB.
   */
  acceptsPerAddressLeast: 2,
  acceptBuckets: 1024,
  acceptsPerAddressMax: 1000,
  acceptsPerSecondMax: 2000,
  /**
   * Replies to HELLOs and unknown ids that wait to be sent; more are dropped, as in a flood. And how many of them go
   * before the packets of connections in each batch of 64.
   */
  repliesMax: 1024,
  repliesFirst: 8,
  /** The first HELLO is repeated after this, then after doubling intervals up to the second. */
  helloRetryMs: 250,
  helloRetryMsMax: 1 * second,
  /**
   * A node is unreachable after so many reports: since Linux 6.13, a raw socket whose buffer is full causes them, too.
   * After each, HELLO is repeated a bit later.
   */
  unreachableReportsMax: 3,
  unreachableRetryMs: 40,
  /** Unread bytes accepted from one connection: initially, and at most; and from all of them. */
  windowBytesFirst: 64 * KiB,
  windowBytesMax: 8 * MiB,
  windowBytesPerProcessMax: 256 * MiB,
  /**
   * Bytes waiting to be sent on one connection, at least and at most; in between, four windows. But at most this share
   * of what the connections of the process leave of its sum, or a chunk.
   */
  sendBytesMin: 256 * KiB,
  sendBytesMax: 8 * MiB,
  sendBytesPerProcessMax: 128 * MiB,
  sendShare: 1 / 8,
  /** Pieces of data received out of order, with gaps in between. */
  gapsMax: 1024,
  /** Memory is allocated in chunks of this size; this many are retained for reuse. */
  chunkBytes: 16 * KiB,
  spareChunksMax: 512,
  /** Packets in flight; a power of two. */
  packetsInFlightMax: 32_768,
  /** Remembered ranges of received packet numbers. */
  ackRangesMax: 64,
  /**
   * An acknowledgement is delayed by this, unless this many packets have arrived, or more with large windows, or this
   * many bytes.
   */
  ackDelayMs: 5,
  ackPacketsMax: 8,
  ackPacketsMaxLarge: 16,
  ackBytesMax: 48 * KiB,
  /** Packets that overtake another before it counts as lost: initially, and at most on reordering paths. */
  reorderedPackets: 3,
  reorderedPacketsMax: 256,
  /** Round trips after which half of the learned reordering is forgotten. */
  reorderingRoundTrips: 16,
  /** The probe timeout before the round trip is known, and its maximum, unless twice the base timeout is more. */
  probeTimeoutMsFirst: 1 * second,
  probeTimeoutMsMax: 1 * second,
  /** A peer that owes a reply and is silent for this long is given up, but never before this many probes. */
  silentMs: 15 * second,
  silentProbesMin: 4,
  /** An accepted connection that is silent for this long is pinged. */
  idlePingMs: 60 * second,
  /**
   * A closed connection has this long to deliver what was written. An endpoint keeps so many of them; then the oldest
   * end at once.
   */
  closeLingerMs: 60 * second,
  closingMax: 1024,
  /** IP packets that every path must carry, and those that are probed. */
  mtuMin: 1280,
  mtuEthernet: 1500,
  mtuMax: 65_535,
  /** After a black hole, or a completed search, larger packets are probed again after this. */
  mtuBlackHoleMs: 60 * second,
  mtuRaiseMs: 600 * second,
  /** Below this round trip packets are not paced: timers are too coarse, and the peer's socket is the queue. */
  pacedRttMsMin: 1,
  /**
   * After this many packets without a pause of this length, packets may wait for others for this share of a round trip,
   * at most this long.
   */
  coalescePackets: 16,
  coalescePauseMs: 5,
  coalesceShare: 1 / 10,
  coalesceMsMax: 2,
  /** The minimum rtt that is waited before a packet counts as lost. */
  lossTimeMsMin: 1,
  /** The round trip's minimum covers this many ms. */
  minRttWindowMs: 10 * second,
  /** Bytes without a loss after which datagrams grow beyond the path's MTU, and after a loss. */
  largeDatagramBytesFirst: 1 * MiB,
  largeDatagramBytesAgain: 16 * MiB,
} as const;
