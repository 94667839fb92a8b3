/** Which chunks of a file have arrived, and where each lies while others are missing. */
import type { ChunkDetails } from "./packet.ts";

/** Where a chunk lies until its file is whole. */
export interface ChunkPlace {
  /** `main` at its place in the file; `extra`, behind others, where its length does not tell that place. */
  readonly area: "main" | "extra";
  readonly offset: number;
}

/** A file that arrives in chunks, in any order. Chunks mostly have one length, which tells their places. */
export class ChunkedFile {
  readonly host: string;
  readonly fileId: string;
  readonly fileName: string;
  readonly total: number;
  readonly channel: string;
  readonly sender: string;
  readonly #arrived: Uint8Array;
  #count = 0;
  #bytes = 0;
  #extraBytes = 0;
  #extraCount = 0;
  #stride: number | undefined;
  /** When the last chunk came. */
  touchedMs: number;

  constructor(host: string, first: Omit<ChunkDetails, "index">, nowMs: number) {
    this.host = host;
    this.fileId = first.fileId;
    this.fileName = first.fileName;
    this.total = first.total;
    this.channel = first.channel;
    this.sender = first.sender;
    this.#arrived = new Uint8Array(tableBytesOf(first.total));
    this.touchedMs = nowMs;
  }

  /** Bytes of what has arrived. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many chunks have arrived. */
  get count(): number {
    return this.#count;
  }

  get isWhole(): boolean {
    return this.#count === this.total;
  }

  /** How many chunks do not lie at their places. */
  get extraCount(): number {
    return this.#extraCount;
  }

  has(index: number): boolean {
    return (this.#arrived[index >> 3]! & (1 << (index & 7))) !== 0;
  }

  /** Bytes that the whole file has at least. */
  bytesLeast(index: number, length: number): number {
    const stride = this.#stride ?? (index < this.total - 1 ? length : 0);
    return Math.max(this.#bytes + length, stride * (this.total - 1));
  }

  /** Notes that a chunk is there. The same chunks in the same order always get the same places. */
  add(index: number, length: number): ChunkPlace {
    const isLast = index === this.total - 1;
    if (!isLast || this.total === 1) this.#stride ??= length;
    const fits = isLast ? length <= (this.#stride ?? -1) : length === this.#stride;
    this.#arrived[index >> 3]! |= 1 << (index & 7);
    this.#count++;
    this.#bytes += length;
    if (fits) return { area: "main", offset: index * this.#stride! };
    const offset = this.#extraBytes;
    this.#extraBytes += length;
    this.#extraCount++;
    return { area: "extra", offset };
  }

  /** What {@linkcode undo} goes back to. */
  mark(): ChunkMark {
    return {
      count: this.#count,
      bytes: this.#bytes,
      extraBytes: this.#extraBytes,
      extraCount: this.#extraCount,
      stride: this.#stride,
    };
  }

  /** Takes back that chunks are there, all that were added since. */
  undo(mark: ChunkMark, indices: readonly number[]): void {
    for (const index of indices) this.#arrived[index >> 3]! &= ~(1 << (index & 7));
    this.#count = mark.count;
    this.#bytes = mark.bytes;
    this.#extraBytes = mark.extraBytes;
    this.#extraCount = mark.extraCount;
    this.#stride = mark.stride;
  }
}

/** How much was there at some time. */
export interface ChunkMark {
  readonly count: number;
  readonly bytes: number;
  readonly extraBytes: number;
  readonly extraCount: number;
  readonly stride: number | undefined;
}

/** Bytes of the table of a file with so many chunks. */
export function tableBytesOf(total: number): number {
  return Math.ceil(total / 8);
}
