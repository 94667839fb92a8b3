import type { OutboxLedger } from "./outbox.ts";

/** Small, because each of many idle connections has one. */
const bytesFirst = 256;
const bytesMaxDefault = 256 * 1024;
const growth = 4;

/** Accounts for the memory of read buffers. */
export interface ReadMemory extends OutboxLedger {
  /** Whether this many more bytes may be used. */
  hasRoom(bytes: number): boolean;
}

/** A connection's read buffer: grows while much arrives and memory allows it. */
export class ReadBuffer {
  readonly #memory: ReadMemory | undefined;
  readonly #bytesMax: number;
  #bytes: Uint8Array<ArrayBuffer>;

  /** @param options `used`: a buffer to reuse if it is large enough; the caller must not touch it meanwhile. */
  constructor(options: { memory?: ReadMemory; used?: ArrayBuffer; bytesMax?: number } = {}) {
    const { memory, used } = options;
    this.#memory = memory;
    this.#bytesMax = options.bytesMax ?? bytesMaxDefault;
    const isUsed = used !== undefined && used.byteLength >= bytesFirst;
    this.#bytes = isUsed ? new Uint8Array(used) : new Uint8Array(bytesFirst);
    memory?.add(this.#bytes.length);
  }

  /** The buffer to read into; may differ after each {@linkcode filled}. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  /** Reports how many bytes were read and are no longer needed. */
  filled(count: number): void {
    const { length } = this.#bytes;
    if (count < length || length >= this.#bytesMax) return;
    const more = (growth - 1) * length;
    // Decoding the bytes takes memory, too.
    if (this.#memory?.hasRoom(growth * more) === false) return;
    this.#memory?.add(more);
    this.#bytes = new Uint8Array(growth * length);
  }

  /** Starts again with a small buffer; the bytes read last are no longer needed. */
  shrink(): void {
    const lessBytes = this.#bytes.length - bytesFirst;
    if (lessBytes <= 0) return;
    this.#memory?.release(lessBytes);
    this.#bytes = new Uint8Array(bytesFirst);
  }

  /** Releases the buffer. */
  release(): void {
    this.#memory?.release(this.#bytes.length);
  }
}
