/** The last lines of a log without a file, in memory, up to a number of characters. */
import { type Limits, limits } from "../limits/mod.ts";
import { BatchBuilder, type RecordBatch, type RecordQuery, type RecordSource } from "./history.ts";

/** Keeps records as text, which readers parse. */
export class RecordRing implements RecordSource {
  /** Distinguishes positions in this ring from those in others. */
  readonly #id = crypto.randomUUID();
  #records: string[] = [];
  /** The number of the first record. */
  #first = 0;
  /** The number of removed records at the front. */
  #gone = 0;
  #length = 0;
  readonly #bounds: Limits;

  constructor(bounds: Limits = limits) {
    this.#bounds = bounds;
  }

  add(record: string): void {
    this.#records.push(record);
    this.#length += record.length;
    while (this.#length > this.#bounds.logRingLength) {
      this.#length -= this.#records[this.#gone]!.length;
      this.#records[this.#gone++] = "";
    }
    if (this.#gone < 1024 || this.#gone < this.#records.length / 2) return;
    this.#records = this.#records.slice(this.#gone);
    this.#first += this.#gone;
    this.#gone = 0;
  }

  read({ position, sinceMs, filter }: Omit<RecordQuery, "waitMs">): Promise<RecordBatch> {
    const oldest = this.#first + this.#gone;
    const end = this.#first + this.#records.length;
    const given = this.#numberIn(position);
    const from = Math.min(Math.max(given ?? oldest, oldest), end);
    const batch = new BatchBuilder({ sinceMs, filter }, this.#bounds);
    let next = from;
    while (next < end && !batch.isFull) {
      batch.add(this.#records[next - this.#first]!.trimEnd());
      next += 1;
    }
    return Promise.resolve({
      records: batch.records,
      position: `ring:${this.#id}:${next}`,
      isEnd: next === end,
      hasGap: given !== undefined && given < oldest,
    });
  }

  /** The record number of a position; undefined if the position belongs to another ring. */
  #numberIn(position: string | undefined): number | undefined {
    const match = /^ring:([0-9a-f-]{36}):(\d{1,15})$/.exec(position ?? "");
    return match !== null && match[1] === this.#id ? Number(match[2]) : undefined;
  }
}
