/**
 * The framed protocol: a fixed header of 12 bytes, then a body. All numbers are unsigned and big-endian.
 *
 * ```
 * offset  bytes  field
 *      0      4  length of the body
 *      4      1  kind
 *      5      1  flags (reserved for compression; 0 today)
 *      6      2  route number, or stream number of a call (0 if the kind has none)
 *      8      4  call number (0 if the kind has none)
 *     12      …  body
 * ```
 */
import { readUint32, writeUint32 } from "../encoding/uint32.ts";
import { MalformedMessage, MessageTooLarge } from "../errors/mod.ts";
import { giveBufferOf, leadBytes, lend, reclaim, takeBuffer } from "../encoding/mod.ts";

/** The bytes that both sides send before their first frame: one that starts neither JSON nor TLS, and "FCR". */
export const preface: Uint8Array<ArrayBuffer> = Uint8Array.of(0xfc, 0x46, 0x43, 0x52);

/** The version of the framed protocol, announced in {@linkcode FrameKind.hello}. */
export const protocolVersion = 1;

/** The kinds of frame between a caller and a node. The link to an executor has its own, from 32 on. */
export const FrameKind = {
  hello: 1,
  route: 2,
  call: 3,
  result: 4,
  exception: 5,
  cancel: 6,
  ping: 7,
  pong: 8,
  goodbye: 9,
  request: 10,
  response: 11,
  /** To a caller: its call is admitted and returns a stream. */
  open: 12,
  /** One item of a stream; the route number says which: 0 for the result, n for the n-th argument. */
  item: 13,
  /** An argument's stream has ended. */
  end: 14,
  /** Grants this many more bytes of a stream. */
  credit: 15,
  /** The phases of a call: to a caller, on a route that asks for it; to a node, for a traced call. */
  timing: 16,
  load: 32,
  ready: 33,
  console: 34,
  /** The trace of the call in the next frame. */
  trace: 35,
  /** From an executor: a script calls another service. The route is the overload's index among those it may call. */
  scriptCall: 36,
  scriptResult: 37,
  scriptException: 38,
  /** To an executor: its script's call returns a stream, which opens. */
  scriptOpen: 39,
  /** An item of a stream of a script's call; the route says which, as in {@linkcode FrameKind.item}. */
  scriptItem: 40,
  scriptEnd: 41,
  scriptCredit: 42,
  /** From an executor: its script cancels its call. */
  scriptCancel: 43,
} as const;

const fieldBytes = { bodyLength: 4, kind: 1, flags: 1, route: 2, call: 4 };

/** The size of a frame's header, in bytes. */
export const frameHeaderBytes = Object.values(fieldBytes).reduce((sum, bytes) => sum + bytes, 0);

/** If a frame lacks more than this, the rest is read in place instead of copied. */
const roomBytesMin = 16 * 1024;
/** At most this much is read at once: while it is copied, nothing else happens. */
const roomBytesMax = 256 * 1024;
/** While a frame arrives, its memory is at most this multiple of what has arrived, or this minimum. */
const growth = 8;
const roomBytesFirst = 64 * 1024;

/** The initial buffer of a decoder; most never need more. */
const noBytes = new Uint8Array(0);

/** A decoder keeps no larger buffer than this between frames. */
const keptBytesMax = 64 * 1024;

/** The largest route number. */
export const routeNumberMax = 0xffff;

/** Writes a frame's header at `offset`; the body of `bodyBytes` bytes follows it. */
export function writeFrameHeader(
  target: Uint8Array,
  offset: number,
  header: { bodyBytes: number; kind: number; route: number; call: number },
): void {
  writeUint32(target, offset, header.bodyBytes);
  target[offset + 4] = header.kind;
  target[offset + 5] = 0;
  target[offset + 6] = header.route >>> 8;
  target[offset + 7] = header.route;
  writeUint32(target, offset + 8, header.call);
}

/**
 * Receives a frame. `body` is a view, valid until this returns: copy it, or take over its memory if it is lent
 * (`encoding/buffers.ts`).
 */
