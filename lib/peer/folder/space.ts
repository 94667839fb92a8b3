/** How much of a folder, and of its disk, received files may take. */
import { join } from "node:path";
import { statfs } from "node:fs";
import { promisify } from "node:util";
import { limits } from "../../limits/mod.ts";

/** Bounds that a peer's user may set. */
export interface SpaceBounds {
  /** Bytes of one file. Default: `limits.peer.fileBytesMax`. */
  readonly fileBytesMax?: number;
  /** Bytes of all files in the folder. Default: `limits.peer.folderBytesMax`. */
  readonly folderBytesMax?: number;
}

/** What is left. */
export class Space {
  readonly fileBytesMax: number;
  readonly #folder: string;
  readonly #folderBytesMax: number;
  #usedBytes: number;

  private constructor(folder: string, bounds: SpaceBounds, usedBytes: number) {
    this.#folder = folder;
    this.fileBytesMax = bounds.fileBytesMax ?? limits.peer.fileBytesMax;
    this.#folderBytesMax = bounds.folderBytesMax ?? limits.peer.folderBytesMax;
    this.#usedBytes = usedBytes;
  }

  /** Looks how much a folder's files take. */
  static async of(folder: string, bounds: SpaceBounds): Promise<Space> {
    return new Space(folder, bounds, await bytesIn(folder));
  }

  /**
   * Takes room for bytes that are about to be written.
   *
   * @returns Why there is none; undefined where there is.
   */
  async take(bytes: number): Promise<string | undefined> {
    const wanted = this.#usedBytes + bytes;
    if (wanted > this.#folderBytesMax) {
      return `the folder "${this.#folder}" would hold more than ${this.#folderBytesMax} bytes`;
    }
    const free = await freeBytes(this.#folder);
    if (free !== undefined && free - bytes < limits.peer.diskBytesLeft) {
      return `the disk of "${this.#folder}" has ${free} bytes left`;
    }
    this.#usedBytes += bytes;
    return undefined;
  }

  /** Bytes that were taken are free again. */
  giveBack(bytes: number): void {
    this.#usedBytes = Math.max(0, this.#usedBytes - bytes);
  }
}

/** What a user may still write on a disk; undefined where the system does not tell. */
async function freeBytes(path: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await promisify(statfs)(path);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) bytes += await bytesIn(path);
    else if (isFile) {
      const info = await Deno.stat(path).catch(() => undefined);
      // A sparse file takes what is in it.
      bytes += info === undefined ? 0 : Math.min(info.size, (info.blocks ?? Infinity) * 512);
    }
  }
  return bytes;
}
