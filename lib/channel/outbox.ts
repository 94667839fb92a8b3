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
/** From this size on, a write of its own costs less than a copy. */
const inPlaceBytesMin = 32 * 1024;
/** The buffer of an empty outbox. */
const noBuffer = new Uint8Array(0);

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
  #buffer = noBuffer;
  #bytes = 0;
  /** What is written before that one. */
  #full: Full[] = [];
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

  /** Queues a frame whose body is the concatenated parts. Copies them, or takes over the memory of a large last one. */
  addFrame(kind: number, route: number, call: number, ...parts: readonly BodyPart[]): void {
    if (this.#isClosed) return;
    let bodyBytes = 0;
    for (const part of parts) bodyBytes += typeof part === "number" ? 4 : part.length;
    if (bodyBytes >= inPlaceBytesMin) {
      const last = parts.at(-1)!;
      if (typeof last !== "number" && hasLead(last, bodyBytes) && takeOver(last)) {
        return this.#addInPlace({ kind, route, call }, parts, { last, onWritten: giveBufferOf });
      }
    }
    this.#reserve(frameHeaderBytes + bodyBytes);
    const buffer = this.#buffer;
    writeFrameHeader(buffer, this.#bytes, { bodyBytes, kind, route, call });
    this.#bytes = writeParts(buffer, this.#bytes + frameHeaderBytes, parts);
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
    if (!this.#isClosed) this.#addInPlace(header, [body], { last: body, onWritten });
  }

  #addInPlace(
    header: { readonly kind: number; readonly route: number; readonly call: number },
    parts: readonly BodyPart[],
    { last, onWritten }: { last: Uint8Array<ArrayBuffer>; onWritten: Full["onWritten"] },
  ): void {
    const before = parts.slice(0, -1);
    let bodyBytes = last.length;
    for (const part of before) bodyBytes += typeof part === "number" ? 4 : part.length;
    const start = last.byteOffset + last.length - bodyBytes - frameHeaderBytes;
    const frame = new Uint8Array(last.buffer, start, frameHeaderBytes + bodyBytes);
    writeFrameHeader(frame, 0, { ...header, bodyBytes });
    writeParts(frame, frameHeaderBytes, before);
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
    this.#buffer = noBuffer;
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
        const { buffer: full, bytes, onWritten } = next;
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
        this.#ledger?.release(full.buffer.byteLength);
        onWritten(full);
      }
    } catch (cause) {
      this.#fail(cause);
      return;
    }
    this.#isScheduled = false;
    this.#isFlushing = false;
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

/** Whether there is room before the last part of a body of so many bytes for all that precedes it in its frame. */
function hasLead(last: Uint8Array, bodyBytes: number): boolean {
  return last.byteOffset >= frameHeaderBytes + bodyBytes - last.length;
}

/** @returns Where the parts end. */
function writeParts(target: Uint8Array, start: number, parts: readonly BodyPart[]): number {
  let offset = start;
  for (const part of parts) {
    if (typeof part === "number") {
      writeUint32(target, offset, part);
      offset += 4;
    } else {
      target.set(part, offset);
      offset += part.length;
    }
  }
  return offset;
}
