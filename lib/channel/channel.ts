import { type Limits, limits } from "../limits/mod.ts";
import type { Transport } from "../transport/mod.ts";
import { giveBufferOf } from "../encoding/buffers.ts";
import { FrameDecoder, type FrameSink, type PendingFrame } from "../protocol/frame.ts";
import { type BodyPart, Outbox } from "./outbox.ts";
import { ReadBuffer, type ReadMemory } from "./read_buffer.ts";
import type { Slice } from "./turns.ts";

/** Accounts for the memory of a channel, and refuses more than may be used. */
export interface ChannelMemory extends ReadMemory {
  /**
   * Asks to keep this many bytes of an incomplete frame; with its kind, once its header is complete.
   *
   * @returns False to drop the frame and skip the rest of it.
   */
  keepsPending(bytes: number, frame: PendingFrame | undefined): boolean;
}

/** How a channel behaves. */
export interface ChannelOptions {
  /** Bounds where no other option sets one. Default: `limits`. */
  bounds?: Limits;
  /** The largest frame body that is accepted now, in bytes. Default: `messageBytesMax`. */
  messageBytesMax?: () => number;
  /**
   * Reading pauses while more bytes than this wait to be written. If both sides did so, two that send each other much
   * would deadlock: one of them passes Infinity. Default: `outboxBytesHigh`.
   */
  holdBackBytes?: number;
  /**
   * Writes as soon as this many bytes are queued instead of at the end of the turn, so that the other side works on
   * them while this one makes the rest. Costs an extra write; for a side that makes many messages one by one. Default:
   * Infinity.
   */
  eagerBytes?: number;
  /** Its share of an event-loop turn. Default: unlimited. */
  slice?: Slice;
  /** The connection ends when more bytes than this wait to be written. Default: `outboxBytesMax`. */
  queuedBytesMax?: number;
  /** Accounts for the channel's memory. Default: none. */
  memory?: ChannelMemory;
}

/** Reading a MiB takes 0.1 to 0.4 ms: the system copies it, and clears new pages for it. */
const msPerReadByte = 0.25 / (1024 * 1024);
const countedBytesMin = 16 * 1024;
const largeRoomBytes = 256 * 1024;

/** Frames over a transport, both ways. A single {@linkcode run} reads; any code may {@linkcode send}. */
export class Channel {
  readonly transport: Transport;
  readonly #outbox: Outbox;
  readonly #messageBytesMax: () => number;
  readonly #holdBackBytes: number;
  readonly #slice: Slice | undefined;
  readonly #memory: ChannelMemory | undefined;
  #keptBytes = 0;
  #decoder: FrameDecoder | undefined;
  #failure: unknown;
  #readBytes = 0;
  #sentFrames = 0;
  #isClosed = false;
  #isHeldBack = false;
  /** Must settle before the next frame is handled. */
  #awaited: Promise<unknown> | undefined;

