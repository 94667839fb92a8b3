/** Streams of bodies and connections for scripts, backed by the runtime, whose objects stay private. */
import { AbortController, type AbortSignal, whenAborted } from "../abort.ts";
import { answered, answeredSync, givenReason } from "./errors.ts";
import { methodOf, strategyOf } from "./given_methods.ts";

const RuntimeReadable = globalThis.ReadableStream;
const RuntimeWritable = globalThis.WritableStream;
const RuntimeAbortController = globalThis.AbortController;

/** The runtime's object for a new facade; no script has one. */
class Existing<Value> {
  readonly value: Value;

  constructor(value: Value) {
    this.value = value;
  }
}

function existing<Value>(given: unknown): Value {
  if (given instanceof Existing) return given.value as Value;
  throw new TypeError("Illegal constructor");
}

/** Creates one facade for a stream's controller, however often it is requested. */
function once<Controller, Shown>(
  Facade: new (controller: Existing<Controller>) => Shown,
): (controller: Controller) => Shown {
  let shown: Shown | undefined;
  return (controller) => shown ??= new Facade(new Existing(controller));
}

/** The end of a stream into which its source puts items. */
export class ReadableStreamDefaultController {
  readonly #controller: globalThis.ReadableStreamDefaultController<unknown>;

  constructor(controller?: unknown) {
    this.#controller = existing(controller);
  }

  get desiredSize(): number | null {
    return this.#controller.desiredSize;
  }

