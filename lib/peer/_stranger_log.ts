/** A log that limits the rate of records that others' packets cause, and counts the rest. */
import { limits } from "../limits/mod.ts";
import { type Log, type LogFields, LogFilter, type LogLevel } from "../log/mod.ts";

/** Passes records to a log; of those about other machines, a limited number of each event per second. */
export class StrangerLog extends LogFilter {
  readonly #nowMs: () => number;
  #second = 0;
  readonly #counts = new Map<string, number>();

  constructor(log: Log, nowMs: () => number = () => performance.now()) {
    super(log);
    this.#nowMs = nowMs;
  }

  /** Reports how many records were suppressed. */
  flush(): void {
    const { recordsPerSecondMax: most } = limits.peer;
    const over = [...this.#counts].filter(([, count]) => count > most);
    this.#counts.clear();
    if (over.length === 0) return;
    this.log.warn("log.left-out", {
      count: over.reduce((sum, [, count]) => sum + count - most, 0),
      events: over.map(([event, count]) => `${event} ${count - most}`).join(", "),
      message: "suppressed records about other machines, over the limit per second",
    });
  }

  protected override write(level: LogLevel, event: string, fields: LogFields = {}): void {
    if (!this.log.keeps(level)) return;
    if (fields.from === undefined && fields.to === undefined) {
      return this.log[level](event, fields);
    }
    const second = Math.floor(this.#nowMs() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.flush();
    }
    const count = (this.#counts.get(event) ?? 0) + 1;
    this.#counts.set(event, count);
    if (count <= limits.peer.recordsPerSecondMax) this.log[level](event, fields);
  }
}
