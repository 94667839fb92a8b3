/** Partial files that arrive over connections: an interrupted transfer resumes them, for a while. */
import { join } from "node:path";
import { limits } from "../../limits/mod.ts";
import type { Space } from "../folder/space.ts";

const partName = /^file-[0-9a-f]{32}$/;

/** The partial files of a folder, a bounded number. */
export class Parts {
  readonly #space: Space;
  /** When each was last written, in ms since the UNIX epoch; the oldest first. */
  readonly #writtenMs = new Map<string, number>();
  readonly #inUse = new Set<string>();

  private constructor(space: Space) {
    this.#space = space;
  }

  /** Finds those of earlier processes, and removes the old ones. */
  static async open(folder: string, space: Space): Promise<Parts> {
    const parts = new Parts(space);
    const found: [path: string, writtenMs: number][] = [];
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (!isFile || !partName.test(name)) continue;
      const path = join(folder, name);
      const { mtime } = await Deno.stat(path).catch(() => ({ mtime: null }));
      if (mtime !== null) found.push([path, mtime.getTime()]);
    }
    for (const [path, writtenMs] of found.sort(([, one], [, other]) => one - other)) {
      parts.#writtenMs.set(path, writtenMs);
    }
    await parts.sweep();
    return parts;
  }

  /** A transfer begins or resumes one. */
  begin(path: string): void {
    this.#inUse.add(path);
    this.#writtenMs.delete(path);
    this.#writtenMs.set(path, Date.now());
  }

  /** The transfer is over. Nothing stays of one that brought nothing. */
  async end(path: string): Promise<void> {
    this.#inUse.delete(path);
    const size = await sizeOf(path);
    if (size === 0) await this.#remove(path);
    else if (size === undefined) this.#writtenMs.delete(path);
    await this.sweep();
  }

  /** Removes those whose senders have not returned, and the oldest of too many. */
  async sweep(): Promise<void> {
    const nowMs = Date.now();
    for (const [path, writtenMs] of [...this.#writtenMs]) {
      const isOld = nowMs - writtenMs > limits.peer.unfinishedKeptMs;
      if (!isOld && this.#writtenMs.size <= limits.peer.partsMax) return;
      if (!this.#inUse.has(path)) await this.#remove(path);
    }
  }

  async #remove(path: string): Promise<void> {
    this.#writtenMs.delete(path);
    const size = await sizeOf(path);
    await Deno.remove(path).catch(() => {});
    this.#space.giveBack(size ?? 0);
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await Deno.stat(path)).size;
  } catch {
    return undefined;
  }
}
