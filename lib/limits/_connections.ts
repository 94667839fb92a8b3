/** The bounds of connections to a node: their number, and the pace of accepting. Part of `limits`. */
import { KiB } from "./units.ts";

const second = 1000;

/** Bounds that one node may override. */
export const connectionChoices = {
  /** Concurrent connections to a node, in all and from one address; operators may change these. */
  connectionsMax: 16_384,
  connectionsPerAddressMax: 4096,
  /** Of these, strangers: without a complete first message, or from no client's address. */
  strangersMax: 2048,
  /** A connection that stays a stranger is closed after this. */
  strangerTimeoutMs: 60 * second,
  /** Total bytes that a node holds for a peer not known as a client. */
  strangerBytesMax: 64 * KiB,
  /** Bytes of such a peer's single message. */
  strangerMessageBytesMax: 32 * KiB,
  /** Concurrent connections that are only told that the node is full. */
  refusedAtOnceMax: 64,
  /** Idle callers' connections after a goodbye; beyond that, the oldest are closed. */
  leavingAtOnceMax: 8,
  /** A known caller with a request within this keeps its connection, unless the system has no descriptors left. */
  idleKeptMs: 10 * second,
  /** Idle connections evicted at once. */
  idleLookMax: 32,
  /** Strangers closed at once when the system has no descriptor left for a new connection. */
  dismissedAtOnce: 16,
  /**
   * Connections accepted in one turn when few places are free, and otherwise the share of the free places they may
   * take, so that their first bytes are read before others could evict them.
   */
  arrivalsPerTurnLeast: 8,
  arrivalsPerTurnShare: 1 / 32,
  /** Over TLS, the age below which strangers are not evicted; the node accepts more slowly instead. */
  handshakeLeastMs: 25,
} as const;

/** Bounds of every node. */
export const connectionBounds = {
  /**
   * Descriptors reserved for the store, the log, helpers, a few deployers, and connections that are only told that the
   * node is full.
   */
  descriptorsReserved: 32,
  /** Descriptors that a starting node has open, at least. */
  descriptorsUsed: 24,
  /**
   * Added to the number of descriptors that a message asks for: how many a starting node has open varies, and the next
   * deployment holds an old executor beside its new one.
   */
  descriptorsSpare: 8,
  /** The least number of executors for which descriptors are reserved. */
  executorsReserved: 4,
  /** The pause before a node accepts again after the system had no resources for a connection. */
  acceptPauseMs: 10,
  /** Descriptors checked in one event-loop turn for sockets to close. */
  descriptorsPerTurn: 4096,
  /**
   * The system's accept queue. When it is full, a caller's system repeats its packet after 1 s, 3 s, 7 s, and farcall's
   * callers theirs after `connectAgainMs`; in a long queue a caller waits about 0.1 ms for each connection before it.
   */
  listenBacklog: 512,
  /** Milliseconds of an event-loop turn for accepting connections: about 30 of them. */
  arrivalsTurnMs: 1.5,
  /** Connections already closed by their peers that are accepted in a row, before other work has its turn. */
  acceptFailuresPerTurn: 64,
} as const;
