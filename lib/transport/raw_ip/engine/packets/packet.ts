/** The encoding of packets, as tabulated in docs/raw-ip.md. Numbers are big-endian. */

export const headBytes = 24;
export const helloBytes = 64;
export const acceptBytes = 40;
export const resetBytes = 25;
/** An end's opening in the first packets: its id, its largest datagram, its credit. */
export const openingBytes = 16;
export const ackBytes = 16;
export const offsetBytes = 6;
/** Maximum ranges in one ack block, including the first. */
export const ackRangesMax = 64;

export const version = 1;

/** The first byte's upper half. JSON of the original peer program begins with `{` (7B). */
const mark = 0xf0;

export const types = { hello: 1, accept: 2, data: 4, probe: 5, reset: 6 } as const;

/** Flags of DATA. */
export const flags = {
  /** An ack block follows. */
  ack: 1,
  /** A stream offset follows, and stream bytes to the packet's end. */
  stream: 2,
  /** The stream ends after them (with `stream` only). */
  end: 4,
  /** Requests an immediate acknowledgement. */
  ping: 8,
  /** An opening block follows; set by the connecting end until it knows that the peer has the connection. */
  opening: 16,
} as const;

/** A flag of RESET: the id is not its receiver's own, but echoes the unknown id of the packet that caused it. */
export const isEchoed = 1;

export const resetReasons = {
  /** Both streams ended and arrived completely; sent to a peer that has missed that. */
  finished: 0,
  /** The application ended it. */
  ended: 1,
  /** No such connection. */
  unknown: 2,
  /** Connections are not accepted here. */
  refused: 3,
  /** No room. */
  busy: 4,
  /** Another version, or a protocol violation. */
  protocol: 5,
  /** Nothing was heard for too long. */
  silent: 6,
} as const;

export function typeOf(packet: Uint8Array): number {
  return (packet[0]! & 0xf0) === mark ? packet[0]! & 0x0f : 0;
}

export function readU16(bytes: Uint8Array, at: number): number {
  return bytes[at]! << 8 | bytes[at + 1]!;
}

export function readU32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!) >>> 0;
}

export function readU48(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at) * 0x1_0000_0000 + readU32(bytes, at + 2);
}

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

export function writeU48(bytes: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  bytes[at] = high >>> 8;
  bytes[at + 1] = high;
  writeU32(bytes, at + 2, value - high * 0x1_0000_0000);
}

/** A connection id: 64 bits in two numbers. */
export interface ConnectionId {
  readonly high: number;
  readonly low: number;
}

export function readId(bytes: Uint8Array, at: number): ConnectionId {
  return { high: readU32(bytes, at), low: readU32(bytes, at + 4) };
}

export function writeId(bytes: Uint8Array, at: number, id: ConnectionId): void {
  writeU32(bytes, at, id.high);
  writeU32(bytes, at + 4, id.low);
}

export const noId: ConnectionId = { high: 0, low: 0 };

/** A head without its checksum, which `seal` (checksum.ts) adds to the whole packet. */
export function writeHead(
  bytes: Uint8Array,
  at: number,
  head: { type: number; flags: number; destination: number; source: number; id: ConnectionId },
  number: number,
): void {
  bytes[at] = mark | head.type;
  bytes[at + 1] = head.flags;
  writeU16(bytes, at + 2, head.destination);
  writeU16(bytes, at + 4, head.source);
  writeU16(bytes, at + 6, 0);
  writeId(bytes, at + 8, head.id);
  writeU32(bytes, at + 16, number);
  writeU32(bytes, at + 20, 0);
}

/** Expands the lower 32 bits of a packet number to the number closest to the next expected one (RFC 9000, A.3). */
export function expandNumber(truncated: number, expected: number): number {
  const span = 0x1_0000_0000;
  const number = expected - expected % span + truncated;
  if (number + span / 2 <= expected) return number + span;
  if (number > expected + span / 2 && number >= span) return number - span;
  return number;
}
