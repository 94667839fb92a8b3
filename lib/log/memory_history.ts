/** The last records of a log without a file. */
import { formatJson } from "./format.ts";
import { type Limits, limits } from "../limits/mod.ts";
import { LogHistory } from "./history.ts";
import type { LogRecord } from "./mod.ts";
import { RecordRing } from "./_record_ring.ts";

/** Keeps up to `logRingLength` characters of records in memory, for readers. */
export class MemoryHistory extends LogHistory {
  readonly #ring: RecordRing;

  constructor(bounds: Limits = limits) {
    const ring = new RecordRing(bounds);
    super(ring, bounds);
    this.#ring = ring;
  }

  add(record: LogRecord): void {
    this.#ring.add(formatJson(record));
    this.wake();
  }
}
