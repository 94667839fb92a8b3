/** The last lines of a log that is in no file: so many characters of them, in memory. */
import { type Limits, limits } from "../limits/mod.ts";
import {
  BatchBuilder,
  type RecordBatch,
  type RecordSource,
  type WantedRecords,
} from "./history.ts";

/** Keeps records as text; readers parse them. */
export class RecordRing implements RecordSource {
  /** Tells positions in this ring from those in others. */
  readonly #id = crypto.randomUUID();
  #records: string[] = [];
  /** The number of the first one. */
  #first = 0;
  /** So many at the front are gone. */
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

  read({ position, sinceMs, filter }: Omit<WantedRecords, "waitMs">): Promise<RecordBatch> {
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

  /** The number of a record of this ring; undefined where the position is in another. */
  #numberIn(position: string | undefined): number | undefined {
    const match = /^ring:([0-9a-f-]{36}):(\d{1,15})$/.exec(position ?? "");
    return match !== null && match[1] === this.#id ? Number(match[2]) : undefined;
  }
}
