/** The received chunks of a file, and where each is stored until the file is complete. */
import type { ChunkDetails } from "./packet.ts";

/** Where a chunk is stored until its file is complete. */
export interface ChunkLocation {
  /** `main`: at its offset in the file; `extra`: appended, because its length does not determine its offset. */
  readonly area: "main" | "extra";
  readonly offset: number;
}

/** A file that arrives in chunks, in any order. Most chunks have one length, which determines their offsets. */
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
  /** Arrival time of the last chunk. */
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

  /** Bytes received. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Number of chunks received. */
  get count(): number {
    return this.#count;
  }

  get isWhole(): boolean {
    return this.#count === this.total;
  }

  /** Number of chunks stored out of place. */
  get extraCount(): number {
    return this.#extraCount;
  }

  has(index: number): boolean {
    return (this.#arrived[index >> 3]! & (1 << (index & 7))) !== 0;
  }

  /** Minimum length of the whole file in bytes. */
  bytesLeast(index: number, length: number): number {
    const stride = this.#stride ?? (index < this.total - 1 ? length : 0);
    return Math.max(this.#bytes + length, stride * (this.total - 1));
  }

  /** Adds a chunk. The same chunks in the same order always get the same locations. */
  add(index: number, length: number): ChunkLocation {
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

  /** A checkpoint for {@linkcode undo}. */
  mark(): ChunkMark {
    return {
      count: this.#count,
      bytes: this.#bytes,
      extraBytes: this.#extraBytes,
      extraCount: this.#extraCount,
      stride: this.#stride,
    };
  }

  /** Removes the chunks added since a checkpoint. */
  undo(mark: ChunkMark, indices: readonly number[]): void {
    for (const index of indices) this.#arrived[index >> 3]! &= ~(1 << (index & 7));
    this.#count = mark.count;
    this.#bytes = mark.bytes;
    this.#extraBytes = mark.extraBytes;
    this.#extraCount = mark.extraCount;
    this.#stride = mark.stride;
  }
}

/** The state at some time. */
export interface ChunkMark {
  readonly count: number;
  readonly bytes: number;
  readonly extraBytes: number;
  readonly extraCount: number;
  readonly stride: number | undefined;
}

/** Bytes of the chunk list for this many chunks. */
export function tableBytesOf(total: number): number {
  return Math.ceil(total / 8);
}
