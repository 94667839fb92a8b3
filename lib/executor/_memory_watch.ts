/** Looks at how much memory a process has, and says when it is too much. Linux only: elsewhere it is silent. */
import { limits } from "../limits/mod.ts";

/** Linux counts memory in pages; every platform that the runtime supports there has them of this size. */
const pageBytes = 4096;
const MiB = 1024 * 1024;

/** Watches the resident memory of one process. */
export class MemoryWatch {
  readonly #statm: string;
  readonly #bytesMax: number;
  readonly #onExcess: (reason: string) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  /** @param onExcess Called once, with the reason in words. */
  constructor(pid: number, bytesMax: number, onExcess: (reason: string) => void) {
    this.#statm = `/proc/${pid}/statm`;
    this.#bytesMax = bytesMax;
    this.#onExcess = onExcess;
  }

  /** Looks often while the process is busy, seldom else. */
  start(isBusy: () => boolean): void {
    if (Deno.build.os !== "linux" || this.#isStopped) return;
    this.#timer = setTimeout(async () => {
      const bytes = await this.#residentBytes();
      if (this.#isStopped || bytes === undefined) return;
      if (bytes <= this.#bytesMax) return this.start(isBusy);
      this.#isStopped = true;
      this.#onExcess(
        `it used ${Math.ceil(bytes / MiB)} MiB of memory, ` +
          `${Math.floor(this.#bytesMax / MiB)} MiB are allowed (its service's limits: memory)`,
      );
    }, isBusy() ? limits.memoryWatchBusyMs : limits.memoryWatchIdleMs);
    Deno.unrefTimer(this.#timer);
  }

  /** Looks no more. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** Undefined once the process is gone. */
  async #residentBytes(): Promise<number | undefined> {
    try {
      return Number((await Deno.readTextFile(this.#statm)).split(" ")[1]) * pageBytes;
    } catch {
      return undefined;
    }
  }
}