export type FrameSink = (kind: number, route: number, call: number, body: Uint8Array) => void;

/** An incomplete frame with a complete header. */
export interface PendingFrame {
  readonly kind: number;
  readonly call: number;
}

/**
 * Splits a stream of bytes into frames. Pure and incremental: any split of the input gives the same frames, a declared
 * length is checked before anything is allocated for it, and memory grows with what has arrived, not with what was
 * announced.
 */
export class FrameDecoder {
  readonly #sink: FrameSink;
  readonly #bodyBytesMax: () => number;
  readonly #mayGoOn: ((frameBytes: number) => boolean) | undefined;
  /** The start of an incomplete frame. */
  #pending = noBytes;
  #pendingBytes = 0;
  /** Bytes still to come of a skipped frame. */
  #skippedBytes = 0;

  /**
   * @param bodyBytesMax The largest accepted body in bytes; called for every frame.
   * @param mayGoOn Called after each frame: whether to decode the next one. Default: always.
   */
  constructor(
    sink: FrameSink,
    bodyBytesMax: () => number,
    mayGoOn?: (frameBytes: number) => boolean,
  ) {
    this.#sink = sink;
    this.#bodyBytesMax = bodyBytesMax;
    this.#mayGoOn = mayGoOn;
  }

  /** Whether an incomplete frame is pending. */
  get isInsideFrame(): boolean {
    return this.#pendingBytes > 0 || this.#skippedBytes > 0;
  }

