/** A node's own counters. */
import type { RecordCounts } from "./record_counts.ts";
import { LoopDelays } from "./loop_delays.ts";
import { type CountedConnection, Traffic } from "./traffic.ts";

/** Counters that change while the node runs; gauges are read from its other parts. */
export class NodeMetrics {
  readonly records: RecordCounts;
  readonly traffic: Traffic;
  readonly delays = new LoopDelays();

  constructor(records: RecordCounts, open: () => Iterable<CountedConnection>) {
    this.records = records;
    this.traffic = new Traffic(open);
  }
}
