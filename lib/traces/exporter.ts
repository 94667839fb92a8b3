/** Sends spans to a collector in batches, one at a time, with a bounded queue. */
import { messageOf } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { type Log, silentLog } from "../log/mod.ts";
import { version } from "../protocol/mod.ts";
import { type FinishedSpan, otlpRequest } from "./otlp.ts";
import type { TraceSettings } from "./settings.ts";

/** Counts of exported and lost spans. */
export interface SpanCounts {
  readonly exported: number;
  /** Lost spans: the collector was unreachable too long, or rejected them. */
  readonly dropped: number;
  /** Why the last export failed; undefined if it succeeded. */
  readonly failure?: string;
}

/** Status codes after which a retry may succeed. */
const passing = new Set([408, 429, 502, 503, 504]);

/** The outcome of a batch. */
interface Outcome {
  /** Rejected spans. */
  readonly rejected: number;
  /** The reason; undefined if all were accepted. */
  readonly failure: string | undefined;
  /** Whether a retry may succeed. */
  readonly isPassing: boolean;
}

/** Exports a program's spans. */
export class SpanExporter {
  readonly #settings: TraceSettings;
  /** Receives failures, once per outage. */
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

  /** Queues a span, or drops it if the queue is full. Never throws or waits. */
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

  /** Flushes the queue. Resolves when that succeeds, fails, or takes too long. */
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
    const { rejected, failure, isPassing } = await this.#post(batch);
    // Spans of a temporary failure stay in the queue; nothing else has left it meanwhile.
    if (!isPassing) {
      this.#queue.splice(0, batch.length);
      this.#exported += batch.length - rejected;
      this.#dropped += rejected;
    }
    const before = this.#failure;
    this.#failure = failure;
    if (failure === undefined) {
      this.#pauseMs = 0;
      if (before !== undefined) this.log.info("traces.recovered", this.#facts());
      return;
    }
    this.#pauseMs = Math.min(
      Math.max(limits.spansRetryMsFirst, this.#pauseMs * 2),
      limits.spansRetryMsMax,
    );
    if (before === undefined) {
      this.log.warn("traces.failed", { ...this.#facts(), message: failure });
    }
  }

  async #post(batch: readonly FinishedSpan[]): Promise<Outcome> {
    const { endpoint, headers, timeoutMs, resource } = this.#settings;
    try {
      const response = await fetch(endpoint, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: otlpRequest(batch, { resource, version }),
        redirect: "manual",
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (response.ok) return partialSuccess(await beginningOf(response), batch.length);
      await response.body?.cancel();
      const failure = `the collector answered with the status ${response.status}`;
      return { rejected: batch.length, failure, isPassing: passing.has(response.status) };
    } catch (error) {
      const failure = `the collector cannot be reached: ${messageOf(error)}`;
      return { rejected: batch.length, failure, isPassing: true };
    }
  }

  #facts(): Record<string, string | number> {
    const url = URL.canParse(this.#settings.endpoint)
      ? new URL(this.#settings.endpoint)
      : undefined;
    // It may contain a user name and a password, which must not be shown.
    const endpoint = url === undefined ? "" : `${url.origin}${url.pathname}`;
    return { endpoint, waiting: this.#queue.length, dropped: this.#dropped };
  }
}

/**
 * Parses a collector's reply to a partially accepted batch: `{ partialSuccess: { rejectedSpans: "2", errorMessage: "…"
 * } }`.
 */
function partialSuccess(answer: string, count: number): Outcome {
  let rejected = 0;
  let message = "";
  try {
    const { partialSuccess } = JSON.parse(answer);
    rejected = Math.min(count, Math.max(0, Math.floor(Number(partialSuccess.rejectedSpans ?? 0))));
    message = String(partialSuccess.errorMessage ?? "");
  } catch {
    // It has accepted everything, with an empty or unknown reply.
  }
  if (!(rejected > 0)) return { rejected: 0, failure: undefined, isPassing: false };
  const why = message === "" ? "" : `: ${message}`;
  return { rejected, failure: `the collector rejected ${rejected} spans${why}`, isPassing: false };
}

/** The beginning of a reply. */
async function beginningOf(response: Response): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > limits.spansAnswerLengthMax) break;
  }
  return text;
}
