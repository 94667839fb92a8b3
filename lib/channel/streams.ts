/**
 * Streams of a call, at either end. The receiver grants credit (in bytes), so no more is buffered anywhere than it
 * asked for; before the first credit nothing is sent, and no source is started.
 */
import { MalformedMessage } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import type { ItemSource } from "../types/stream_codec.ts";
import type { ItemStream } from "../types/item_stream.ts";
import { Credit, itemCost } from "./credit.ts";

/** How a receiver decodes items, and what it tells its sender. */
export interface InboundOptions {
  readonly stream: Pick<ItemStream, "decodeItem">;
  /** Lets the sender send this many bytes more. */
  readonly grant: (bytes: number) => void;
  /** Called if the consumer wants no more items. */
  readonly onReturn?: () => void;
}

type Waiter = PromiseWithResolvers<IteratorResult<unknown, undefined>>;

/** Received items. Credit is granted as they are consumed. */
export class InboundItems implements AsyncIterableIterator<unknown, undefined>, AsyncDisposable {
  readonly #options: InboundOptions;
  readonly #queue: Uint8Array[] = [];
  readonly #waiters: Waiter[] = [];
  /** Credit that the sender has left. */
  #credit = 0;
  /** Bytes consumed since the last grant. */
  #takenBytes = 0;
  #taken = 0;
  #end: { readonly error?: unknown } | undefined;

  constructor(options: InboundOptions) {
    this.#options = options;
  }

  /** Grants the first credit. */
  start(): void {
    this.#grant(limits.streamWindowBytes);
  }

  /**
   * Takes a received item.
   *
   * @param payload A view that is valid only until this returns.
   * @throws {MalformedMessage} If the sender had no credit for it.
   */
  push(payload: Uint8Array): void {
    if (this.#end !== undefined) return;
    if (this.#credit <= 0) {
      throw new MalformedMessage("a stream item exceeded the stream's credit");
    }
    this.#credit -= itemCost(payload);
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#queue.push(payload.slice());
    else this.#give(payload, waiter);
  }

  /** Ends the stream; items already received can still be consumed. */
  end(): void {
    this.#finish({});
  }

  /** Ends the stream with an error; items already received can still be consumed. */
  fail(error: unknown): void {
    this.#finish({ error });
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    const waiter: Waiter = Promise.withResolvers();
    const payload = this.#queue.shift();
    if (payload !== undefined) this.#give(payload, waiter);
    else if (this.#end !== undefined) this.#settle(waiter);
    else this.#waiters.push(waiter);
    return waiter.promise;
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    const isOver = this.#end !== undefined;
    this.#queue.length = 0;
    this.#finish({});
    if (!isOver) this.#options.onReturn?.();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #give(payload: Uint8Array, waiter: Waiter): void {
    let value: unknown;
    try {
      value = this.#options.stream.decodeItem(payload, this.#taken);
    } catch (error) {
      waiter.reject(error);
      this.return();
      return;
    }
    this.#taken += 1;
    this.#takenBytes += itemCost(payload);
    if (this.#takenBytes >= limits.streamWindowBytes / 2 && this.#end === undefined) {
      this.#grant(this.#takenBytes);
      this.#takenBytes = 0;
    }
    waiter.resolve({ done: false, value });
  }

  #grant(bytes: number): void {
    this.#credit += bytes;
    this.#options.grant(bytes);
  }

  #finish(end: { readonly error?: unknown }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    for (const waiter of this.#waiters.splice(0)) this.#settle(waiter);
  }

  /** Throws once and is done then, as an async generator does. */
  #settle(waiter: Waiter): void {
    const end = this.#end!;
    this.#end = {};
    if ("error" in end) waiter.reject(end.error);
    else waiter.resolve({ done: true, value: undefined });
  }
}

/** Sends items as credit allows. */
export class OutboundItems {
  readonly #stream: Pick<ItemStream, "encodeItem">;
  readonly #send: (payload: Uint8Array) => void;
  readonly #credit = new Credit(0);
  #isStopped = false;
  #isAsking = false;
  #isToldToEnd = false;
  #iterator: AsyncIterator<unknown> | Iterator<unknown> | undefined;
  #wake: (() => void) | undefined;
  #interrupt: (() => void) | undefined;

