/** Records on their way to a target that may be slow, full or blocked: no caller waits for it. */
import { type Limits, limits } from "../limits/mod.ts";

/** Where records go, as text that ends with a line break. */
export interface LineTarget {
  /**
   * Adds records. Never rejects: what fails leaves no part of a record, or at least no record that others follow on
   * the same line.
   *
   * @returns How many of them are there, whole.
   */
  write(records: readonly string[]): Promise<number>;
}

/** A stream of the process: standard error. */
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

/** Takes records at any rate, and hands them on as fast as they are taken; those for which there is no room it counts. */
export class LineWriter {
  readonly #target: LineTarget;
  readonly #reportLost: (count: number) => string;
  readonly #onWritten: () => void;
  readonly #bounds: Limits;
  #queue: string[] = [];
  #queuedLength = 0;
  /** Those of which the log says nothing yet. */
  #lostCount = 0;
  #lostInAll = 0;
  #writing: Promise<void> | undefined;

  /**
   * @param reportLost The record that says how many were lost.
   * @param options `onWritten` is told each time that some are where they are kept.
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

  /** How many were lost so far. */
  get lostCount(): number {
    return this.#lostInAll;
  }

  add(record: string): void {
    if (this.#queuedLength + record.length > this.#bounds.logQueueLengthMax) this.#lose(1);
    else {
      this.#queue.push(record);
      this.#queuedLength += record.length;
    }
    // What this turn of the event loop adds goes in one write.
    this.#writing ??= Promise.resolve().then(() => this.#write());
  }

  /** Resolves when all is written, or the time is up: a pipe without a reader would block for ever. */
  async flushed(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#bounds.logFlushTimeoutMs);
    });
    await Promise.race([this.#writing, late]);
    clearTimeout(timer);
  }

  async #write(): Promise<void> {
    while (this.#queue.length > 0) {
      const records = this.#take();
      const reported = this.#lostCount;
      if (reported > 0) records.push(this.#reportLost(reported));
      const count = await this.#target.write(records);
      this.#onWritten();
      if (count === records.length) this.#lostCount -= reported;
      else this.#lose(records.length - count - (reported > 0 ? 1 : 0));
    }
    this.#writing = undefined;
  }

  #lose(count: number): void {
    this.#lostCount += count;
    this.#lostInAll += count;
  }

  /** The next records, as many as one write may have. */
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

/** Writes as much as can be written. @returns How many bytes that are. */
export async function writeAll(
  stream: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<number> {
  let written = 0;
  try {
    while (written < bytes.length) written += await stream.write(bytes.subarray(written));
  } catch {
    // The disk is full or the reader of the pipe is gone: the node goes on without the rest.
  }
  return written;
}

/** How many records the first bytes of all are, whole, and how many bytes of another follow. */
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
