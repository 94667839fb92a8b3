/** The space that received files may take, of a folder and of its disk. */
import { join } from "node:path";
import { statfs } from "node:fs";
import { promisify } from "node:util";
import { limits } from "../../limits/mod.ts";

/** Bounds that a peer's user may choose. */
export interface SpaceBounds {
  /** Bytes of one file. Default: `limits.peer.fileBytesMax`. */
  readonly fileBytesMax?: number;
  /** Bytes of all files in the folder. Default: `limits.peer.folderBytesMax`. */
  readonly folderBytesMax?: number;
}

/** The remaining space. */
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

  /** Measures the space that a folder's files take. */
  static async of(folder: string, bounds: SpaceBounds): Promise<Space> {
    return new Space(folder, bounds, await bytesIn(folder));
  }

  /**
   * Reserves bytes that are about to be written.
   *
   * @returns Why there is no space; undefined on success.
   */
  async take(bytes: number): Promise<string | undefined> {
    const wanted = this.#usedBytes + bytes;
    if (wanted > this.#folderBytesMax) {
      return `the folder "${this.#folder}" would hold more than ${this.#folderBytesMax} bytes`;
    }
    const free = await freeOn(this.#folder);
    if (free !== undefined && free.bytes - bytes < limits.peer.diskBytesLeft) {
      return `the disk of "${this.#folder}" has ${free.bytes} bytes left`;
    }
    if (free?.files !== undefined && free.files < limits.peer.diskFilesLeft) {
      return `the disk of "${this.#folder}" has room for ${free.files} more files`;
    }
    this.#usedBytes += bytes;
    return undefined;
  }

  /** Returns reserved bytes. */
  giveBack(bytes: number): void {
    this.#usedBytes = Math.max(0, this.#usedBytes - bytes);
  }
}

/** The bytes and files that a user may still write to a disk; undefined if the system does not say. */
async function freeOn(
  path: string,
): Promise<{ readonly bytes: number; readonly files: number | undefined } | undefined> {
  try {
    const { bavail, bsize, files, ffree } = await promisify(statfs)(path);
    // File systems without a fixed number of files report none.
    return { bytes: bavail * bsize, files: files > 0 ? ffree : undefined };
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
      // A sparse file takes only the space of its content.
      bytes += info === undefined ? 0 : Math.min(info.size, (info.blocks ?? Infinity) * 512);
    }
  }
  return bytes;
}