  /** @param send Sends an item; an error that it throws ends the stream. */
  constructor(stream: Pick<ItemStream, "encodeItem">, send: (payload: Uint8Array) => void) {
    this.#stream = stream;
    this.#send = send;
  }

  /** Adds credit. @throws {MalformedMessage} As {@linkcode Credit} says. */
  credit(bytes: number): void {
    this.#credit.give(bytes);
    if (this.#credit.bytes > 0) this.#wake?.();
  }

  /**
   * Sends every item of a source.
   *
   * @throws What the source or its items' codec throws; the source is told to end then. After {@linkcode stop} it
   *   settles only if the source does.
   */
  async pump(source: ItemSource): Promise<void> {
    let isOver = false;
    let turnStartMs = performance.now();
    try {
      for (let index = 0; !this.#isStopped; index++) {
        if (this.#credit.bytes <= 0) await this.#woken();
        if (this.#isStopped) return;
        this.#iterator ??= iteratorOf(source);
        let next = this.#iterator.next() as IteratorResult<unknown>;
        // A wait would cost a microtask for each item of a list.
        if (typeof (next as unknown as PromiseLike<unknown>)?.then === "function") {
          this.#isAsking = true;
          this.#interrupt ??= this.#interruption();
          next = await next;
          this.#isAsking = false;
        }
        if (this.#isStopped) return;
        if (typeof next !== "object" || next === null) {
          isOver = true;
          throw new TypeError("its iterator returned no { done, value }");
        }
        if (next.done) {
          isOver = true;
          return;
        }
        const payload = this.#stream.encodeItem(next.value, index);
        this.#credit.use(payload);
        this.#send(payload);
        if (performance.now() - turnStartMs < limits.streamSliceMs) continue;
        // What was sent leaves in the next turn: a slow source must not hold it back.
        await this.#woken((wake) => setTimeout(wake, 0));
        turnStartMs = performance.now();
      }
    } finally {
      this.#isStopped = true;
      if (!isOver) this.#tellSource();
    }
  }

  /** Stops sending, and tells the source to end. */
  stop(): void {
    this.#isStopped = true;
    this.#wake?.();
    this.#interrupt?.();
  }

  /**
   * Makes the function that tells a source to end while it makes an item. The source is told in the context of its own
   * call, whichever code stops it.
   */
  #interruption(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    promise.then(() => {
      // A generator could only end after the item. V8 has lost its context by then, but the pending read keeps it.
      if (this.#isAsking && !isGenerator(this.#iterator!)) this.#tellSource();
    });
    return resolve;
  }

  #tellSource(): void {
    if (this.#isToldToEnd) return;
    this.#isToldToEnd = true;
    if (this.#iterator !== undefined) tellToEnd(this.#iterator);
  }

  /** Waits for credit, {@linkcode stop} or `wake`. Resumes in the context of the call, in which a source must end. */
  async #woken(begin: (wake: () => void) => void = () => {}): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      begin(resolve);
    });
    this.#wake = undefined;
  }
}

const generatorFunctions = Object.getPrototypeOf(async function* () {});

/** Whether an async generator function has returned it. */
function isGenerator(iterator: object): boolean {
  return Object.prototype.isPrototypeOf.call(generatorFunctions.prototype, iterator);
}

/** The iterator of a source. */
export function iteratorOf(source: ItemSource): AsyncIterator<unknown> | Iterator<unknown> {
  const { [Symbol.asyncIterator]: later } = source as Partial<AsyncIterable<unknown>>;
  return typeof later === "function"
    ? later.call(source)
    : (source as Iterable<unknown>)[Symbol.iterator]();
}

/** Tells a source to end, without waiting for it. */
export function tellToEnd(iterator: AsyncIterator<unknown> | Iterator<unknown>): void {
  try {
    // An async generator in the middle of a step ends after it.
    const returned: unknown = iterator.return?.();
    if (returned instanceof Promise) returned.catch(() => {});
  } catch {
    // The source was told to end; nothing waits for its errors.
  }
}
