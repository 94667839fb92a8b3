/** What was asked on one connection and not yet answered. Each entry is settled exactly once. */
import { NumberTable } from "../channel/mod.ts";
import type { Timing } from "../wire/mod.ts";
import type { CallStreams } from "./_call_streams.ts";

/** Takes the answer to one message. */
export interface Waiter {
  /** The body is a view that is valid only until this returns. */
  answer(kind: number, body: Uint8Array): void;
  fail(error: unknown): void;
  /** Where its message ends among all bytes that were ever to be written on the connection. */
  endsAtByte: number;
  /** The streams of a call that has some. */
  readonly streams?: CallStreams;
  readonly onTiming?: (timing: Timing) => void;
  /** When it gives up, on the clock of `performance.now()`. */
  readonly deadlineMs: number;
}

/** The table of waiters of one connection, with one timer for the earliest deadline. */
export class Pending {
  readonly #waiters = new NumberTable<Waiter>();
  readonly #onDeadline: (call: number, waiter: Waiter) => void;
  #next = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerMs = Infinity;

  /** @param onDeadline Called for each waiter whose time is up, after it has left the table. */
  constructor(onDeadline: (call: number, waiter: Waiter) => void) {
    this.#onDeadline = onDeadline;
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** Adds a waiter and gives it a number. */
  add(waiter: Waiter): number {
    while (this.#waiters.has(this.#next)) this.#advance();
    const call = this.#next;
    this.#advance();
    this.#waiters.set(call, waiter);
    if (waiter.deadlineMs < this.#timerMs) this.#watch(waiter.deadlineMs);
    return call;
  }

  get(call: number): Waiter | undefined {
    return this.#waiters.get(call);
  }

  /** Takes a waiter out of the table; undefined if it was answered or given up already. */
  take(call: number): Waiter | undefined {
    return this.#waiters.take(call);
  }

  /** Fails every waiter. */
  failAll(error: (waiter: Waiter) => unknown): void {
    const waiters = this.#waiters.entries();
    this.#waiters.clear();
    this.#stop();
    for (const [, waiter] of waiters) waiter.fail(error(waiter));
  }

  #advance(): void {
    this.#next = this.#next === 0xffff_ffff ? 1 : this.#next + 1;
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timerMs = Infinity;
  }

  #watch(deadlineMs: number): void {
    clearTimeout(this.#timer);
    this.#timerMs = deadlineMs;
    const waitMs = Math.max(0, deadlineMs - performance.now()) + 1;
    this.#timer = setTimeout(() => this.#expire(), Math.min(waitMs, 0x7fff_ffff));
  }

  #expire(): void {
    this.#timerMs = Infinity;
    const nowMs = performance.now();
    let nextMs = Infinity;
    for (const [call, waiter] of this.#waiters.entries()) {
      if (waiter.deadlineMs > nowMs) {
        nextMs = Math.min(nextMs, waiter.deadlineMs);
        continue;
      }
      // What is done for one may have ended another.
      if (this.#waiters.take(call) !== undefined) this.#onDeadline(call, waiter);
    }
    if (nextMs !== Infinity) this.#watch(nextMs);
  }
}
