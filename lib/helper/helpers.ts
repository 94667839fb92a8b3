import { messageOf, Overloaded, Unavailable } from "../errors/mod.ts";
import type { Limits } from "../limits/mod.ts";
import type { Log } from "../log/mod.ts";
import { type Answered, HelperEnded, HelperProcess } from "./_process.ts";
import type { Confine } from "./_spawn.ts";
import type { Job } from "./jobs.ts";

/** The purpose and bounds of a group of helpers. */
export interface HelpersParts {
  /** For messages and the log: `reading large messages`. */
  readonly purpose: string;
  readonly processesMax: number;
  /** How long one job may take. */
  readonly timeoutMs: number;
  readonly confine: Confine;
  readonly log: Log;
  readonly bounds: Limits;
}

/** A waiting job. */
interface Waiting {
  readonly bytes: number;
  readonly take: PromiseWithResolvers<HelperProcess>;
}

/**
 * A node's helper processes for one purpose: started on demand, stopped when idle. A lease is exclusive; waiting hosts
 * take turns, regardless of how many messages each has sent.
 */
export class Helpers {
  readonly #parts: HelpersParts;
  readonly #idle: HelperProcess[] = [];
  readonly #alive = new Set<HelperProcess>();
  /** By host, the next in turn first. */
  readonly #waiting = new Map<string, Waiting[]>();
  #waitingBytes = 0;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(parts: HelpersParts) {
    this.#parts = parts;
  }

  /** The process ids of running helpers. */
  get pids(): number[] {
    return [...this.#alive].map(({ pid }) => pid);
  }

  /**
   * Waits for a helper.
   *
   * @param bytes The size of its input, which counts as held memory while it waits.
   * @param from The host that sent it.
   * @throws {Overloaded} If the queue is full, or the wait too long.
   * @throws {Unavailable} If no helper can be started.
   */
  async lease(bytes: number, from: string): Promise<Lease> {
    const process = this.#free() ?? await this.#wait(bytes, from);
    return new Lease(process, {
      purpose: this.#parts.purpose,
      timeoutMs: this.#parts.timeoutMs,
      log: this.#parts.log,
      giveBack: () => this.#giveBack(process),
    });
  }

  /** Ends all helpers; waiting jobs fail with Overloaded. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#idleTimer);
    for (const process of this.#alive) process.kill();
    this.#failAll(new Overloaded("the node is shutting down"));
    await Promise.all([...this.#alive].map(({ ended }) => ended));
  }

  /** An idle helper, or a new one. @throws {Unavailable} If none can be started, and none runs. */
  #free(): HelperProcess | undefined {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#isClosed || this.#alive.size >= this.#parts.processesMax) return undefined;
    const { purpose, confine, log, bounds } = this.#parts;
    try {
      const process = new HelperProcess(confine, bounds);
      this.#alive.add(process);
      process.ended.then(() => this.#ended(process));
      log.info("helper.started", { purpose, pid: process.pid });
      return process;
    } catch (error) {
      log.error("helper.start-failed", { purpose, reason: messageOf(error) });
      if (this.#alive.size > 0) return undefined;
      throw new Unavailable(
        `no process for ${purpose} could be started on this node: ${messageOf(error)}`,
        { cause: error },
      );
    }
  }

  async #wait(bytes: number, from: string): Promise<HelperProcess> {
    const { purpose, bounds: { helperQueueBytesMax, helperWaitMs } } = this.#parts;
    if (this.#isClosed) throw new Overloaded("the node is shutting down");
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes > helperQueueBytesMax) {
      throw new Overloaded(
        `${this.#waitingBytes} bytes wait for ${purpose} on this node already, ` +
          `${helperQueueBytesMax} may; try again later`,
      );
    }
    const waiting: Waiting = { bytes, take: Promise.withResolvers() };
    const line = this.#waiting.get(from);
    if (line === undefined) this.#waiting.set(from, [waiting]);
    else line.push(waiting);
    this.#waitingBytes += bytes;
    const timer = setTimeout(() => {
      if (!this.#leave(waiting, from)) return;
      waiting.take.reject(
        new Overloaded(
          `${purpose}: its turn did not come within ${helperWaitMs / 1000} s; try again later`,
        ),
      );
    }, helperWaitMs);
    try {
      return await waiting.take.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** @returns Whether it waited. */
  #leave(waiting: Waiting, from: string): boolean {
    const line = this.#waiting.get(from);
    const index = line?.indexOf(waiting) ?? -1;
    if (line === undefined || index < 0) return false;
    line.splice(index, 1);
    if (line.length === 0) this.#waiting.delete(from);
    this.#waitingBytes -= waiting.bytes;
    return true;
  }

  /** Takes the first job of the next host, which then moves to the end. */
  #next(): Waiting | undefined {
    for (const [from, line] of this.#waiting) {
      const waiting = line[0]!;
      this.#leave(waiting, from);
      if (line.length > 0) {
        this.#waiting.delete(from);
        this.#waiting.set(from, line);
      }
      return waiting;
    }
    return undefined;
  }

  #giveBack(process: HelperProcess): void {
    if (process.hasEnded || !this.#alive.has(process)) return;
    const next = this.#next();
    if (next !== undefined) return next.take.resolve(process);
    this.#idle.push(process);
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => {
      for (const idle of this.#idle.splice(0)) idle.stop();
    }, this.#parts.bounds.helperIdleMs);
    Deno.unrefTimer(this.#idleTimer);
  }

  /** Replaces an ended helper, if jobs wait. */
  #ended(process: HelperProcess): void {
    this.#alive.delete(process);
    const index = this.#idle.indexOf(process);
    if (index >= 0) this.#idle.splice(index, 1);
    if (this.#waiting.size === 0) return;
    try {
      const free = this.#free();
      if (free === undefined) return;
      const next = this.#next();
      if (next === undefined) this.#giveBack(free);
      else next.take.resolve(free);
    } catch (error) {
      this.#failAll(error);
    }
  }

  #failAll(error: unknown): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) next.take.reject(error);
  }
}

interface LeaseOptions {
  readonly purpose: string;
  readonly timeoutMs: number;
  readonly log: Log;
  readonly giveBack: () => void;
}

/** An exclusive lease of a helper. */
export class Lease {
  readonly #process: HelperProcess;
  readonly #options: LeaseOptions;
  #last: Promise<unknown> = Promise.resolve();
  #isOver = false;

  constructor(process: HelperProcess, options: LeaseOptions) {
    this.#process = process;
    this.#options = options;
  }

  /**
   * Runs a job after those before it.
   *
   * @param timeoutMs How long it may take, if not the time of this group of helpers.
   * @throws {RpcException} The helper's verdict on the input.
   * @throws {HelperEnded} If the job exceeded a helper's memory or time, which is logged.
   */
  async ask<J extends Job>(
    job: J,
    parts?: readonly Uint8Array[],
    timeoutMs: number = this.#options.timeoutMs,
  ): Promise<Answered<J>> {
    const { purpose, log } = this.#options;
    const asked = this.#last.then(() => this.#process.ask(job, { parts, timeoutMs }));
    this.#last = asked.catch(() => {});
    try {
      return await asked;
    } catch (error) {
      if (error instanceof HelperEnded) {
        log.warn("helper.ended", { purpose, reason: error.message });
      }
      throw error;
    }
  }

  /** Returns the helper after its pending jobs; it then forgets its input. Idempotent. */
  release(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { timeoutMs, giveBack } = this.#options;
    const forgotten = this.#last.then(() => this.#process.ask({ op: "forget" }, { timeoutMs }));
    // A failure means that the process has ended, and is replaced.
    forgotten.then(giveBack, () => {});
  }
}
