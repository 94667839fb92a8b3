import type { Limits } from "../../limits/mod.ts";
import type { Log } from "../../log/mod.ts";
import { ProcessReader } from "./_process_reader.ts";
import { noteTimer, workingMs } from "./working_clock.ts";

/** An executor, as seen by the watch. */
export interface WatchedProcess {
  readonly pid: number;
  /** Whether it has calls in flight, or has not been heard since it had some. */
  readonly isBusy: boolean;
  /** Called with the time on the working clock, often while it is busy. */
  look(nowMs: number): void;
  /** Called with its memory in bytes, if known. */
  hasMemory(bytes: number): void;
}

/** Watches all executors of a node with one timer and one system query. */
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

  /** Starts watching an executor. */
  add(watched: WatchedProcess): void {
    if (this.#isClosed) return;
    this.#watched.set(watched.pid, watched);
    if (this.#timer === undefined) this.#lookIn(this.#idleMs);
    if (watched.isBusy) this.hurry();
  }

  remove(watched: WatchedProcess): void {
    if (this.#watched.get(watched.pid) === watched) this.#watched.delete(watched.pid);
  }

  /** An executor has become busy. Costs nothing while others are. */
  hurry(): void {
    if (!this.#isHurried && this.#timer !== undefined) this.#lookIn(this.#busyMs);
  }

  /** An executor's processor time in milliseconds; undefined if unknown. */
  async processorMsOf({ pid }: Pick<WatchedProcess, "pid">): Promise<number | undefined> {
    return await this.#processes.processorMsOf(pid);
  }

  /** Stops watching. */
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
      // An ended executor is no longer watched: its pid may have been reused.
      if (bytes !== undefined && this.#watched.get(each.pid) === each) each.hasMemory(bytes);
    }
  }
}
