import type { OutboxLedger } from "./outbox.ts";

/** Many connections are idle, and each has a buffer that is read into. */
const bytesFirst = 1024;
const bytesMaxDefault = 256 * 1024;
const growth = 4;

/** Keeps account of the memory of buffers. */
export interface ReadMemory extends OutboxLedger {
  /** Whether so many more bytes may be taken. */
  hasRoom(bytes: number): boolean;
}

/** What a connection is read into: small while little comes, larger where much does and there is memory for it. */
export class ReadBuffer {
  readonly #memory: ReadMemory | undefined;
  readonly #bytesMax: number;
  #bytes: Uint8Array<ArrayBuffer>;

  /** @param options `used` is taken if large enough; its giver must not touch it any more. */
  constructor(options: { memory?: ReadMemory; used?: ArrayBuffer; bytesMax?: number } = {}) {
    const { memory, used } = options;
    this.#memory = memory;
    this.#bytesMax = options.bytesMax ?? bytesMaxDefault;
    const isUsed = used !== undefined && used.byteLength >= bytesFirst;
    this.#bytes = isUsed ? new Uint8Array(used) : new Uint8Array(bytesFirst);
    memory?.add(this.#bytes.length);
  }

  /** To read into; another one after each {@linkcode filled}. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  /** So much was read, and is not needed any more. */
  filled(count: number): void {
    const { length } = this.#bytes;
    if (count < length || length >= this.#bytesMax) return;
    const more = (growth - 1) * length;
    // What is read takes memory, too.
    if (this.#memory?.hasRoom(growth * more) === false) return;
    this.#memory?.add(more);
    this.#bytes = new Uint8Array(growth * length);
  }

  /** It is not used any more. */
  release(): void {
    this.#memory?.release(this.#bytes.length);
  }
}
