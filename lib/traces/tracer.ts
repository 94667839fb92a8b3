/** Begins the spans of calls, on both sides of a connection. */
import type { TraceContext } from "../context/mod.ts";
import type { SpanExporter } from "./exporter.ts";
import { ServedCall, type ServedCallFacts } from "./served_call.ts";
import { MadeCall, type MadeCallFacts } from "./made_call.ts";
import { newSpan, type SpanPlace } from "./span.ts";
import type { TraceSettings } from "./settings.ts";

/** What a program's traces are made by. */
export class Tracer {
  readonly exporter: SpanExporter;
  readonly #settings: Pick<TraceSettings, "isParentBased" | "ratio">;

  constructor(settings: Pick<TraceSettings, "isParentBased" | "ratio">, exporter: SpanExporter) {
    this.#settings = settings;
    this.exporter = exporter;
  }

  /** A node has let a call in. @param parent What its caller says. */
  serve(facts: ServedCallFacts, parent: TraceContext | undefined): ServedCall {
    return new ServedCall(this.exporter, facts, this.#placeIn(parent));
  }

  /** A program makes a call. @param parent The place of the code that does. */
  call(facts: MadeCallFacts, parent: TraceContext | undefined): MadeCall {
    return new MadeCall(this.exporter, facts, this.#placeIn(parent));
  }

  #placeIn(parent: TraceContext | undefined): SpanPlace {
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

/** The same for all programs that see this trace. */
function isAmong(traceId: string, ratio: number): boolean {
  return ratio >= 1 || Number.parseInt(traceId.slice(-13), 16) < ratio * 16 ** 13;
}
