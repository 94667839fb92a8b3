import { type Limits, limits } from "../limits/mod.ts";
import type { Transport } from "../transport/mod.ts";
import { giveBuffer, giveBufferOf, takeBuffer, takeOver } from "../encoding/buffers.ts";
import { frameHeaderBytes, writeFrameHeader } from "../protocol/frame.ts";
import { writeUint32 } from "../encoding/uint32.ts";

/** A part of a body: bytes, or an unsigned 32-bit number written big-endian. */
export type BodyPart = Uint8Array | number;

/** Accounts for the memory of an outbox. */
export interface OutboxLedger {
  /** The outbox took this many bytes more. */
  add(bytes: number): void;
  /** It released this many. */
  release(bytes: number): void;
}

const bufferBytesFirst = 4 * 1024;
/** From this size on, a separate write costs less than a copy. */
const inPlaceBytesMin = 32 * 1024;
/** The buffer of an empty outbox, and the body of a frame that has none. */
const noBytes = new Uint8Array(0);

/** A full buffer, or a frame that is written in place. */
interface Full {
  readonly buffer: Uint8Array<ArrayBuffer>;
  readonly bytes: number;
  readonly onWritten: (buffer: Uint8Array<ArrayBuffer>) => void;
}

/**
 * Batches what is sent during an event-loop turn into one write; while a write is in progress the next batch grows.
 * That makes many small messages cheap.
 */
export class Outbox {
  readonly #transport: Transport;
  readonly #onFailure: (cause: unknown) => void;
  readonly #eagerBytes: number;
  readonly #queuedBytesMax: number;
  readonly #writeBytesMax: number;
  readonly #ledger: OutboxLedger | undefined;
  #buffer = noBytes;
  #bytes = 0;
  /** Buffers to write before `#buffer`. */
  #full: Full[] = [];
  #fullBytes = 0;
  /** The buffer that is being written, and its bytes that are not written yet. */
  #writing: Full | undefined;
  #writingBytes = 0;
  #begunBytes = 0;
  #writtenBytes = 0;
  #isScheduled = false;
  #isFlushing = false;
  #isClosed = false;
  #waiters: (() => void)[] | undefined;

  /**
   * @param onFailure Called once, when a write fails or too much is queued.
   * @param options `eagerBytes`: writes before the end of the turn once this many are queued; `queuedBytesMax`: how
   *   many may be queued; `bounds`: in place of those of `lib/limits`; `ledger`: accounts for the buffers.
   */
  constructor(
    transport: Transport,
    onFailure: (cause: unknown) => void,
    options: {
      readonly eagerBytes?: number;
      readonly queuedBytesMax?: number;
      readonly bounds?: Limits;
      readonly ledger?: OutboxLedger;
    } = {},
  ) {
    this.#transport = transport;
    this.#onFailure = onFailure;
    this.#eagerBytes = options.eagerBytes ?? Infinity;
    const { bounds = limits } = options;
    this.#queuedBytesMax = options.queuedBytesMax ?? bounds.outboxBytesMax;
    this.#writeBytesMax = bounds.writeBytesMax;
    this.#ledger = options.ledger;
  }

  /** Bytes not written yet. */
  get queuedBytes(): number {
    return this.#fullBytes + this.#bytes + this.#writingBytes;
  }

  /** Total bytes written. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** Total bytes handed to the transport: the peer has seen nothing beyond them. */
  get begunBytes(): number {
    return this.#begunBytes;
  }

  /** Queues bytes outside any frame. */
  addRaw(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#bytes);
    this.#bytes += bytes.length;
    this.#schedule();
  }

