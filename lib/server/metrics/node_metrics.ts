/** The numbers that a node keeps of itself. */
import type { RecordCounts } from "./record_counts.ts";
import { LoopDelays } from "./loop_delays.ts";
import { type CountedConnection, Traffic } from "./traffic.ts";

/** What is counted while the node runs. What it only has to look up is in its other parts. */
export class NodeMetrics {
  readonly records: RecordCounts;
  readonly traffic: Traffic;
  readonly delays = new LoopDelays();

  constructor(records: RecordCounts, open: () => Iterable<CountedConnection>) {
    this.records = records;
    this.traffic = new Traffic(open);
  }
}
