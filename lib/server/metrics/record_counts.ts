/** Counts of a node's log records, taken where they are made, at any log level. */
import type { Limits } from "../../limits/mod.ts";
import type { LogFields } from "../../log/mod.ts";
import { others } from "./call_series.ts";

/** Records of refusals, with the reason if no exception gives one. */
const refusals: ReadonlyMap<string, string> = new Map([
  ["call.refused", "Internal Error"],
  ["connection.refused", "Internal Error"],
  ["connection.timed-out", "Timed Out"],
  ["connection.handshake-failed", "Handshake Failed"],
  ["connections.dismissed", "Dismissed"],
]);

/** Records about an executor, and what happened to it. */
const executorEvents: ReadonlyMap<string, ExecutorEvent> = new Map([
  ["executor.started", "starts"],
  ["executor.start-failed", "startFailures"],
  ["executor.ended", "crashes"],
]);

/** Events of executors; `crashes` are unexpected ends. */
export type ExecutorEvent = "starts" | "startFailures" | "crashes";

/** Counts records. */
export class RecordCounts {
  readonly #bounds: Limits;
  /** Refused calls and connections, by their exception or reason. */
  readonly refusals = new Map<string, number>();
  /** By service. */
  readonly executors: Readonly<Record<ExecutorEvent, Map<string, number>>> = {
    starts: new Map(),
    startFailures: new Map(),
    crashes: new Map(),
  };
  /** Records about peers that the log left out: see `log.left-out`. */
  leftOut = 0;

  constructor(bounds: Limits) {
    this.#bounds = bounds;
  }

  take(event: string, fields: LogFields): void {
    const reason = refusals.get(event);
    if (reason !== undefined) {
      const count = typeof fields.count === "number" ? fields.count : 1;
      return add(this.refusals, String(fields.exception ?? reason), count);
    }
    const executorEvent = executorEvents.get(event);
    if (executorEvent === undefined) return;
    const counts = this.executors[executorEvent];
    const service = String(fields.service);
    const isKnown = counts.has(service) || counts.size < this.#bounds.metricServicesMax;
    add(counts, isKnown ? service : others, 1);
  }
}

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}
