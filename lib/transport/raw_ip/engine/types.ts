/**
 * What the engine, the socket below it and the streams above it say to each other.
 *
 * The socket layer's turn:
 *
 * 1. read a batch; `endpoint.receive(…)` for each packet, which only books it;
 * 2. `endpoint.endTurn(now)` once: runs the connections' callbacks;
 * 3. when `onWork` was called (in 2, or by a `read`, `write`, `end` … at any time), once in this turn of the event loop:
 *    `while (endpoint.flush(now, batch)) send(batch)`;
 * 4. arm one timer for `endpoint.deadline`, only if it is earlier than the one that is armed; when it fires:
 *    `endpoint.onTimer(now)`, and 3.
 *
 * Addresses are IPv4 as unsigned 32-bit numbers (127.0.0.1 is 0x7f000001); times are milliseconds of a clock that never
 * goes back (`performance.now()`).
 */

/** zlib's CRC-32 of `bytes`, continued from `seed` (0 at first), both unsigned. */
export type Crc32 = (bytes: Uint8Array, seed: number) => number;

/** What carries the packets. */
export interface Carrier {
  /** The number in the IP header: 170 for raw IP, 17 for UDP. */
  readonly protocol: number;
  /** Bytes that it puts before a packet, IP header included: 20 for raw IP, 28 for UDP. */
  readonly headerBytes: number;
  /**
   * Whether the packet's own header carries the ports and the checksum covers the addresses. Over UDP neither does:
   * UDP has its own of both, which translators of addresses on the way rewrite.
   */
  readonly isBare: boolean;
}

/** Raw IP with a protocol number of one's own. */
export function rawIpCarrier(protocol = 170): Carrier {
  return { protocol, headerBytes: 20, isBare: true };
}

export const udpCarrier: Carrier = { protocol: 17, headerBytes: 28, isBare: false };

/** Both ends of a packet's way, as this end sees them. */
export interface Path {
  readonly remoteAddress: number;
  readonly remotePort: number;
  /** The address of this end; over UDP 0 where the system may choose it. */
  readonly localAddress: number;
}

/** Why a connection is over, other than by its ends' wish. */
export type FailureKind =
  /** Nothing listens there: an ICMP message or a RESET said so while connecting. */
  | "refused"
  /** Connecting took longer than it may. */
  | "connectTimeout"
  /** The peer has not been heard of for too long, though it owes an answer. */
  | "silent"
  /** The peer ended the connection, or has forgotten it. */
  | "reset"
  /** The peer has no room for another connection. */
  | "busy"
  /** The peer does not speak this version, or breaks its rules. */
  | "protocol"
  /** This end called `reset`, or `close` while connecting: `onClosed` is not called. */
  | "local";

/** What a connection tells whoever uses it; called from `endTurn`, `onTimer` and a `flush` that is the last, never from `read` or `write`. */
export interface ConnectionEvents {
  /** The peer has accepted (at the end that connected). */
  onOpened?(): void;
  /** There are bytes to read, or the peer has ended its stream. */
  onReadable?(): void;
  /** `write` takes bytes again, after it took fewer than it was given. */
  onWritable?(): void;
  /** It is over; `undefined` if both streams came to their end and all was acknowledged. What was read in stays readable. */
  onClosed?(failure: FailureKind | undefined): void;
}

/** One connection: two streams of bytes, each of which ends by itself. */
export interface Connection extends Path {
  events: ConnectionEvents;
  /** Whether the peer is known to be there. */
  readonly isOpen: boolean;
  readonly isClosed: boolean;
  /** Why it failed; undefined while it lasts, and where it did not. */
  readonly failure: FailureKind | undefined;
  /** Bytes that can be read at once. */
  readonly readableBytes: number;
  /** Whether the peer's stream ended and all of it was read. */
  readonly isReadEnded: boolean;
  /** Copies what has arrived into `target`. @returns How many bytes; 0 if there are none (yet: see `isReadEnded`, `isClosed`). */
  read(target: Uint8Array): number;
  /**
   * Takes bytes to send: copied, so they may change afterwards.
   *
   * @returns How many of them were taken; `onWritable` follows if that is not all. 0 after `end`, and once closed.
   */
  write(bytes: Uint8Array): number;
  /** Bytes that were written and not acknowledged by the peer. */
  readonly unacknowledgedBytes: number;
  /** Ends our stream behind what was written. */
  end(): void;
  /** `end`, and no wish to read on: what still comes is dropped; what was written is still delivered. */
  close(): void;
  /** Ends it at once; the peer is told, once. */
  reset(): void;
  /** Asks the peer for a sign of life; if it has none in time, the connection fails as "silent". */
  ping(): void;
  /** For diagnosis and tests. */
  readonly statistics: ConnectionStatistics;
}

