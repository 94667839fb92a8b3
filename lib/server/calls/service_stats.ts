/** Counts and durations of a service's calls, at nanoseconds a call. */
import { limits } from "../../limits/mod.ts";
import { type Outcome, SeriesRoom, ServiceSeries } from "../metrics/call_series.ts";

/** Buckets per doubling of a duration: a percentile is off by at most a sixteenth. */
const bucketsPerDoubling = 8;
/** 1 µs. */
const leastMs = 0.001;
/** Up to about 70 minutes; longer calls count as that. */
const bucketCount = 32 * bucketsPerDoubling;

/** The counted parts of a call. */
export interface CountedCall {
  readonly overload: { readonly rpc: string };
  readonly client: { readonly name: string };
}

/** The end and duration of a call. */
export interface CallTimes {
  readonly durationMs: number;
  readonly nowMs: number;
}

/** Calls of one service, over all its generations. */
export class ServiceStats {
  calls = 0;
  failures = 0;
  /** The same by rpc, client and outcome. */
  readonly series: ServiceSeries;
  #recent = new Uint32Array(bucketCount);
  #older = new Uint32Array(bucketCount);
  #sinceMs = performance.now();

  /** @param room The capacity for series, shared by a node's services. */
  constructor(room: SeriesRoom = new SeriesRoom()) {
    this.series = new ServiceSeries(room);
  }

  /** Counts a call that ended now, on the clock of `performance.now()`. */
  record(call: CountedCall, outcome: Outcome, { durationMs, nowMs }: CallTimes): void {
    this.#turnIfDue(nowMs);
    this.calls += 1;
    if (outcome !== "ok") this.failures += 1;
    this.#recent[bucketOf(durationMs)]! += 1;
    this.series.of(call.overload.rpc).record(call.client.name, outcome, durationMs);
  }

  /** Percentiles of recent durations, in milliseconds; undefined without recent calls. */
  percentiles(shares: readonly number[]): (number | undefined)[] {
    this.#turnIfDue(performance.now());
    const counts = this.#recent.map((count, bucket) => count + this.#older[bucket]!);
    const total = counts.reduce((sum, count) => sum + count, 0);
    return shares.map((share) => {
      if (total === 0) return undefined;
      let left = Math.ceil(total * share);
      const bucket = counts.findIndex((count) => (left -= count) <= 0);
      return durationOf(bucket);
    });
  }

  #turnIfDue(nowMs: number): void {
    if (nowMs - this.#sinceMs <= limits.statusWindowMs) return;
    // The current window becomes the previous one, unless it is too old for that.
    const isStale = nowMs - this.#sinceMs > 2 * limits.statusWindowMs;
    [this.#recent, this.#older] = [this.#older, this.#recent];
    this.#recent.fill(0);
    if (isStale) this.#older.fill(0);
    this.#sinceMs = nowMs;
  }
}

function bucketOf(durationMs: number): number {
  const bucket = Math.floor(bucketsPerDoubling * Math.log2(durationMs / leastMs));
  return bucket > 0 ? Math.min(bucket, bucketCount - 1) : 0;
}

/** The middle of a bucket. */
function durationOf(bucket: number): number {
  return leastMs * 2 ** ((bucket + 0.5) / bucketsPerDoubling);
}