  /** Queues a frame whose body is `first` and `rest`. Copies them, or takes over the memory of a large last one. */
  addFrame(
    kind: number,
    route: number,
    call: number,
    first: BodyPart = noBytes,
    rest: Uint8Array = noBytes,
  ): void {
    if (this.#isClosed) return;
    const bodyBytes = bytesOf(first) + rest.length;
    if (bodyBytes >= inPlaceBytesMin) {
      const [before, last] = rest.length === 0 && typeof first !== "number"
        ? [noBytes, first]
        : [first, rest];
      if (hasLead(last, bodyBytes) && takeOver(last)) {
        const written = { before, last, onWritten: giveBufferOf };
        return this.#addInPlace({ kind, route, call }, written);
      }
    }
    this.#reserve(frameHeaderBytes + bodyBytes);
    const start = this.#bytes + frameHeaderBytes;
    writeFrameHeader(this.#buffer, this.#bytes, { bodyBytes, kind, route, call });
    writePart(this.#buffer, start, first);
    this.#buffer.set(rest, start + bodyBytes - rest.length);
    this.#bytes = start + bodyBytes;
    this.#schedule();
  }

  /**
   * Queues a frame with a large body without copying it. Until `onWritten` is called, nobody may change the body or the
   * `leadBytes` before it, which take the frame's header. If the connection ends first, it is never called.
   */
  addInPlace(
    header: { readonly kind: number; readonly route: number; readonly call: number },
    body: Uint8Array<ArrayBuffer>,
    onWritten: () => void,
  ): void {
    if (!this.#isClosed) this.#addInPlace(header, { before: noBytes, last: body, onWritten });
  }

  #addInPlace(
    header: { readonly kind: number; readonly route: number; readonly call: number },
    { before, last, onWritten }: {
      readonly before: BodyPart;
      readonly last: Uint8Array<ArrayBuffer>;
      readonly onWritten: Full["onWritten"];
    },
  ): void {
    const bodyBytes = bytesOf(before) + last.length;
    const start = last.byteOffset + last.length - bodyBytes - frameHeaderBytes;
    const frame = new Uint8Array(last.buffer, start, frameHeaderBytes + bodyBytes);
    writeFrameHeader(frame, 0, { ...header, bodyBytes });
    writePart(frame, frameHeaderBytes, before);
    if (this.#bytes > 0) this.#pushFull();
    this.#full.push({ buffer: frame, bytes: frame.length, onWritten });
    this.#fullBytes += frame.length;
    this.#ledger?.add(frame.buffer.byteLength);
    this.#schedule();
  }

  /** Waits until fewer than `bytes` are queued (none, for 0), or the outbox is closed. */
  async drained(bytes = 0): Promise<void> {
    while (!this.#isClosed && this.queuedBytes > bytes) {
      await new Promise<void>((resolve) => (this.#waiters ??= []).push(resolve));
    }
  }

  /** Drops the queue; nothing is written from now on. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (let next; (next = this.#next()) !== undefined;) {
      this.#ledger?.release(next.buffer.buffer.byteLength);
    }
    this.#wake();
  }

  #reserve(bytes: number): void {
    const needed = this.#bytes + bytes;
    if (needed <= this.#buffer.length) return;
    // Copying much to make room for more would take long, and twice the memory.
    if (needed > this.#writeBytesMax && this.#bytes > 0) {
      this.#pushFull();
      return this.#reserve(bytes);
    }
    const grown = takeBuffer(Math.max(needed, this.#buffer.length * 2, bufferBytesFirst));
    grown.set(this.#buffer.subarray(0, this.#bytes));
    this.#ledger?.add(grown.length - this.#buffer.length);
    giveBuffer(this.#buffer);
    this.#buffer = grown;
  }

  #pushFull(): void {
    this.#full.push({ buffer: this.#buffer, bytes: this.#bytes, onWritten: giveBuffer });
    this.#fullBytes += this.#bytes;
    this.#buffer = noBytes;
    this.#bytes = 0;
  }

  #schedule(): void {
    if (this.queuedBytes > this.#queuedBytesMax) {
      this.#fail(
        new Error(`the peer does not read: ${this.queuedBytes} bytes wait to be written to it`),
      );
      return;
    }
    if (this.#isScheduled) {
      if (this.#bytes >= this.#eagerBytes) this.#flush();
      return;
    }
    this.#flushSoon();
  }

  /** A separate function, because one that contains a closure allocates memory for its context on each call. */
  #flushSoon(): void {
    // In this order: a script may print with hardly any stack left, and the first step may fail then.
    queueMicrotask(() => this.#flush());
    this.#isScheduled = true;
  }

  /** Begins to write what is queued, without waiting for the end of the turn. */
  flush(): void {
    if (this.#isScheduled) this.#flush();
  }

  #flush(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.#writeOn(0);
  }

  /**
   * Writes in bounded parts, so that progress shows how far the peer has read. Not an async function, whose frame would
   * be the largest object that a lone call leaves behind.
   *
   * @param writtenBytes Of the part before.
   */
  #writeOn(writtenBytes: number): void {
    try {
      if (this.#writing !== undefined) this.#wrote(this.#writing, writtenBytes);
      if (this.#writing === undefined && !this.#isClosed) {
        this.#writing = this.#next();
        this.#writingBytes = this.#writing?.bytes ?? 0;
      }
      const full = this.#writing;
      if (full === undefined) {
        this.#isScheduled = this.#isFlushing = false;
        return;
      }
      const start = full.bytes - this.#writingBytes;
      const bytes = Math.min(this.#writingBytes, this.#writeBytesMax);
      this.#begunBytes += bytes;
      this.#transport.write(full.buffer.subarray(start, start + bytes)).then(
        () => this.#writeOn(bytes),
        (cause) => this.#fail(cause),
      );
    } catch (cause) {
      this.#fail(cause);
    }
  }

  #wrote({ buffer, onWritten }: Full, bytes: number): void {
    this.#writtenBytes += bytes;
    this.#writingBytes -= bytes;
    this.#wake();
    if (this.#writingBytes > 0 && !this.#isClosed) return;
    this.#writing = undefined;
    this.#ledger?.release(buffer.buffer.byteLength);
    onWritten(buffer);
  }

  /** Removes the buffer to be written next. */
  #next(): Full | undefined {
    const full = this.#full.shift();
    if (full !== undefined) {
      this.#fullBytes -= full.bytes;
      return full;
    }
    if (this.#bytes === 0) return undefined;
    const last = { buffer: this.#buffer, bytes: this.#bytes, onWritten: giveBuffer };
    this.#buffer = noBytes;
    this.#bytes = 0;
    return last;
  }

  #fail(cause: unknown): void {
    if (this.#isClosed) return;
    this.close();
    this.#onFailure(cause);
  }

  #wake(): void {
    const waiters = this.#waiters;
    if (waiters === undefined) return;
    this.#waiters = undefined;
    for (const waiter of waiters) waiter();
  }
}

/** Whether there is room before the last part of a body of so many bytes for all that precedes it in its frame. */
function hasLead(last: Uint8Array, bodyBytes: number): boolean {
  return last.byteOffset >= frameHeaderBytes + bodyBytes - last.length;
}

function bytesOf(part: BodyPart): number {
  return typeof part === "number" ? 4 : part.length;
}

function writePart(target: Uint8Array, start: number, part: BodyPart): void {
  if (typeof part === "number") writeUint32(target, start, part);
  else target.set(part, start);
}
