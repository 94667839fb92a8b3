/** Sends spans to a collector: in batches, one at a time, never more waiting than are allowed. */
import { limits } from "../limits/mod.ts";
import { type Log, silentLog } from "../log/mod.ts";
import { version } from "../protocol/mod.ts";
import { type FinishedSpan, otlpRequest } from "./otlp.ts";
import type { TraceSettings } from "./settings.ts";

/** What became of spans. */
export interface SpanCounts {
  readonly exported: number;
  /** Those that no collector has: it was away for too long, or did not take them. */
  readonly dropped: number;
  /** Why the last export failed; undefined where it did not. */
  readonly failure?: string;
}

/** Answers after which the same request may succeed. */
const passing = new Set([408, 429, 502, 503, 504]);

/** The one way of spans out of a program. */
export class SpanExporter {
  readonly #settings: TraceSettings;
  /** Where failures are told, once an outage. */
  log: Log = silentLog;
  #queue: FinishedSpan[] = [];
  #exported = 0;
  #dropped = 0;
  #failure: string | undefined;
  #pauseMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending: Promise<void> | undefined;

  constructor(settings: TraceSettings) {
    this.#settings = settings;
  }

  get counts(): SpanCounts {
    return { exported: this.#exported, dropped: this.#dropped, failure: this.#failure };
  }

  /** Takes a span, or drops it where too many wait. Never throws, and waits for nothing. */
  add(span: FinishedSpan): void {
    if (this.#queue.length >= limits.spansQueuedMax) {
      this.#dropped += 1;
      return;
    }
    this.#queue.push(span);
    const isFull = this.#queue.length >= limits.spansPerExportMax && this.#failure === undefined;
    if (isFull && this.#sending === undefined) this.#begin();
    else this.#schedule(limits.spansDelayMs);
  }

  /** Sends what waits. Resolves when that is done, or does not succeed, or takes too long. */
  async flush(): Promise<void> {
    const endMs = performance.now() + limits.spansFlushTimeoutMs;
    for (let before = Infinity; this.#queue.length > 0 && this.#queue.length < before;) {
      before = this.#queue.length;
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) return;
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, leftMs);
      await Promise.race([this.#begin(), late.promise]);
      clearTimeout(timer);
    }
  }

  #schedule(delayMs: number): void {
    if (this.#timer !== undefined || this.#sending !== undefined) return;
    this.#timer = setTimeout(() => this.#begin(), Math.max(delayMs, this.#pauseMs));
    Deno.unrefTimer(this.#timer);
  }

  #begin(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
      if (this.#queue.length === 0) return;
      const isMore = this.#failure === undefined && this.#queue.length >= limits.spansPerExportMax;
      this.#schedule(isMore ? 0 : limits.spansDelayMs);
    });
    return this.#sending;
  }

  async #send(): Promise<void> {
    const batch = this.#queue.slice(0, limits.spansPerExportMax);
    const failure = await this.#post(batch);
    // What failed for the moment keeps its places in the queue; nothing else has left it meanwhile.
    if (failure === undefined || !failure.isPassing) this.#queue.splice(0, batch.length);
    if (failure === undefined) {
      this.#exported += batch.length;
      if (this.#failure !== undefined) this.log.info("traces.recovered", this.#facts());
      this.#failure = undefined;
      this.#pauseMs = 0;
      return;
    }
    if (!failure.isPassing) this.#dropped += batch.length;
    const isNew = this.#failure === undefined;
    this.#failure = failure.message;
    this.#pauseMs = Math.min(
      Math.max(limits.spansRetryMsFirst, this.#pauseMs * 2),
      limits.spansRetryMsMax,
    );
    if (isNew) this.log.warn("traces.failed", { ...this.#facts(), message: failure.message });
  }

  async #post(
    batch: readonly FinishedSpan[],
  ): Promise<{ readonly message: string; readonly isPassing: boolean } | undefined> {
    const { endpoint, headers, timeoutMs, resource } = this.#settings;
    try {
      const response = await fetch(endpoint, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: otlpRequest(batch, { resource, version }),
        redirect: "manual",
        signal: AbortSignal.timeout(timeoutMs),
      });
      await response.body?.cancel();
      if (response.ok) return undefined;
      const message = `the collector answered with the status ${response.status}`;
      return { message, isPassing: passing.has(response.status) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { message: `the collector cannot be reached: ${message}`, isPassing: true };
    }
  }

  #facts(): Record<string, string | number> {
    const url = URL.canParse(this.#settings.endpoint)
      ? new URL(this.#settings.endpoint)
      : undefined;
    // A name and a password in it are nobody's business.
    const endpoint = url === undefined ? "" : `${url.origin}${url.pathname}`;
    return { endpoint, waiting: this.#queue.length, dropped: this.#dropped };
  }
}