  enqueue(chunk?: unknown): void {
    answeredSync(() => this.#controller.enqueue(chunk));
  }

  close(): void {
    answeredSync(() => this.#controller.close());
  }

  error(reason?: unknown): void {
    this.#controller.error(givenReason(reason));
  }

  get [Symbol.toStringTag](): string {
    return "ReadableStreamDefaultController";
  }
}

/** Reads a stream. */
export class ReadableStreamDefaultReader {
  readonly #reader: globalThis.ReadableStreamDefaultReader<unknown>;

  constructor(stream?: unknown) {
    this.#reader = answeredSync(() =>
      stream instanceof ReadableStream
        ? runtimeReadable(stream).getReader()
        : existing<globalThis.ReadableStreamDefaultReader<unknown>>(stream)
    );
  }

  get closed(): Promise<void> {
    return answered(async () => void await this.#reader.closed);
  }

  read(): Promise<{ done: boolean; value: unknown }> {
    return answered(async () => {
      const { done, value } = await this.#reader.read();
      return { done, value };
    });
  }

  cancel(reason?: unknown): Promise<void> {
    return answered(() => this.#reader.cancel(givenReason(reason)));
  }

  releaseLock(): void {
    answeredSync(() => this.#reader.releaseLock());
  }

  get [Symbol.toStringTag](): string {
    return "ReadableStreamDefaultReader";
  }
}

let runtimeReadable: (stream: ReadableStream) => globalThis.ReadableStream<unknown>;
let runtimeWritable: (stream: WritableStream) => globalThis.WritableStream<unknown>;

/** Whether the runtime itself is creating a stream. */
let isRuntimeAtWork = false;

/**
 * Runs an operation of the runtime that creates streams by their global name, as Deno 2.4 does, so that it gets its
 * own.
 *
 * @param work Must run no code of a script before it returns.
 */
export function withRuntimeStreams<Result>(work: () => Result): Result {
  isRuntimeAtWork = true;
  try {
    return work();
  } finally {
    isRuntimeAtWork = false;
  }
}

/** A readable stream of items. */
export class ReadableStream {
  readonly #stream!: globalThis.ReadableStream<unknown>;

  constructor(source: unknown = {}, strategy?: unknown) {
    if (isRuntimeAtWork) return new RuntimeReadable(source as never) as never;
    this.#stream = source instanceof Existing
      ? source.value
      : answeredSync(() => new RuntimeReadable(sourceOf(Object(source)), strategyOf(strategy)));
  }

  static {
    runtimeReadable = (stream) => stream.#stream;
  }

  /** Iterates over anything iterable. */
  static from(items: AsyncIterable<unknown> | Iterable<unknown>): ReadableStream {
    const iterator = Symbol.asyncIterator in items
      ? items[Symbol.asyncIterator]()
      : items[Symbol.iterator]();
    return new ReadableStream({
      async pull(controller: ReadableStreamDefaultController): Promise<void> {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(await value);
      },
      async cancel(reason: unknown): Promise<void> {
        await iterator.return?.(reason);
      },
    }, { highWaterMark: 0 });
  }

  get locked(): boolean {
    return this.#stream.locked;
  }

  cancel(reason?: unknown): Promise<void> {
    return answered(() => this.#stream.cancel(givenReason(reason)));
  }

  getReader(): ReadableStreamDefaultReader {
    return new ReadableStreamDefaultReader(this);
  }

  tee(): [ReadableStream, ReadableStream] {
    const [one, other] = answeredSync(() => this.#stream.tee());
    return [shownReadable(one), shownReadable(other)];
  }

  pipeTo(target: unknown, options?: unknown): Promise<void> {
    const { preventClose, preventAbort, preventCancel, signal } = Object(options) as Record<
      string,
      unknown
    >;
    return answered(async () => {
      if (!(target instanceof WritableStream)) throw new TypeError("pipeTo takes a WritableStream");
      const { signal: stop, forget } = runtimeSignal(signal as AbortSignal | undefined);
      try {
        await this.#stream.pipeTo(runtimeWritable(target), {
          preventClose: Boolean(preventClose),
          preventAbort: Boolean(preventAbort),
          preventCancel: Boolean(preventCancel),
          signal: stop,
        });
      } finally {
        forget();
      }
    });
  }

  pipeThrough(
    pair: { readonly writable: unknown; readonly readable: ReadableStream },
    options?: unknown,
  ): ReadableStream {
    this.pipeTo(pair.writable, options).catch(() => {});
    return pair.readable;
  }

  async *values(options?: { preventCancel?: boolean }): AsyncGenerator<unknown, void> {
    const reader = this.getReader();
    let isOver = false;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        isOver = done;
        if (done) return;
        yield value;
      }
    } finally {
      if (!isOver && !options?.preventCancel) reader.cancel().catch(() => {});
      reader.releaseLock();
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<unknown, void> {
    return this.values();
  }

  get [Symbol.toStringTag](): string {
    return "ReadableStream";
  }
}

/** A script's source of items, converted for the runtime. */
function sourceOf(source: object): UnderlyingDefaultSource<unknown> {
  const { type } = source as { type?: unknown };
  if (type !== undefined && String(type) !== "bytes") throw new TypeError(`no such type: ${type}`);
  const shown = once(ReadableStreamDefaultController);
  const [start, pull, cancel] = ["start", "pull", "cancel"].map((name) => methodOf(source, name));
  return {
    ...start && { start: (controller) => start(shown(controller)) },
    ...pull && { pull: (controller) => pull(shown(controller)) as void },
    ...cancel && { cancel: (reason) => cancel(reason) as void },
  };
}

/** A runtime stream, wrapped for scripts. */
export function shownReadable(stream: globalThis.ReadableStream<unknown>): ReadableStream {
  return new ReadableStream(new Existing(stream));
}

/** The end of a stream at which its sink reports errors. */
export class WritableStreamDefaultController {
  readonly #controller: globalThis.WritableStreamDefaultController;
  readonly #stopped = new AbortController();

  constructor(controller?: unknown) {
    this.#controller = existing(controller);
    const { signal } = this.#controller;
    signal.addEventListener("abort", () => this.#stopped.abort(signal.reason));
  }

  get signal(): AbortSignal {
    return this.#stopped.signal;
  }

  error(reason?: unknown): void {
    this.#controller.error(givenReason(reason));
  }

  get [Symbol.toStringTag](): string {
    return "WritableStreamDefaultController";
  }
}

/** Writes to a stream. */
export class WritableStreamDefaultWriter {
  readonly #writer: globalThis.WritableStreamDefaultWriter<unknown>;

  constructor(stream?: unknown) {
    if (!(stream instanceof WritableStream)) throw new TypeError("a writer takes a WritableStream");
    this.#writer = answeredSync(() => runtimeWritable(stream).getWriter());
    // A script may never read these promises, which would then count as unhandled rejections.
    this.#writer.closed.catch(() => {});
    this.#writer.ready.catch(() => {});
  }

  get closed(): Promise<void> {
    return answered(async () => void await this.#writer.closed);
  }

  get ready(): Promise<void> {
    return answered(async () => void await this.#writer.ready);
  }

  get desiredSize(): number | null {
    return answeredSync(() => this.#writer.desiredSize);
  }

  write(chunk?: unknown): Promise<void> {
    return answered(() => this.#writer.write(chunk));
  }

  close(): Promise<void> {
    return answered(() => this.#writer.close());
  }

  abort(reason?: unknown): Promise<void> {
    return answered(() => this.#writer.abort(givenReason(reason)));
  }

  releaseLock(): void {
    this.#writer.releaseLock();
  }

  get [Symbol.toStringTag](): string {
    return "WritableStreamDefaultWriter";
  }
}

/** A writable stream of items. */
export class WritableStream {
  readonly #stream: globalThis.WritableStream<unknown>;

  constructor(sink: unknown = {}, strategy?: unknown) {
    this.#stream = sink instanceof Existing
      ? sink.value
      : answeredSync(() => new RuntimeWritable(sinkOf(Object(sink)), strategyOf(strategy)));
  }

  static {
    runtimeWritable = (stream) => stream.#stream;
  }

  get locked(): boolean {
    return this.#stream.locked;
  }

  abort(reason?: unknown): Promise<void> {
    return answered(() => this.#stream.abort(givenReason(reason)));
  }

  close(): Promise<void> {
    return answered(() => this.#stream.close());
  }

  getWriter(): WritableStreamDefaultWriter {
    return new WritableStreamDefaultWriter(this);
  }

  get [Symbol.toStringTag](): string {
    return "WritableStream";
  }
}

/** A script's sink of items, converted for the runtime. */
function sinkOf(sink: object): UnderlyingSink<unknown> {
  const shown = once(WritableStreamDefaultController);
  const [start, write, close, abort] = ["start", "write", "close", "abort"]
    .map((name) => methodOf(sink, name));
  return {
    ...start && { start: (controller) => start(shown(controller)) },
    ...write && { write: (chunk, controller) => write(chunk, shown(controller)) as void },
    ...close && { close: () => close() as void },
    ...abort && { abort: (reason) => abort(reason) as void },
  };
}

/** A runtime stream, wrapped for scripts. */
export function shownWritable(stream: globalThis.WritableStream<unknown>): WritableStream {
  return new WritableStream(new Existing(stream));
}

/** The runtime's object behind a script's stream. */
export function streamOfRuntime(stream: ReadableStream): globalThis.ReadableStream<unknown> {
  return runtimeReadable(stream);
}

/** A signal, converted for the runtime. @returns The signal, and a function that stops listening to the script's. */
export function runtimeSignal(
  signal: AbortSignal | undefined,
): { readonly signal: globalThis.AbortSignal | undefined; readonly forget: () => void } {
  if (signal === undefined || signal === null) return { signal: undefined, forget: () => {} };
  const controller = new RuntimeAbortController();
  const forget = whenAborted(signal, (reason) => controller.abort(givenReason(reason)));
  return { signal: controller.signal, forget };
}
