/** The last records of a log that has no file. */
import { formatJson } from "./format.ts";
import { type Limits, limits } from "../limits/mod.ts";
import { LogHistory } from "./history.ts";
import type { LogRecord } from "./mod.ts";
import { RecordRing } from "./_record_ring.ts";

/** Keeps records in memory, as many as `logRingLength` says, for who asks. */
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
