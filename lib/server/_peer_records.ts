/** A log that limits the rate of records about peers, and counts the rest. */
import { type Limits, limits } from "../limits/mod.ts";
import { type Log, type LogFields, LogFilter, type LogLevel } from "../log/mod.ts";
import { addressGroup } from "../identity/mod.ts";
import { RecordCounts } from "./metrics/record_counts.ts";

/** The outcomes of calls that ran, and deployments, are always logged. */
const outcomes = new Set([
  "call.executed",
  "call.failed",
  "call.cancelled",
  "deploy.staged",
  "deploy.committed",
]);
/** Except for refused calls, which have no outcome. */
const refusals = new Set(["Overloaded", "Unavailable", "Server Draining"]);

/** The number of records in one second, by origin. */
class Share {
  #count = 0;
  readonly #ofConnection = new Map<string, number>();
  readonly #ofAddress = new Map<string, number>();

  /** Counts one more. @returns Whether it is within the bounds. */
  takes(from: string, address: string, bounds: readonly [number, number, number]): boolean {
    const [connectionMax, addressMax, allMax] = bounds;
    // What thousands of new connections exceed comes first.
    if (this.#count >= allMax) return false;
    const ofAddress = this.#ofAddress.get(address) ?? 0;
    if (ofAddress >= addressMax) return false;
    const ofConnection = this.#ofConnection.get(from) ?? 0;
    if (ofConnection >= connectionMax) return false;
    this.#count += 1;
    this.#ofConnection.set(from, ofConnection + 1);
    this.#ofAddress.set(address, ofAddress + 1);
    return true;
  }
}

/** Passes records to a log; of those about peers, a limited number per second, followed by the count of the rest. */
export class PeerRecords extends LogFilter {
  /** Statistics of the records, whether kept or not. */
  readonly counts: RecordCounts;
  readonly #bounds: Limits;
  readonly #nowMs: () => number;
  #second = 0;
  #refusals = new Share();
  #connections = new Share();
  /** Suppressed records in this second, by event and by address, up to a bound. */
  #leftOut = new Map<string, number>();
  #leftOutFrom = new Map<string, number>();

  constructor(
    log: Log,
    { bounds = limits, nowMs = () => performance.now() }: {
      readonly bounds?: Limits;
      readonly nowMs?: () => number;
    } = {},
  ) {
    super(log);
    this.#bounds = bounds;
    this.counts = new RecordCounts(bounds);
    this.#nowMs = nowMs;
  }

  /** Call periodically, so that suppressed records are reported. */
  sweep(): void {
    const second = Math.floor(this.#nowMs() / 1000);
    if (second === this.#second) return;
    this.#second = second;
    this.#refusals = new Share();
    this.#connections = new Share();
    if (this.#leftOut.size === 0) return;
    const [from] = [...this.#leftOutFrom].sort(([, a], [, b]) => b - a)[0]!;
    const counts = [...this.#leftOut.values()];
    const count = counts.reduce((sum, count) => sum + count, 0);
    this.counts.leftOut += count;
    const events = [...this.#leftOut].map(([event, count]) => `${event} ${count}`).join(", ");
    const addresses = this.#leftOutFrom.size;
    this.#leftOut = new Map();
    this.#leftOutFrom = new Map();
    this.log.warn("log.left-out", {
      count,
      events,
      from,
      addresses,
      message:
        "suppressed records about peers, over the limit per second; from: the peer with the most",
    });
  }

  protected override write(level: LogLevel, event: string, fields: LogFields = {}): void {
    this.counts.take(event, fields);
    if (!this.log.keeps(level)) return;
    if (this.#isLetIn(event, fields)) this.log[level](event, fields);
  }

  #isLetIn(event: string, fields: LogFields): boolean {
    const { from, exception } = fields;
    if (typeof from !== "string") return true;
    if (outcomes.has(event) && !refusals.has(String(exception))) return true;
    this.sweep();
    const address = addressGroup(hostOf(from));
    const isLetIn = exception === undefined
      ? this.#connections.takes(from, address, connectionBounds(this.#bounds))
      : this.#refusals.takes(from, address, refusalBounds(this.#bounds));
    if (isLetIn) return true;
    add(this.#leftOut, event);
    // Beyond that many addresses, the choice does not matter.
    if (this.#leftOutFrom.size < this.#bounds.refusalRecordsMax) add(this.#leftOutFrom, address);
    return false;
  }
}

function refusalBounds(bounds: Limits): [number, number, number] {
  return [
    bounds.refusalRecordsPerConnectionMax,
    bounds.refusalRecordsPerAddressMax,
    bounds.refusalRecordsMax,
  ];
}

function connectionBounds(bounds: Limits): [number, number, number] {
  return [
    bounds.connectionRecordsPerConnectionMax,
    bounds.connectionRecordsPerAddressMax,
    bounds.connectionRecordsMax,
  ];
}

/** The host of `host:port`. */
function hostOf(from: string): string {
  const host = from.slice(0, from.lastIndexOf(":"));
  return host.startsWith("[") ? host.slice(1, -1) : host;
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
