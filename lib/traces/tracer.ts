/** Starts the spans of calls, on the caller's and the node's side. */
import type { TraceContext } from "../context/mod.ts";
import type { SpanExporter } from "./exporter.ts";
import { ServedCall, type ServedCallFacts } from "./served_call.ts";
import { MadeCall, type MadeCallFacts } from "./made_call.ts";
import { newSpan, type SpanContext } from "./span.ts";
import type { TraceSettings } from "./settings.ts";

/** A program's tracer. */
export class Tracer {
  readonly exporter: SpanExporter;
  readonly #settings: Pick<TraceSettings, "isParentBased" | "ratio">;

  constructor(settings: Pick<TraceSettings, "isParentBased" | "ratio">, exporter: SpanExporter) {
    this.#settings = settings;
    this.exporter = exporter;
  }

  /** A node has admitted a call. @param parent The caller's trace context. */
  serve(facts: ServedCallFacts, parent: TraceContext | undefined): ServedCall {
    return new ServedCall(this.exporter, facts, this.#newSpan(parent));
  }

  /** A program makes a call. @param parent The trace context of the calling code. */
  call(facts: MadeCallFacts, parent: TraceContext | undefined): MadeCall {
    return new MadeCall(this.exporter, facts, this.#newSpan(parent));
  }

  #newSpan(parent: TraceContext | undefined): SpanContext {
    const { isParentBased, ratio } = this.#settings;
    return newSpan(
      parent,
      (traceId, isSampledByParent) =>
        isParentBased && isSampledByParent !== undefined
          ? isSampledByParent
          : isAmong(traceId, ratio),
    );
  }
}

/** Deterministic, so that all programs decide alike for a trace. */
function isAmong(traceId: string, ratio: number): boolean {
  return ratio >= 1 || Number.parseInt(traceId.slice(-13), 16) < ratio * 16 ** 13;
}
