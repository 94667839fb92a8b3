/** What was asked on one connection and not yet answered. Each entry is settled exactly once. */
import { type DeadlineClock, DeadlineTable } from "../../channel/deadline_table.ts";
import { MalformedMessage } from "../../errors/mod.ts";
import { EarliestTimer } from "../../timers/mod.ts";
import {
  decodeException,
  decodeResponse,
  FrameKind,
  type Request,
  type Responses,
  type Timing,
} from "../../protocol/mod.ts";
import { scriptIdAt, scriptIdBytes } from "../../identity/mod.ts";
import type { StreamEnds } from "./call_streams.ts";
import type { ReadResult } from "./connection_options.ts";

/** What a waiter waits for, and how long. */
export interface WaiterOptions {
  /** When it gives up, on the clock of `performance.now()`. */
  readonly deadlineMs: number;
  /** Where the answer comes from, as a person names it. */
  readonly node: string;
  /** The streams of a call that has some; they learn how it ends. */
  readonly streams?: StreamEnds;
  readonly onTiming?: (timing: Timing) => void;
}

/** As a method, so that a table may hold waiters for whatever answer. */
interface Resolve<T> {
  call(answer: T): void;
}

/** Waits for the answer to one message. */
export abstract class Waiter<T = unknown> {
  readonly deadlineMs: number;
  readonly streams: StreamEnds | undefined;
  readonly onTiming: ((timing: Timing) => void) | undefined;
  /** Settles with the answer. */
  readonly settled: Promise<T>;
  /** Where its message ends among all bytes that were ever to be written on the connection. */
  endsAtByte = 0;
  readonly #node: string;
  #resolve!: Resolve<T>["call"];
  #reject!: (error: unknown) => void;
  #signal: AbortSignal | undefined;
  #onAbort: (() => void) | undefined;

  constructor({ deadlineMs, node, streams, onTiming }: WaiterOptions) {
    this.deadlineMs = deadlineMs;
    this.#node = node;
    this.streams = streams;
    this.onTiming = onTiming;
    this.settled = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Has this called if the signal is raised before there is an answer. */
  watch(signal: AbortSignal, onAbort: () => void): void {
    this.#signal = signal;
    this.#onAbort = onAbort;
    signal.addEventListener("abort", onAbort, { once: true });
  }

  /**
   * Takes the answer.
   *
   * @param body A view that is valid only until this returns.
   * @throws {MalformedMessage} If it is not an answer; the waiter still waits, and is to be failed.
   */
  answer(kind: number, body: Uint8Array): void {
    if (kind === FrameKind.exception) return this.fail(decodeException(body, this.#node));
    const answer = this.read(kind, body);
    this.streams?.end();
    this.#unwatch();
    this.#resolve(answer);
  }

  fail(error: unknown): void {
    this.#unwatch();
    this.streams?.fail(error);
    this.#reject(error);
  }

  protected abstract read(kind: number, body: Uint8Array): T;

  #unwatch(): void {
    if (this.#signal !== undefined) this.#signal.removeEventListener("abort", this.#onAbort!);
  }
}

/** Waits for the result of a call. */
export class CallWaiter<T> extends Waiter<T> {
  readonly #read: ReadResult<T>;

  constructor(options: WaiterOptions, read: ReadResult<T>) {
    super(options);
    this.#read = read;
  }

  protected override read(kind: number, body: Uint8Array): T {
    if (kind !== FrameKind.result) throw new MalformedMessage(`kind ${kind} answers no call`);
    const script = scriptIdAt(body);
    return this.#read(body.subarray(scriptIdBytes), script);
  }
}

/** Waits for the response to a request. */
export class RequestWaiter<Op extends Request["op"]> extends Waiter<Responses[Op]> {
  readonly #op: Op;

  constructor(options: WaiterOptions, op: Op) {
    super(options);
    this.#op = op;
  }

  protected override read(kind: number, body: Uint8Array): Responses[Op] {
    if (kind !== FrameKind.response) throw new MalformedMessage(`kind ${kind} answers no request`);
    return decodeResponse<Op>(this.#op, body);
  }
}

/** The earliest deadline of a connection, by the timers that cost a short program nothing. */
const clock: DeadlineClock = {
  now: () => performance.now(),
  timer: (onTime) => new EarliestTimer(onTime),
};

/** The waiters of one connection. */
export class Pending {
  readonly #waiters: DeadlineTable<Waiter>;
  #next = 1;

  /** @param onDeadline Called for each waiter whose time is up, after it has left the table. */
  constructor(onDeadline: (call: number, waiter: Waiter) => void) {
    this.#waiters = new DeadlineTable(clock, (call, waiter) => {
      this.#waiters.take(call);
      onDeadline(call, waiter);
    });
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
    for (const [, waiter] of waiters) waiter.fail(error(waiter));
  }

  #advance(): void {
    this.#next = this.#next === 0xffff_ffff ? 1 : this.#next + 1;
  }
}
