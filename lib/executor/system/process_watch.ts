import type { Limits } from "../../limits/mod.ts";
import type { Log } from "../../log/mod.ts";
import { ProcessReader } from "./_process_reader.ts";
import { noteTimer, workingMs } from "./working_clock.ts";

/** An executor, as the watch sees it. */
export interface WatchedProcess {
  readonly pid: number;
  /** Whether it has calls in flight, or has not been heard since it had. */
  readonly isBusy: boolean;
  /** Is told the time on the working clock, often while it is busy. */
  look(nowMs: number): void;
  /** Is told how much memory it has, in bytes, where that is known. */
  hasMemory(bytes: number): void;
}

/** Looks after all executors of a node: one timer, and one question to the system, for all of them. */
export class ProcessWatch {
  readonly #watched = new Map<number, WatchedProcess>();
  readonly #processes: ProcessReader;
  readonly #busyMs: number;
  readonly #idleMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isHurried = false;
  #lookedAtAllMs = 0;
  #isClosed = false;

  constructor(log: Log, { watchBusyMs, watchIdleMs }: Limits) {
    this.#busyMs = watchBusyMs;
    this.#idleMs = watchIdleMs;
    this.#processes = new ProcessReader((reason) => {
      log.warn("executors.memory-unwatched", { reason });
    });
  }

  /** Looks after an executor from now on. */
  add(watched: WatchedProcess): void {
    if (this.#isClosed) return;
    this.#watched.set(watched.pid, watched);
    if (this.#timer === undefined) this.#lookIn(this.#idleMs);
    if (watched.isBusy) this.hurry();
  }

  remove(watched: WatchedProcess): void {
    if (this.#watched.get(watched.pid) === watched) this.#watched.delete(watched.pid);
  }

  /** One of them has become busy. Costs nothing while others are. */
  hurry(): void {
    if (!this.#isHurried && this.#timer !== undefined) this.#lookIn(this.#busyMs);
  }

  /** The processor time that an executor has had, in milliseconds; undefined where that is not known. */
  async processorMsOf({ pid }: Pick<WatchedProcess, "pid">): Promise<number | undefined> {
    return await this.#processes.processorMsOf(pid);
  }

  /** Looks no more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#processes.close();
  }

  #lookIn(waitMs: number): void {
    clearTimeout(this.#timer);
    this.#isHurried = waitMs === this.#busyMs;
    const dueMs = performance.now() + waitMs;
    this.#timer = setTimeout(() => {
      noteTimer(dueMs);
      this.#look();
    }, waitMs);
    Deno.unrefTimer(this.#timer);
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#watched.size === 0) return;
    const now = workingMs();
    const isAll = now - this.#lookedAtAllMs >= this.#idleMs;
    if (isAll) this.#lookedAtAllMs = now;
    const looked = [...this.#watched.values()].filter((each) => isAll || each.isBusy);
    for (const each of looked) each.look(now);
    this.#lookIn(looked.some((each) => each.isBusy) ? this.#busyMs : this.#idleMs);
    this.#readMemory(looked);
  }

  async #readMemory(looked: readonly WatchedProcess[]): Promise<void> {
    const found = await this.#processes.bytesOf(looked.map(({ pid }) => pid));
    for (const each of looked) {
      const bytes = found.get(each.pid);
      // One that has ended meanwhile is not watched any more: its pid may have been reused.
      if (bytes !== undefined && this.#watched.get(each.pid) === each) each.hasMemory(bytes);
    }
  }
}
