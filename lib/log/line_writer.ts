/** Queues records for a target that may be slow, full or blocked, without making callers wait. */
import { type Limits, limits } from "../limits/mod.ts";

/** The target of records, which are lines of text. */
export interface LineTarget {
  /**
   * Writes records. Never rejects: a failure leaves no partial record, or at least none that shares a line with the
   * next.
   *
   * @returns The number of completely written records.
   */
  write(records: readonly string[]): Promise<number>;
}

/** The target standard error. */
export class StreamTarget implements LineTarget {
  readonly #stream: { write(bytes: Uint8Array): Promise<number> };
  #isTorn = false;

  constructor(stream: { write(bytes: Uint8Array): Promise<number> }) {
    this.#stream = stream;
  }

  async write(records: readonly string[]): Promise<number> {
    const given = this.#isTorn ? ["\n", ...records] : records;
    const bytes = new TextEncoder().encode(given.join(""));
    const written = await writeAll(this.#stream, bytes);
    if (written > 0) this.#isTorn = bytes[written - 1] !== newline;
    const { count } = wholeRecords(given, written);
    return Math.max(0, count - (given.length - records.length));
  }
}

/** Accepts records at any rate, passes them on as fast as the target takes them, and counts those that do not fit. */
export class LineWriter {
  readonly #target: LineTarget;
  readonly #reportLost: (count: number) => string;
  readonly #onWritten: () => void;
  readonly #bounds: Limits;
  #queue: string[] = [];
  #queuedLength = 0;
  /** Lost records not reported in the log yet. */
  #lostCount = 0;
  #lostInAll = 0;
  #writing: Promise<void> | undefined;
  /** Ends the pause after a failed write, for an attempt with all records. */
  #resume: (() => void) | undefined;

  /**
   * @param reportLost Makes the record that reports the number of lost records.
   * @param options `onWritten`: called after each write.
   */
  constructor(
    target: LineTarget,
    reportLost: (count: number) => string,
    { onWritten = () => {}, bounds = limits }: {
      readonly onWritten?: () => void;
      readonly bounds?: Limits;
    } = {},
  ) {
    this.#bounds = bounds;
    this.#target = target;
    this.#reportLost = reportLost;
    this.#onWritten = onWritten;
  }

  /** The total number of lost records. */
  get lostCount(): number {
    return this.#lostInAll;
  }

  add(record: string): void {
    if (this.#queuedLength + record.length > this.#bounds.logQueueLengthMax) this.#lose(1);
    else {
      this.#queue.push(record);
      this.#queuedLength += record.length;
    }
    // All records of this event-loop turn go into one write.
    this.#writing ??= Promise.resolve().then(() => this.#write());
  }

  /** Resolves when everything is written, or the time is up: a pipe without a reader would block forever. */
  async flushed(): Promise<void> {
    this.#resume?.();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#bounds.logFlushTimeoutMs);
    });
    await Promise.race([this.#writing, late]);
    clearTimeout(timer);
  }

  async #write(): Promise<void> {
    let hasFailed = false;
    while (this.#queue.length > 0 || hasFailed) {
      const records = this.#take();
      const reported = this.#lostCount;
      if (reported > 0) records.push(this.#reportLost(reported));
      const count = await this.#target.write(records);
      this.#onWritten();
      hasFailed = count < records.length;
      if (!hasFailed) this.#lostCount -= reported;
      else {
        this.#lose(records.length - count - (reported > 0 ? 1 : 0));
        await this.#pause();
      }
    }
    this.#writing = undefined;
  }

  /**
   * Waits before the next attempt: a full disk takes half a record each time, which readers of the file see until it is
   * removed. What comes meanwhile is lost, too.
   */
  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#lose(this.#queue.length);
      this.#queue = [];
      this.#queuedLength = 0;
      resolve();
    }, this.#bounds.logFailedPauseMs);
    Deno.unrefTimer(timer);
    this.#resume = resolve;
    await promise;
    clearTimeout(timer);
    this.#resume = undefined;
  }

  #lose(count: number): void {
    this.#lostCount += count;
    this.#lostInAll += count;
  }

  /** The next records, up to the size of one write. */
  #take(): string[] {
    const { logWriteLengthMax } = this.#bounds;
    let length = 0;
    let count = 0;
    while (count < this.#queue.length && length < logWriteLengthMax) {
      length += this.#queue[count]!.length;
      count += 1;
    }
    this.#queuedLength -= length;
    return this.#queue.splice(0, count);
  }
}

/** The byte that ends a record. */
export const newline = 0x0a;

/** Writes as much as possible. @returns The number of written bytes. */
export async function writeAll(
  stream: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<number> {
  let written = 0;
  try {
    while (written < bytes.length) written += await stream.write(bytes.subarray(written));
  } catch {
    // The disk is full, or the pipe's reader is gone: the node continues without the rest.
  }
  return written;
}

/** The number of complete records in the first bytes, and the bytes of a partial one after them. */
export function wholeRecords(
  records: readonly string[],
  bytes: number,
): { count: number; tornBytes: number } {
  const encoder = new TextEncoder();
  let tornBytes = bytes;
  for (const [count, record] of records.entries()) {
    const { length } = encoder.encode(record);
    if (length > tornBytes) return { count, tornBytes };
    tornBytes -= length;
  }
  return { count: records.length, tornBytes };
}
