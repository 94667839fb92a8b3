/**
 * The interfaces between the engine, the socket below it and the streams above it.
 *
 * One turn of the socket layer:
 *
 * 1. read a batch; `endpoint.receive(…)` for each packet, which only records it;
 * 2. `endpoint.endTurn(now)` once: runs the connections' callbacks;
 * 3. when `onWork` was called (in 2, or by a `read`, `write`, `end` … at any time), once in this turn of the event loop:
 *    `while (endpoint.flush(now, batch)) send(batch)`;
 * 4. arm one timer for `endpoint.deadline`, unless the armed one is earlier; when it fires: `endpoint.onTimer(now)`,
 *   and step 3.
 *
 * Addresses are IPv4 as unsigned 32-bit numbers (127.0.0.1 is 0x7f000001); times are milliseconds of a monotonic clock
 * (`performance.now()`).
 */

/** zlib's CRC-32 of `bytes`, continued from `seed` (initially 0); both unsigned. */
export type Crc32 = (bytes: Uint8Array, seed: number) => number;

/** The layer that carries the packets. */
export interface Carrier {
  /** The IP header's protocol number: 170 for raw IP, 17 for UDP. */
  readonly protocol: number;
  /** Bytes of its headers, including IP's: 20 for raw IP, 28 for UDP. */
  readonly headerBytes: number;
  /**
   * Whether the packet's own header contains the ports and its checksum covers the addresses. Over UDP neither is so:
   * UDP has both, and NATs rewrite them.
   */
  readonly isBare: boolean;
}

/** Raw IP with a protocol number of our own. */
export function rawIpCarrier(protocol = 170): Carrier {
  return { protocol, headerBytes: 20, isBare: true };
}

export const udpCarrier: Carrier = { protocol: 17, headerBytes: 28, isBare: false };

/** Both ends of a packet's path, as this end sees them. */
export interface Path {
  readonly remoteAddress: number;
  readonly remotePort: number;
  /** This end's address; over UDP, 0 if the system may choose it. */
  readonly localAddress: number;
}

/** Why a connection ended, other than normally. */
export type FailureKind =
  /** Nothing listens there: an ICMP message or a RESET said so while connecting. */
  | "refused"
  /** Connecting timed out. */
  | "connectTimeout"
  /** The peer was silent for too long, although it owed a reply. */
  | "silent"
  /** The peer ended the connection, or has forgotten it. */
  | "reset"
  /** The peer has no room for another connection. */
  | "busy"
  /** The peer does not speak this version, or violates the protocol. */
  | "protocol"
  /** This end called `reset`, or `close` while connecting: `onClosed` is not called. */
  | "local";

/** Callbacks of a connection; called from `endTurn`, `onTimer` and the last `flush`, never from `read` or `write`. */
export interface ConnectionEvents {
  /** The peer has accepted the connection; at the connecting end only. */
  onOpened?(): void;
  /** Bytes can be read, or the peer has ended its stream. */
  onReadable?(): void;
  /** `write` accepts bytes again, after a partial write. */
  onWritable?(): void;
  /** The connection is over; `undefined` if both streams ended and were acknowledged. Received bytes stay readable. */
  onClosed?(failure: FailureKind | undefined): void;
}

/** A connection: two byte streams, which end independently. */
export interface Connection extends Path {
  events: ConnectionEvents;
  /** Whether the peer is known to be alive. */
  readonly isOpen: boolean;
  readonly isClosed: boolean;
  /** Why it failed; undefined while it is open or after a normal end. */
  readonly failure: FailureKind | undefined;
  /** Bytes that can be read now. */
  readonly readableBytes: number;
  /** Whether the peer's stream ended and was read completely. */
  readonly isReadEnded: boolean;
  /**
   * Copies received bytes into `target`.
   *
   * @returns Their number; 0 if none are available (see `isReadEnded`, `isClosed`).
   */
  read(target: Uint8Array): number;
  /**
   * Copies bytes to be sent.
   *
   * @returns The number of bytes accepted; after a partial write, `onWritable` follows. 0 after `end`, and once closed.
   */
  write(bytes: Uint8Array): number;
  /** Bytes written but not yet acknowledged by the peer. */
  readonly unacknowledgedBytes: number;
  /** Ends our stream after the written bytes. */
  end(): void;
  /** `end`, and stops reading: further input is dropped; written bytes are still delivered. */
  close(): void;
  /** Ends it immediately; the peer is told once. */
  reset(): void;
  /** Pings the peer; if it does not reply in time, the connection fails as "silent". */
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
  /** The peer's recent peak receive rate, in bytes per second. */
  readonly bandwidth: number;
  readonly packetsSent: number;
  readonly packetsLost: number;
  readonly packetsReceived: number;
}

