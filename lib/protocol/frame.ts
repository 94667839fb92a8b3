/**
 * The framed wire: a fixed header of 12 bytes, then a body. All numbers are unsigned and big-endian.
 *
 * ```
 * offset  bytes  field
 *      0      4  length of the body
 *      4      1  kind
 *      5      1  flags (reserved for compression; 0 today)
 *      6      2  route number, or which stream of a call (0 where the kind has none)
 *      8      4  call number (0 where the kind has none)
 *     12      …  body
 * ```
 */
import { readUint32, writeUint32 } from "../encoding/uint32.ts";
import { MalformedMessage, MessageTooLarge } from "../errors/mod.ts";
import { giveBufferOf, leadBytes, lend, reclaim, takeBuffer } from "../encoding/mod.ts";

/** What both sides send before their first frame: a byte that starts neither JSON nor TLS, and "FCR". */
export const preface: Uint8Array<ArrayBuffer> = Uint8Array.of(0xfc, 0x46, 0x43, 0x52);

/** The version of the framed protocol, told in {@linkcode FrameKind.hello}. */
export const protocolVersion = 1;

/** The kinds of frame between a caller and a node. The link to an executor has its own from 32 on. */
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
  /** To a caller: its call was let in, and what it returns is a stream. */
  open: 12,
  /** One item of a stream; the route number says which: 0 what is returned, n the n-th argument. */
  item: 13,
  /** There are no more items in a stream that is an argument. */
  end: 14,
  /** So many more bytes of a stream may be sent. */
  credit: 15,
  /** Where the time of a call went: to a caller, on a route that asks for it; to a node, of a call with a trace. */
  timing: 16,
  load: 32,
  ready: 33,
  console: 34,
  /** The trace of the call whose frame is the next one. */
  trace: 35,
  /** Of an executor: a script calls another service. The route is its number among what it may call. */
  scriptCall: 36,
  scriptResult: 37,
  scriptException: 38,
  /** To an executor: what its script's call returns is a stream, and begins. */
  scriptOpen: 39,
  /** An item of a stream of a script's call; the route says which, as in {@linkcode FrameKind.item}. */
  scriptItem: 40,
  scriptEnd: 41,
  scriptCredit: 42,
  /** Of an executor: its script gives up what it has called. */
  scriptCancel: 43,
} as const;

const fieldBytes = { bodyLength: 4, kind: 1, flags: 1, route: 2, call: 4 };

/** The size of a frame's header, in bytes. */
export const frameHeaderBytes = Object.values(fieldBytes).reduce((sum, bytes) => sum + bytes, 0);

/** Of a frame that lacks more than this, the rest is read to where it belongs, and not copied there. */
const roomBytesMin = 16 * 1024;
/** While a frame arrives, at most so many times the memory is taken that what has arrived needs, or so much. */
const growth = 8;
const roomBytesFirst = 64 * 1024;

/** What a decoder has while no frame is cut: most never need more. */
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
 * Takes a frame. `body` is a view that is valid only until this returns: copy what is kept, or take over its memory
 * where that is lent (`encoding/buffers.ts`).
 */
export type FrameSink = (kind: number, route: number, call: number, body: Uint8Array) => void;

/** A frame that is not complete, but its header is. */
export interface PendingFrame {
  readonly kind: number;
  readonly call: number;
}

/**
 * Cuts a stream of bytes into frames. Pure and incremental: any cut of the stream gives the same
 * frames, a declared length is checked before anything is allocated for it, and memory grows with
 * what has arrived, not with what was announced.
 */
export class FrameDecoder {
  readonly #sink: FrameSink;
  readonly #bodyBytesMax: () => number;
  readonly #mayGoOn: ((frameBytes: number) => boolean) | undefined;
  /** The start of a frame whose end has not arrived. */
  #pending = noBytes;
  #pendingBytes = 0;
  /** Bytes that are still to come of a frame that is skipped. */
  #skippedBytes = 0;

  /**
   * @param bodyBytesMax The largest body that is accepted, in bytes; asked frame by frame.
   * @param mayGoOn Asked after each frame whether the next one may be looked at. Default: always.
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

  /** Whether a frame has begun that is not complete. */
  get isInsideFrame(): boolean {
    return this.#pendingBytes > 0 || this.#skippedBytes > 0;
  }

  /** Bytes that are kept of a frame that is not complete. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** The kind and the call of a frame that is not complete; undefined until its header is. */
  get pendingFrame(): PendingFrame | undefined {
    if (this.#pendingBytes < frameHeaderBytes) return undefined;
    return { kind: this.#pending[4]!, call: readUint32(this.#pending, 8) };
  }

  /** Forgets the frame that is not complete: the sink will not hear of it. Only where there is a {@linkcode pendingFrame}. */
  skip(): void {
    this.#skippedBytes = frameHeaderBytes + readUint32(this.#pending, 0) - this.#pendingBytes;
    this.#pending = noBytes;
    this.#pendingBytes = 0;
  }

  /**
   * Takes the next bytes and hands every frame that they complete to the sink, as long as it may go on.
   *
   * @returns How many bytes it took: all, unless it may not go on. The rest is to be pushed again.
   * @throws {MessageTooLarge} If a frame declares a larger body than is accepted.
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

  /**
   * Where to read the next bytes to: they belong to a large frame that has begun. Undefined where they are to be
   * pushed from elsewhere.
   */
  get room(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#pendingBytes < frameHeaderBytes) return undefined;
    const frameBytes = frameHeaderBytes + readUint32(this.#pending, 0);
    if (frameBytes - this.#pendingBytes < roomBytesMin) return undefined;
    if (this.#pending.length - this.#pendingBytes < roomBytesMin) {
      this.#reserve(bytesAhead(this.#pendingBytes, frameBytes));
    }
    return this.#pending.subarray(this.#pendingBytes, Math.min(frameBytes, this.#pending.length));
  }

  /**
   * So many bytes were read to {@linkcode room}.
   *
   * @throws As {@linkcode push}.
   */
  filled(bytes: number): void {
    this.#pendingBytes += bytes;
    this.#deliverIfComplete();
  }

  /** Adds to the pending frame what it lacks, delivers it when complete; returns the bytes taken. */
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
    // A large part begins its frame: with room for the rest at once, it is copied once.
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

/** The memory for a frame of which so many bytes have arrived. */
function bytesAhead(arrivedBytes: number, frameBytes: number): number {
  return Math.min(frameBytes, Math.max(arrivedBytes * growth, roomBytesFirst));
}
