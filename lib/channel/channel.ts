import { type Limits, limits } from "../limits/mod.ts";
import type { Transport } from "../transport/mod.ts";
import { FrameDecoder, type FrameSink, type PendingFrame } from "../protocol/frame.ts";
import { type BodyPart, Outbox } from "./outbox.ts";
import { ReadBuffer, type ReadMemory } from "./read_buffer.ts";
import type { Slice } from "./turns.ts";

/** Keeps account of the memory that a channel takes, and says where there is no more. */
export interface ChannelMemory extends ReadMemory {
  /**
   * So many bytes are kept of a frame that is not complete, and of which, once its header is.
   *
   * @returns Whether they may be. Else the frame is forgotten, and what is still to come of it skipped.
   */
  keepsPending(bytes: number, frame: PendingFrame | undefined): boolean;
}

/** How a channel behaves. */
export interface ChannelOptions {
  /** What it keeps to, unless the others say something else. Default: `limits`. */
  bounds?: Limits;
  /** The largest frame body that is accepted now, in bytes. Default: `messageBytesMax`. */
  messageBytesMax?: () => number;
  /**
   * While more bytes than this wait to be written, reading waits too. Of two sides that send each other much,
   * one must always read, or each waits for the other: it says Infinity. Default: `outboxBytesHigh`.
   */
  holdBackBytes?: number;
  /**
   * Once so many bytes are there, they are written before the turn is over: the other side works on these while
   * this one makes the rest. It costs a write more, and is for a side that makes many messages one by one.
   * Default: Infinity.
   */
  eagerBytes?: number;
  /** What it may take of a turn of the event loop. Default: as much as comes. */
  slice?: Slice;
  /** Of more bytes than this that wait to be written the connection ends. Default: `outboxBytesMax`. */
  queuedBytesMax?: number;
  /** Accounts for the channel's memory. Default: none. */
  memory?: ChannelMemory;
}

/** Frames over a transport, both ways. One {@linkcode run} reads; anyone may {@linkcode send}. */
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
  /** What is waited for before another frame is looked at. */
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

  /** Whether a frame has begun to arrive that is not complete. */
  get isInsideFrame(): boolean {
    return this.#decoder?.isInsideFrame ?? false;
  }

  /** Bytes of a frame that is not complete. */
  get pendingBytes(): number {
    return this.#decoder?.pendingBytes ?? 0;
  }

  /** Whether reading waits because the other side does not keep up with what is written to it. */
  get isHeldBack(): boolean {
    return this.#isHeldBack;
  }

  /** Bytes that were read so far, in all: shows whether the other side still says anything. */
  get readBytes(): number {
    return this.#readBytes;
  }

  /** Bytes that were written so far, in all: shows whether the other side still takes any. */
  get writtenBytes(): number {
    return this.#outbox.writtenBytes;
  }

  /** Bytes that were at least begun to be written, in all: of the others the other side has seen none. */
  get begunBytes(): number {
    return this.#outbox.begunBytes;
  }

  /** Bytes that were sent so far, in all, those included that wait to be written. */
  get sentBytes(): number {
    return this.#outbox.writtenBytes + this.#outbox.queuedBytes;
  }

  /** Frames that were sent so far. */
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

  /** Sends a frame whose body is the parts; written with everything else of this turn. */
  send(kind: number, route: number, call: number, ...parts: readonly BodyPart[]): void {
    this.#sentFrames += 1;
    this.#outbox.addFrame(kind, route, call, ...parts);
  }

  /** Sends bytes that are no frame: the preface. */
  sendRaw(bytes: Uint8Array): void {
    this.#outbox.addRaw(bytes);
  }

  /** Looks at no frame after this one until something has settled: at what comes behind a proof, say. */
  holdUntil(settled: Promise<unknown>): void {
    this.#awaited = settled;
  }

  /**
   * Reads frames until the other side ends, the connection breaks, a frame is refused or `sink`
   * throws. While much waits to be written, reading waits too; so it does when its slice of a turn is spent.
   *
   * @param first Bytes that were read before, to be taken first. The buffer that they lie in is read into from then on.
   * @throws Whatever ended it; returns at a proper end of the stream or after {@linkcode close}.
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
    }
    const buffer = new ReadBuffer({ memory: this.#memory, used: first?.buffer });
    while (!this.#isClosed) {
      if (this.#outbox.queuedBytes > this.#holdBackBytes) {
        this.#isHeldBack = true;
        await this.#outbox.drained(this.#holdBackBytes / 2);
        this.#isHeldBack = false;
      }
      const room = decoder.room;
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
        this.#slice?.begin();
        decoder.filled(count);
        if (this.#mustWait()) await this.#turn();
      } else {
        const waits = this.#take(decoder, buffer.bytes.subarray(0, count));
        if (waits !== undefined) await waits;
        buffer.filled(count);
      }
      this.#lookAtPending(decoder);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Gives all of it to the decoder; where that takes more than a turn, resolves when it is done. */
  #take(decoder: FrameDecoder, bytes: Uint8Array): Promise<void> | undefined {
    this.#slice?.begin();
    const taken = decoder.push(bytes);
    if (!this.#mustWait() && taken === bytes.length) return undefined;
    return this.#takeRest(decoder, bytes.subarray(taken));
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

  /** Waits until more may be looked at. */
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

  /** Whether so much waits to be written that reading waits, too. */
  get isFull(): boolean {
    return this.#outbox.queuedBytes > this.#holdBackBytes;
  }

  /** Waits while it is full. */
  hasRoom(): Promise<void> {
    return this.#outbox.drained(this.#holdBackBytes);
  }

  /** Waits until everything that was sent so far is written, or the channel is closed. */
  flushed(): Promise<void> {
    return this.#outbox.drained();
  }

  /** Ends the connection at once; what waits to be written is dropped. May be called again. */
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