  /** Bytes held of the incomplete frame. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** The kind and call number of the incomplete frame; undefined until its header is complete. */
  get pendingFrame(): PendingFrame | undefined {
    if (this.#pendingBytes < frameHeaderBytes) return undefined;
    return { kind: this.#pending[4]!, call: readUint32(this.#pending, 8) };
  }

  /** Discards the incomplete frame: the sink never sees it. Requires a {@linkcode pendingFrame}. */
  skip(): void {
    this.#skippedBytes = frameHeaderBytes + readUint32(this.#pending, 0) - this.#pendingBytes;
    this.#pending = noBytes;
    this.#pendingBytes = 0;
  }

  /**
   * Consumes bytes and passes every complete frame to the sink, as long as `mayGoOn` permits.
   *
   * @returns The number of bytes consumed: all, unless it stopped. Push the rest again.
   * @throws {MessageTooLarge} If a frame declares a larger body than accepted.
   * @throws {MalformedMessage} If a frame uses a reserved flag.
   */
  push(chunk: Uint8Array): number {
    let offset = Math.min(this.#skippedBytes, chunk.length);
    this.#skippedBytes -= offset;
    while (this.#pendingBytes > 0 && offset < chunk.length) {
      offset += this.#fill(chunk, offset);
      if (this.#pendingBytes === 0 && this.#mayGoOn?.(offset) === false) return offset;
    }
    while (chunk.length - offset >= frameHeaderBytes) {
      const end = offset + frameHeaderBytes + this.#bodyBytesOf(chunk, offset);
      if (end > chunk.length) break;
      this.#deliver(chunk, offset, end);
      const frameBytes = end - offset;
      offset = end;
      if (this.#mayGoOn?.(frameBytes) === false) return offset;
    }
    if (offset < chunk.length) this.#keep(chunk.subarray(offset));
    return chunk.length;
  }

  /** The size of a pending frame whose rest is read in place; 0 for any other. */
  get #largeFrameBytes(): number {
    if (this.#pendingBytes < frameHeaderBytes) return 0;
    const frameBytes = frameHeaderBytes + readUint32(this.#pending, 0);
    return frameBytes - this.#pendingBytes < roomBytesMin ? 0 : frameBytes;
  }

  /** The size of the memory that {@linkcode room} takes first; 0 if it takes none. */
  get roomBytes(): number {
    const frameBytes = this.#largeFrameBytes;
    if (frameBytes === 0 || this.#pending.length - this.#pendingBytes >= roomBytesMin) return 0;
    return bytesAhead(this.#pendingBytes, frameBytes);
  }

  /**
   * The buffer to read the next bytes into, inside a large pending frame. Undefined if they should be pushed from
   * elsewhere.
   */
  get room(): Uint8Array<ArrayBuffer> | undefined {
    const frameBytes = this.#largeFrameBytes;
    if (frameBytes === 0) return undefined;
    this.#reserve(this.roomBytes);
    const end = Math.min(frameBytes, this.#pending.length, this.#pendingBytes + roomBytesMax);
    return this.#pending.subarray(this.#pendingBytes, end);
  }

  /**
   * Records that this many bytes were read into {@linkcode room}.
   *
   * @throws As {@linkcode push}.
   */
  filled(bytes: number): void {
    this.#pendingBytes += bytes;
    this.#deliverIfComplete();
  }

  /** Adds bytes to the pending frame and delivers it when it is complete; returns the number consumed. */
  #fill(chunk: Uint8Array, offset: number): number {
    const available = chunk.length - offset;
    const known = this.#pendingBytes >= frameHeaderBytes;
    const goal = known ? frameHeaderBytes + this.#bodyBytesOf(this.#pending, 0) : frameHeaderBytes;
    const taken = Math.min(goal - this.#pendingBytes, available);
    this.#keep(chunk.subarray(offset, offset + taken));
    if (this.#pendingBytes >= frameHeaderBytes) this.#deliverIfComplete();
    return taken;
  }

  #deliverIfComplete(): void {
    const frameBytes = frameHeaderBytes + this.#bodyBytesOf(this.#pending, 0);
    if (this.#pendingBytes < frameBytes) return;
    const frame = this.#pending;
    this.#pendingBytes = 0;
    if (frame.length > keptBytesMax) this.#pending = noBytes;
    if (frame === this.#pending) return this.#deliver(frame, 0, frameBytes);
    const before = lend(frame);
    try {
      this.#deliver(frame, 0, frameBytes);
    } finally {
      if (reclaim(frame, before)) giveBufferOf(frame);
    }
  }

  #keep(bytes: Uint8Array): void {
    const needed = this.#pendingBytes + bytes.length;
    // A frame that begins with a large part gets its full buffer at once, so that the part is copied only once.
    const isLarge = this.#pendingBytes === 0 && needed >= roomBytesMin;
    this.#reserve(
      isLarge ? bytesAhead(needed, frameHeaderBytes + this.#bodyBytesOf(bytes, 0)) : needed,
    );
    this.#pending.set(bytes, this.#pendingBytes);
    this.#pendingBytes = needed;
    if (needed >= frameHeaderBytes) this.#bodyBytesOf(this.#pending, 0);
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#pending.length) return;
    const grownBytes = Math.max(bytes, this.#pending.length * 2, 256);
    const grown = takeBuffer(leadBytes + grownBytes).subarray(leadBytes);
    grown.set(this.#pending.subarray(0, this.#pendingBytes));
    giveBufferOf(this.#pending);
    this.#pending = grown;
  }

  #bodyBytesOf(bytes: Uint8Array, offset: number): number {
    const bodyBytes = readUint32(bytes, offset);
    const bodyBytesMax = this.#bodyBytesMax();
    if (bodyBytes > bodyBytesMax) {
      throw new MessageTooLarge(
        `a frame announces ${bodyBytes} bytes, at most ${bodyBytesMax} are accepted`,
      );
    }
    if (bytes[offset + 5] !== 0) {
      throw new MalformedMessage(`a frame has flags ${bytes[offset + 5]}; version 1 defines none`);
    }
    return bodyBytes;
  }

  #deliver(bytes: Uint8Array, offset: number, end: number): void {
    this.#sink(
      bytes[offset + 4]!,
      (bytes[offset + 6]! << 8) | bytes[offset + 7]!,
      readUint32(bytes, offset + 8),
      bytes.subarray(offset + frameHeaderBytes, end),
    );
  }
}

/** Allocates memory for a frame of which this many bytes have arrived. */
function bytesAhead(arrivedBytes: number, frameBytes: number): number {
  return Math.min(frameBytes, Math.max(arrivedBytes * growth, roomBytesFirst));
}
