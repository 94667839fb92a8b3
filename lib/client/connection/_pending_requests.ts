/** The unanswered requests of one connection. Each entry settles exactly once. */
import { type DeadlineClock, DeadlineTable } from "../../channel/deadline_table.ts";
import { type FarcallError, MalformedMessage } from "../../errors/mod.ts";
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
import type { ReadResult, Recovery } from "./connection_options.ts";

/** What a waiter is made of. */
export interface WaiterOptions {
  /** When it gives up, on the clock of `performance.now()`. */
  readonly deadlineMs: number;
  /** The node, for messages. */
  readonly node: string;
  /** The call's streams, if any; they are told how the call ends. */
  readonly streams?: StreamEnds;
  readonly onTiming?: (timing: Timing) => void;
  readonly recovery?: Recovery;
}

/** A method, so that one table can hold waiters for any kind of answer. */
interface Resolve<T> {
  call(answer: T | Promise<unknown>): void;
}

/** Waits for the answer to one message. */
export abstract class Waiter<T = unknown> {
  readonly deadlineMs: number;
  readonly streams: StreamEnds | undefined;
  readonly onTiming: ((timing: Timing) => void) | undefined;
  /** Settles with the answer. */
  readonly settled: Promise<T>;
  /** Where its message ends in the connection's byte stream. */
  endsAtByte = 0;
  /** Its position among all messages of the connection, from 1 on. */
  position = 0;
  readonly #node: string;
  #resolve!: Resolve<T>["call"];
  #reject!: (error: unknown) => void;
  readonly #recovery: Recovery | undefined;
  #signal: AbortSignal | undefined;
  #onAbort: (() => void) | undefined;

  constructor({ deadlineMs, node, streams, onTiming, recovery }: WaiterOptions) {
    this.deadlineMs = deadlineMs;
    this.#node = node;
    this.streams = streams;
    this.onTiming = onTiming;
    this.#recovery = recovery;
    this.settled = new Promise((resolve, reject) => {
      this.#resolve = resolve as Resolve<T>["call"];
      this.#reject = reject;
    });
  }

  /** Calls back if the signal is raised before the answer arrives. */
  watch(signal: AbortSignal, onAbort: () => void): void {
    this.#signal = signal;
    this.#onAbort = onAbort;
    signal.addEventListener("abort", onAbort, { once: true });
  }

  /**
   * Takes the answer.
   *
   * @param body A view that is valid only until this returns.
   * @throws {MalformedMessage} If it is not an answer; the waiter is still pending, and the caller must fail it.
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
    if (this.#recovery === undefined) this.#reject(error);
    else this.#resolve(this.#recovery.recover(error));
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

/** The earliest deadline of a connection, by timers that cost a short program nothing. */
const clock: DeadlineClock = {
  now: () => performance.now(),
  timer: (onTime) => new EarliestTimer(onTime),
};

/** The waiters of one connection. */
export class Pending {
  readonly #waiters: DeadlineTable<Waiter>;
  #next = 1;
  #addedCount = 0;

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
    waiter.position = ++this.#addedCount;
    this.#waiters.set(call, waiter);
    return call;
  }

  get(call: number): Waiter | undefined {
    return this.#waiters.get(call);
  }

  /** Removes a waiter from the table; undefined if it was answered or cancelled already. */
  take(call: number): Waiter | undefined {
    return this.#waiters.take(call);
  }

  /** Fails the waiters of all messages after the first `count` of the connection. */
  failAfter(count: number, error: FarcallError): void {
    for (const [call, waiter] of this.#waiters.entries()) {
      if (waiter.position > count) this.#waiters.take(call)?.fail(error);
    }
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
