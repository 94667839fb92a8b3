/** The bounds of connections to a node: how many are held, and how they are accepted. Part of `limits`. */
import { KiB } from "./units.ts";

const second = 1000;

/** What one node may choose. */
export const connectionChoices = {
  /** Connections that a node holds at once, in all and from one address; operators may say otherwise. */
  connectionsMax: 16_384,
  connectionsPerAddressMax: 4096,
  /** Of these, those that have not said a whole first message, or come from no client's address. */
  strangersMax: 2048,
  /** One that stays a stranger is closed after this. */
  strangerTimeoutMs: 60 * second,
  /** Bytes that a node holds for a peer that is not a client as far as it knows, in all. */
  strangerBytesMax: 64 * KiB,
  /** Of these, those of one message: it is read through a buffer. */
  strangerMessageBytesMax: 32 * KiB,
  /** Connections at once that are only told that there is no place for them. */
  refusedAtOnceMax: 64,
  /** Connections of callers that are idle and were told goodbye; of more, the first ones are closed. */
  leavingAtOnceMax: 8,
  /** A known caller that has asked for something within this keeps its place, unless the system has none left. */
  idleKeptMs: 10 * second,
  /** How many that are idle are looked for at once. */
  idleLookMax: 32,
  /** Strangers that are closed at once when the system has no descriptor left for a new connection. */
  dismissedAtOnce: 16,
  /**
   * Connections that are accepted in one turn where there is room for few, and else the share of the room that they may
   * take: what they have sent is read before others could drive them out.
   */
  arrivalsPerTurnLeast: 8,
  arrivalsPerTurnShare: 1 / 32,
  /** Over TLS, a node accepts in a slower pace where strangers that are younger would have to give way. */
  handshakeLeastMs: 50,
} as const;

/** What holds for every node. */
export const connectionBounds = {
  /**
   * Descriptors that are kept from connections and executors: for the store, the log, helpers, a few deployers, and
   * those that are only told that there is no place for them.
   */
  descriptorsReserved: 32,
  /** What a node has open when it starts, at least. */
  descriptorsUsed: 24,
  /** Executors that descriptors are kept for, however few services there are. */
  executorsReserved: 4,
  /** How long a node waits before it accepts again where the system had nothing left for a connection. */
  acceptPauseMs: 10,
  /** Descriptors that are looked at in one turn of the event loop for sockets that have to be ended. */
  descriptorsPerTurn: 4096,
  /**
   * Connections that the system queues until they are accepted: a full queue costs a caller 1 s, 3 s, 7 s, and a long
   * one as long as it takes to accept what stands before it, some 0.1 ms each.
   */
  listenBacklog: 1024,
  /** For how long a node accepts connections in one turn of the event loop: some 60 of them. */
  arrivalsTurnMs: 3,
  /** Connections whose peers left before they were accepted, until all else has its turn. */
  acceptFailuresPerTurn: 64,
} as const;
