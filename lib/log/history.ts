/** Reads back the records of a log: a batch at a time, so that a slow reader costs nothing. */
import { type Limits, limits } from "../limits/mod.ts";
import type { LogRecord } from "./record.ts";
import { fitsFilter, parseRecord, type RecordFilter } from "./record_text.ts";

/** What somebody wants to read. */
export interface WantedRecords {
  /** Where a batch before has ended, as it said; undefined to begin with the first that is wanted. */
  readonly position?: string;
  /** Those made at this time, or later; in milliseconds since the UNIX epoch. */
  readonly sinceMs: number;
  readonly filter: RecordFilter;
  /** How long to wait for the next record, in milliseconds. */
  readonly waitMs: number;
}

/** Some of them. */
export interface RecordBatch {
  /** In the order in which they were written. */
  readonly records: readonly LogRecord[];
  /** Where to go on. */
  readonly position: string;
  /** Whether these were the last ones, for now. */
  readonly isEnd: boolean;
  /** Whether some behind the position that was given are not kept any more. */
  readonly hasGap: boolean;
}

/** Where the lines of a log are kept. */
export interface RecordSource {
  /** Reads on, as far as one batch goes. */
  read(wanted: Omit<WantedRecords, "waitMs">): Promise<RecordBatch>;
}

/** Collects a batch out of lines. */
export class BatchBuilder {
  readonly #wanted: Pick<WantedRecords, "sinceMs" | "filter">;
  readonly records: LogRecord[] = [];
  readonly #bounds: Limits;
  #keptLength = 0;
  #lookedLength = 0;

  constructor(wanted: Pick<WantedRecords, "sinceMs" | "filter">, bounds: Limits) {
    this.#wanted = wanted;
    this.#bounds = bounds;
  }

  /** Whether enough was looked at, or found. */
  get isFull(): boolean {
    const { logBatchLength, logScanLength } = this.#bounds;
    return this.#keptLength >= logBatchLength || this.#lookedLength >= logScanLength;
  }

  /** Looks at one record. */
  add(lines: string): void {
    this.#lookedLength += lines.length;
    const { sinceMs, filter } = this.#wanted;
    // Whatever is asked for by name stands there in full.
    if (filter.service !== undefined && !lines.includes(filter.service)) return;
    if (filter.rpc !== undefined && !lines.includes(filter.rpc)) return;
    const record = parseRecord(lines);
    if (record === undefined || record.epochMs < sinceMs || !fitsFilter(record, filter)) return;
    this.records.push(record);
    this.#keptLength += lines.length;
  }
}

/** Reads a log's records, and waits for those to come. */
export class LogHistory {
  readonly #source: RecordSource;
  readonly #bounds: Limits;
  readonly #waiters = new Set<() => void>();
  readonly #reading: (() => void)[] = [];
  #readers = 0;
  /** How often there was something new. */
  #news = 0;
  #isClosed = false;

  constructor(source: RecordSource, bounds: Limits = limits) {
    this.#source = source;
    this.#bounds = bounds;
  }

  /** There is something new. */
  wake(): void {
    this.#news += 1;
    if (this.#waiters.size === 0) return;
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }

  /** Nobody waits any longer. */
  close(): void {
    this.#isClosed = true;
    this.wake();
  }

  /** Reads a batch. Where all was read, waits for more. */
  async read(wanted: WantedRecords): Promise<RecordBatch> {
    const untilMs = performance.now() + Math.min(wanted.waitMs, this.#bounds.logWaitMs);
    let known = this.#news;
    let batch = await this.#read(wanted);
    while (batch.records.length === 0 && batch.isEnd && !this.#isClosed) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0 || !await this.#somethingNew(known, leftMs)) break;
      known = this.#news;
      const next = await this.#read({ ...wanted, position: batch.position });
      batch = { ...next, hasGap: batch.hasGap || next.hasGap };
    }
    return batch;
  }

  /** Few read at a time: each holds memory while it waits for the disk. */
  async #read(wanted: WantedRecords): Promise<RecordBatch> {
    while (this.#readers >= this.#bounds.logReadersAtOnceMax) {
      await new Promise<void>((resolve) => this.#reading.push(resolve));
    }
    this.#readers += 1;
    try {
      return await this.#source.read(wanted);
    } finally {
      this.#readers -= 1;
      this.#reading.shift()?.();
    }
  }

  /** @returns Whether there is more than was known; then what comes with it has come, too. */
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