export interface ConnectionStatistics {
  readonly smoothedRttMs: number;
  readonly minRttMs: number;
  /** Bytes of the largest IP packet that the path is known to carry. */
  readonly pathMtu: number;
  readonly congestionWindowBytes: number;
  readonly bytesInFlight: number;
  /** Bytes a second that the peer has received at best, of late. */
  readonly bandwidth: number;
  readonly packetsSent: number;
  readonly packetsLost: number;
  readonly packetsReceived: number;
}

export interface EndpointOptions {
  readonly carrier: Carrier;
  /** Our port. A packet for another one is ignored. */
  readonly localPort: number;
  /** 16 random bytes, the same for all endpoints of the process, unknown to anybody else. */
  readonly secret: Uint8Array;
  /** Fills `target` with random bytes nobody can predict. */
  readonly random: (target: Uint8Array) => void;
  readonly crc32: Crc32;
  /** The clock's time now. */
  readonly startMs: number;
  /** What all endpoints of a process have in common: their memory. */
  readonly memory: EngineMemory;
  /** Takes a connection that a peer has opened; without it HELLOs are refused. */
  readonly onConnection?: (connection: Connection) => void;
  /** There is something to flush. Called once until the next `flush` that finds nothing more. */
  readonly onWork: () => void;
  /** Bytes of the largest IP packet of the route, where known: tried first. 65,535 on loopback. */
  readonly routeMtu?: (remoteAddress: number) => number;
  /**
   * Bytes of the largest packet that this end takes: at most an eighth of what the socket's memory holds, so that a
   * burst of them is not lost there. By default all that IP carries.
   */
  readonly datagramMax?: number;
  /** Whether the socket can send datagrams larger than the path carries in one piece (`batch.isFragmented`). */
  readonly fragments?: boolean;
}

/** Bytes of packets and windows of all endpoints together. */
export interface EngineMemory {
  /** Bytes that are held now. */
  readonly heldBytes: number;
}

export interface ConnectOptions {
  readonly remoteAddress: number;
  readonly remotePort: number;
  readonly localAddress: number;
  /** When connecting has failed. */
  readonly timeoutMs: number;
  /** How long the peer may be silent where it owes an answer. Default: `rawIp.silentMs`. */
  readonly silentMs?: number;
  readonly events: ConnectionEvents;
}

/** One socket and port: all its connections. */
export interface Endpoint {
  /** Books one packet: what follows the carrier's header. Its bytes may be changed by this, and are free afterwards. */
  receive(packet: Uint8Array, from: Path, now: number): void;
  /** After a batch of packets: runs callbacks. */
  endTurn(now: number): void;
  /** Writes packets that are due into an empty batch. @returns Whether it holds any: send them, and call again. */
  flush(now: number, batch: PacketBatch): boolean;
  /** When `onTimer` wants to be called; Infinity if never. */
  readonly deadline: number;
  onTimer(now: number): void;
  /**
   * How long packets that come now may wait in the socket, to be read as a batch, without anybody's harm: 0 unless many
   * come over a path of a long round trip. Waking up costs more than a packet.
   */
  readonly coalesceMs: number;
  connect(options: ConnectOptions, now: number): Connection;
  /** An ICMP message said that the address, or the protocol there, cannot be reached. Anyone can forge one. */
  unreachable(remoteAddress: number, now: number): void;
  /** The interface or route takes no larger IP packets than this to the address (EMSGSIZE). */
  limitMtu(remoteAddress: number, mtu: number, now: number): void;
  readonly connectionCount: number;
  /** No more connections are taken; those there are go on. */
  refuseConnections(): void;
  /** Resets all connections. `flush` once more to tell the peers. */
  close(now: number): void;
}

/** Packets on their way out, one behind the other in one buffer: consecutive ones of one path and size can go as one (UDP_SEGMENT). */
export interface PacketBatch {
  readonly bytes: Uint8Array;
  /** Packets in it. */
  count: number;
  /** Where each begins in `bytes`, and its length. */
  readonly offsets: Int32Array;
  readonly lengths: Int32Array;
  readonly remoteAddresses: Uint32Array;
  readonly remotePorts: Uint16Array;
  readonly localAddresses: Uint32Array;
  /** 1: larger than the path carries in one piece, so the system must cut it (IP_MTU_DISCOVER off). */
  readonly isFragmented: Uint8Array;
}