export interface EndpointOptions {
  readonly carrier: Carrier;
  /** Our port. Packets for any other are ignored. */
  readonly localPort: number;
  /** 16 random bytes, shared by all endpoints of the process and secret. */
  readonly secret: Uint8Array;
  /** Fills `target` with unpredictable random bytes. */
  readonly random: (target: Uint8Array) => void;
  readonly crc32: Crc32;
  /** The current time of the clock. */
  readonly startMs: number;
  /** Shared by all endpoints of a process: their memory. */
  readonly memory: EngineMemory;
  /** Receives connections that peers open; without it, HELLOs are refused. */
  readonly onConnection?: (connection: Connection) => void;
  /** There is something to flush. Called once until the next `flush` that finds nothing more. */
  readonly onWork: () => void;
  /** The MTU of the route, if known: probed first. 65,535 on loopback. */
  readonly routeMtu?: (remoteAddress: number) => number;
  /**
   * Bytes of the largest packet that this end accepts: at most an eighth of the socket's memory, so that a burst is not
   * lost there. Default: IP's maximum.
   */
  readonly datagramMax?: number;
  /** Whether the socket can send datagrams larger than the path's MTU (`batch.isFragmented`). */
  readonly fragments?: boolean;
}

/** Bytes of packets and windows of all endpoints together. */
export interface EngineMemory {
  /** Bytes currently held. */
  readonly heldBytes: number;
}

export interface ConnectOptions {
  readonly remoteAddress: number;
  readonly remotePort: number;
  readonly localAddress: number;
  /** The deadline for connecting. */
  readonly timeoutMs: number;
  /** How long the peer may be silent while it owes a reply. Default: `rawIp.silentMs`. */
  readonly silentMs?: number;
  readonly events: ConnectionEvents;
}

/** A socket's port, with all its connections. */
export interface Endpoint {
  /** Handles one packet, without the carrier's header. The bytes may be modified, and are free afterwards. */
  receive(packet: Uint8Array, from: Path, now: number): void;
  /** Runs callbacks after a batch of packets. */
  endTurn(now: number): void;
  /** Writes packets that are due into an empty batch. @returns Whether it holds any: send them, and call again. */
  flush(now: number, batch: PacketBatch): boolean;
  /** When `onTimer` is due; Infinity if never. */
  readonly deadline: number;
  onTimer(now: number): void;
  /**
   * How long packets may wait in the socket to be read as a batch without harm: 0 unless many arrive over a path with a
   * long round trip. Waking up costs more than a packet.
   */
  readonly coalesceMs: number;
  connect(options: ConnectOptions, now: number): Connection;
  /** Handles an ICMP message that the address, or the protocol there, is unreachable. Anyone can forge one. */
  unreachable(remoteAddress: number, now: number): void;
  /** The interface or route does not accept larger IP packets to the address (EMSGSIZE). */
  limitMtu(remoteAddress: number, mtu: number, now: number): void;
  readonly connectionCount: number;
  /** Accepts no more connections; existing ones continue. */
  refuseConnections(): void;
  /** Resets all connections. Call `flush` once more to tell the peers. */
  close(now: number): void;
}

/**
 * Outgoing packets, back to back in one buffer: consecutive ones of one path and size can be sent as one (UDP_SEGMENT).
 */
export interface PacketBatch {
  readonly bytes: Uint8Array;
  /** The number of packets. */
  count: number;
  /** The offset of each in `bytes`, and its length. */
  readonly offsets: Int32Array;
  readonly lengths: Int32Array;
  readonly remoteAddresses: Uint32Array;
  readonly remotePorts: Uint16Array;
  readonly localAddresses: Uint32Array;
  /** 1 if it exceeds the path's MTU, so that the system must fragment it (IP_MTU_DISCOVER off). */
  readonly isFragmented: Uint8Array;
}