  constructor(transport: Transport, options: ChannelOptions = {}) {
    this.transport = transport;
    const { bounds = limits } = options;
    this.#messageBytesMax = options.messageBytesMax ?? (() => bounds.messageBytesMax);
    this.#holdBackBytes = options.holdBackBytes ?? bounds.outboxBytesHigh;
    this.#slice = options.slice;
    this.#memory = options.memory;
    this.#outbox = new Outbox(transport, (cause) => this.#fail(cause), {
      ...options,
      ledger: options.memory,
    });
  }

  /** Whether part of a frame has arrived. */
  get isInsideFrame(): boolean {
    return this.#decoder?.isInsideFrame ?? false;
  }

  /** Bytes received of an incomplete frame. */
  get pendingBytes(): number {
    return this.#decoder?.pendingBytes ?? 0;
  }

  /** Whether reading is paused because the other side reads too slowly. */
  get isHeldBack(): boolean {
    return this.#isHeldBack;
  }

  /** Total bytes read: shows whether the other side still sends. */
  get readBytes(): number {
    return this.#readBytes;
  }

  /** Total bytes written: shows whether the other side still reads. */
  get writtenBytes(): number {
    return this.#outbox.writtenBytes;
  }

  /** Total bytes handed to the transport: the other side has seen nothing beyond them. */
  get begunBytes(): number {
    return this.#outbox.begunBytes;
  }

  /** Total bytes sent, including those that wait to be written. */
  get sentBytes(): number {
    return this.#outbox.writtenBytes + this.#outbox.queuedBytes;
  }

  /** Total frames sent. */
  get sentFrames(): number {
    return this.#sentFrames;
  }

  /** Bytes that wait to be written. */
  get queuedBytes(): number {
    return this.#outbox.queuedBytes;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Sends a frame whose body is `first` and `rest`; written together with everything else sent in this turn. */
  send(kind: number, route: number, call: number, first?: BodyPart, rest?: Uint8Array): void {
    this.#sentFrames += 1;
    this.#outbox.addFrame(kind, route, call, first, rest);
  }

  /** Sends a frame with a large body in place; see {@linkcode Outbox.addInPlace}. */
  sendInPlace(
    header: { readonly kind: number; readonly route: number; readonly call: number },
    body: Uint8Array<ArrayBuffer>,
    onWritten: () => void,
  ): void {
    this.#sentFrames += 1;
    this.#outbox.addInPlace(header, body, onWritten);
  }

  /** Sends bytes outside any frame: the preface. */
  sendRaw(bytes: Uint8Array): void {
    this.#outbox.addRaw(bytes);
  }

  /** Handles no further frame until the promise settles: a proof must be checked before what follows it. */
  holdUntil(settled: Promise<unknown>): void {
    this.#awaited = settled;
  }

  /**
   * Reads frames until the other side ends, the connection breaks, a frame is refused or `sink` throws. Reading pauses
   * while too much waits to be written, and once its share of a turn is spent.
   *
   * @param first Bytes that were already read. Their buffer returns to the pool.
   * @throws The error that ended it. Returns if the stream ends properly, or after {@linkcode close}.
   */
  async run(sink: FrameSink, first?: Uint8Array<ArrayBuffer>): Promise<void> {
    const decoder = this.#decoder = new FrameDecoder(
      sink,
      this.#messageBytesMax,
      (bytes) => this.#mayGoOn(bytes),
    );
    if (first !== undefined && first.length > 0) {
      const waits = this.#take(decoder, first);
      if (waits !== undefined) await waits;
      giveBufferOf(first);
    }
    const buffer = new ReadBuffer({ memory: this.#memory });
    let room = decoder.room;
    while (!this.#isClosed) {
      if (this.#outbox.queuedBytes > this.#holdBackBytes) {
        this.#isHeldBack = true;
        await this.#outbox.drained(this.#holdBackBytes / 2);
        this.#isHeldBack = false;
      }
      this.#slice?.pause();
      let count: number | null;
      try {
        count = await this.transport.read(room ?? buffer.bytes);
      } catch (cause) {
        if (this.#failure !== undefined) throw this.#failure;
        if (this.#isClosed) return;
        throw cause;
      }
      if (this.#failure !== undefined) throw this.#failure;
      if (count === null || this.#isClosed) return;
      this.#readBytes += count;
      if (room !== undefined) {
        this.#begin(count);
        decoder.filled(count);
      } else {
        const waits = this.#take(decoder, buffer.bytes.subarray(0, count));
        if (waits !== undefined) await waits;
        buffer.filled(count);
      }
      this.#lookAtPending(decoder);
      const wasInside = room !== undefined;
      // To get memory for the rest of a large frame may take longer than to read it, and longer than a turn.
      if (decoder.roomBytes >= largeRoomBytes) await this.#slice?.beginInTurn();
      room = decoder.room;
      if ((wasInside || room !== undefined) && this.#mustWait()) await this.#turn();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Decodes all of it. Returns a promise if that takes more than one turn. */
  #take(decoder: FrameDecoder, bytes: Uint8Array): Promise<void> | undefined {
    this.#begin(bytes.length);
    const taken = decoder.push(bytes);
    if (!this.#mustWait() && taken === bytes.length) return undefined;
    return this.#takeRest(decoder, bytes.subarray(taken));
  }

  /** Starts measuring what is made of bytes that were just read; reading them has taken its time, too. */
  #begin(readBytes: number): void {
    const slice = this.#slice;
    if (slice === undefined) return;
    slice.begin();
    if (readBytes >= countedBytesMin) slice.owe(readBytes * msPerReadByte);
  }

  async #takeRest(decoder: FrameDecoder, bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; !this.#isClosed;) {
      if (this.#mustWait()) await this.#turn();
      if (rest.length === 0 || this.#isClosed) return;
      rest = rest.subarray(decoder.push(rest));
    }
  }

  #mayGoOn(frameBytes: number): boolean {
    if (this.#isClosed || this.#awaited !== undefined) return false;
    return this.#slice === undefined || !this.#slice.isSpent(1 + (frameBytes >>> 10));
  }

  #mustWait(): boolean {
    const isSpent = this.#slice?.settle() ?? false;
    return (isSpent || this.#awaited !== undefined) && !this.#isClosed;
  }

  /** Waits until the next frame may be handled. */
  async #turn(): Promise<void> {
    const awaited = this.#awaited;
    if (awaited === undefined) return await this.#slice!.next();
    await awaited.catch(() => {});
    this.#awaited = undefined;
    this.#slice?.begin();
  }

  #lookAtPending(decoder: FrameDecoder): void {
    if (decoder.pendingBytes === this.#keptBytes) return;
    const frame = decoder.pendingFrame;
    const isKept = this.#memory?.keepsPending(decoder.pendingBytes, frame) ?? true;
    if (!isKept && frame !== undefined) decoder.skip();
    this.#keptBytes = decoder.pendingBytes;
  }

  /** Whether too much waits to be written to go on reading. */
  get isFull(): boolean {
    return this.#outbox.queuedBytes > this.#holdBackBytes;
  }

  /** Waits until there is room in the outbox. */
  hasRoom(): Promise<void> {
    return this.#outbox.drained(this.#holdBackBytes);
  }

  /** Begins to write what was sent in this turn. */
  flush(): void {
    this.#outbox.flush();
  }

  /** Waits until everything sent so far is written, or the channel is closed. */
  flushed(): Promise<void> {
    return this.#outbox.drained();
  }

  /** Ends the connection at once, and drops what waits to be written. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#outbox.close();
    this.transport.close();
    this.#slice?.end();
  }

  #fail(cause: unknown): void {
    this.#failure ??= cause;
    this.close();
  }
}
