/** Reads back the records of a log, in batches, so that a slow reader holds no memory. */
import { type Limits, limits } from "../limits/mod.ts";
import type { LogRecord } from "./record.ts";
import { fitsFilter, parseRecord, type RecordFilter } from "./record_text.ts";

/** A read request. */
export interface RecordQuery {
  /** The end position of the previous batch; undefined for the first batch. */
  readonly position?: string;
  /** Only records since this time, in milliseconds since the UNIX epoch. */
  readonly sinceMs: number;
  readonly filter: RecordFilter;
  /** How long to wait for the next record, in milliseconds. */
  readonly waitMs: number;
}

/** A batch of records. */
export interface RecordBatch {
  /** In the order of writing. */
  readonly records: readonly LogRecord[];
  /** The position of the next batch. */
  readonly position: string;
  /** Whether these are the last records so far. */
  readonly isEnd: boolean;
  /** Whether records after the given position are no longer kept. */
  readonly hasGap: boolean;
}

/** The storage of a log's lines. */
export interface RecordSource {
  /** Reads the next batch. */
  read(query: Omit<RecordQuery, "waitMs">): Promise<RecordBatch>;
}

/** Collects a batch. */
export class BatchBuilder {
  readonly #query: Pick<RecordQuery, "sinceMs" | "filter">;
  readonly records: LogRecord[] = [];
  readonly #bounds: Limits;
  #keptLength = 0;
  #lookedLength = 0;

  constructor(query: Pick<RecordQuery, "sinceMs" | "filter">, bounds: Limits) {
    this.#query = query;
    this.#bounds = bounds;
  }

  /** Whether enough was read or found. */
  get isFull(): boolean {
    const { logBatchLength, logScanLength } = this.#bounds;
    return this.#keptLength >= logBatchLength || this.#lookedLength >= logScanLength;
  }

  /** Adds a record, if it matches. */
  add(lines: string): void {
    this.#lookedLength += lines.length;
    const { sinceMs, filter } = this.#query;
    // A quick test: a filter's names appear verbatim in matching records.
    if (filter.service !== undefined && !lines.includes(filter.service)) return;
    if (filter.rpc !== undefined && !lines.includes(filter.rpc)) return;
    const record = parseRecord(lines);
    if (record === undefined || record.epochMs < sinceMs || !fitsFilter(record, filter)) return;
    this.records.push(record);
    this.#keptLength += lines.length;
  }
}

/** Reads a log's records, and waits for new ones. */
export class LogHistory {
  readonly #source: RecordSource;
  readonly #bounds: Limits;
  readonly #waiters = new Set<() => void>();
  readonly #reading: (() => void)[] = [];
  #readers = 0;
  /** The number of notifications. */
  #news = 0;
  #isClosed = false;

  constructor(source: RecordSource, bounds: Limits = limits) {
    this.#source = source;
    this.#bounds = bounds;
  }

  /** New records were written. */
  wake(): void {
    this.#news += 1;
    if (this.#waiters.size === 0) return;
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }

  /** Releases all waiters. */
  close(): void {
    this.#isClosed = true;
    this.wake();
  }

  /** Reads a batch; at the end, waits for more. */
  async read(query: RecordQuery): Promise<RecordBatch> {
    const untilMs = performance.now() + Math.min(query.waitMs, this.#bounds.logWaitMs);
    let known = this.#news;
    let batch = await this.#read(query);
    while (batch.records.length === 0 && batch.isEnd && !this.#isClosed) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0 || !await this.#somethingNew(known, leftMs)) break;
      known = this.#news;
      const next = await this.#read({ ...query, position: batch.position });
      batch = { ...next, hasGap: batch.hasGap || next.hasGap };
    }
    return batch;
  }

  /** Bounds concurrent readers, because each holds memory while it waits for the disk. */
  async #read(query: RecordQuery): Promise<RecordBatch> {
    while (this.#readers >= this.#bounds.logReadersAtOnceMax) {
      await new Promise<void>((resolve) => this.#reading.push(resolve));
    }
    this.#readers += 1;
    try {
      return await this.#source.read(query);
    } finally {
      this.#readers -= 1;
      this.#reading.shift()?.();
    }
  }

  /** Waits for new records, and a moment longer for those that follow. @returns Whether there are any. */
  async #somethingNew(known: number, withinMs: number): Promise<boolean> {
    const isWoken = this.#news > known || await new Promise<boolean>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(wake);
        resolve(false);
      }, withinMs);
      this.#waiters.add(wake);
    });
    if (isWoken && !this.#isClosed) {
      await new Promise((resolve) => setTimeout(resolve, this.#bounds.logGatherMs));
    }
    return isWoken;
  }
}
