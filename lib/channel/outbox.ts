import { type Limits, limits } from "../limits/mod.ts";
import type { Transport } from "../transport/mod.ts";
import { giveBuffer, takeBuffer } from "../encoding/buffers.ts";
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
/** The buffer of an empty outbox. */
const noBuffer = new Uint8Array(0);

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
  #buffer = noBuffer;
  #bytes = 0;
  /** Full buffers that are written before that one, and the bytes in each. */
  #full: { readonly buffer: Uint8Array<ArrayBuffer>; readonly bytes: number }[] = [];
  #fullBytes = 0;
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

  /** Queues a frame whose body is the concatenated parts. Copies them. */
  addFrame(kind: number, route: number, call: number, ...parts: readonly BodyPart[]): void {
    if (this.#isClosed) return;
    let bodyBytes = 0;
    for (const part of parts) bodyBytes += typeof part === "number" ? 4 : part.length;
    this.#reserve(frameHeaderBytes + bodyBytes);
    const buffer = this.#buffer;
    let offset = this.#bytes;
    writeFrameHeader(buffer, offset, { bodyBytes, kind, route, call });
    offset += frameHeaderBytes;
    for (const part of parts) {
      if (typeof part === "number") {
        writeUint32(buffer, offset, part);
        offset += 4;
      } else {
        buffer.set(part, offset);
        offset += part.length;
      }
    }
    this.#bytes = offset;
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
    for (let buffer; (buffer = this.#next()) !== undefined;) {
      this.#ledger?.release(buffer.buffer.length);
    }
    this.#wake();
  }

  #reserve(bytes: number): void {
    const needed = this.#bytes + bytes;
    if (needed <= this.#buffer.length) return;
    // Copying much to make room for more would take long, and twice the memory.
    if (needed > this.#writeBytesMax && this.#bytes > 0) {
      this.#full.push({ buffer: this.#buffer, bytes: this.#bytes });
      this.#fullBytes += this.#bytes;
      this.#buffer = noBuffer;
      this.#bytes = 0;
      return this.#reserve(bytes);
    }
    const grown = takeBuffer(Math.max(needed, this.#buffer.length * 2, bufferBytesFirst));
    grown.set(this.#buffer.subarray(0, this.#bytes));
    this.#ledger?.add(grown.length - this.#buffer.length);
    giveBuffer(this.#buffer);
    this.#buffer = grown;
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
    // In this order: a script may print with hardly any stack left, and the first step may fail then.
    queueMicrotask(() => this.#flush());
    this.#isScheduled = true;
  }

  /** Writes in bounded parts, so that progress shows how far the peer has read. */
  async #flush(): Promise<void> {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    try {
      for (let next; !this.#isClosed && (next = this.#next()) !== undefined;) {
        const { buffer: full, bytes } = next;
        this.#writingBytes = bytes;
        for (let start = 0; start < bytes && !this.#isClosed;) {
          const end = Math.min(bytes, start + this.#writeBytesMax);
          this.#begunBytes += end - start;
          await this.#transport.write(full.subarray(start, end));
          this.#writtenBytes += end - start;
          this.#writingBytes -= end - start;
          start = end;
          this.#wake();
        }
        this.#ledger?.release(full.length);
        giveBuffer(full);
      }
    } catch (cause) {
      this.#fail(cause);
      return;
    }
    this.#isScheduled = false;
    this.#isFlushing = false;
  }

  /** Removes the buffer to be written next. */
  #next(): { readonly buffer: Uint8Array<ArrayBuffer>; readonly bytes: number } | undefined {
    const full = this.#full.shift();
    if (full !== undefined) {
      this.#fullBytes -= full.bytes;
      return full;
    }
    if (this.#bytes === 0) return undefined;
    const last = { buffer: this.#buffer, bytes: this.#bytes };
    this.#buffer = noBuffer;
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
