/** Where a span is in its trace. */
import type { TraceContext } from "../context/mod.ts";

/** A span's place, and whether it is recorded. */
export interface SpanPlace {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly tracestate: string | undefined;
  readonly isSampled: boolean;
  /** What those are told that are called for it. */
  readonly context: TraceContext;
}

/** The time, in milliseconds of UNIX time, more finely than `Date.now()`. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * A new span, below `parent` or at the root of a new trace.
 *
 * @param isSampled Decides whether it is recorded; one that is not passes its parent's place on.
 */
export function newSpan(
  parent: TraceContext | undefined,
  isSampled: (traceId: string, isSampledByParent: boolean | undefined) => boolean,
): SpanPlace {
  const traceId = parent?.traceparent.slice(3, 35) ?? newId(16);
  const parentId = parent?.traceparent.slice(36, 52);
  const parentSampled = parent && (Number.parseInt(parent.traceparent.slice(53), 16) & 1) === 1;
  const sampled = isSampled(traceId, parentSampled);
  const tracestate = parent?.tracestate;
  if (!sampled && parent !== undefined && parentSampled === false) {
    return { traceId, spanId: "", parentId, tracestate, isSampled: false, context: parent };
  }
  return placeOf({ traceId, parentId, tracestate, isSampled: sampled });
}

/** A new span below another one, recorded as that one is. */
export function childOf({ traceId, spanId, tracestate, isSampled, context }: SpanPlace): SpanPlace {
  if (!isSampled) return { traceId, spanId, parentId: spanId, tracestate, isSampled, context };
  return placeOf({ traceId, parentId: spanId, tracestate, isSampled });
}

function placeOf(
  place: Pick<SpanPlace, "traceId" | "parentId" | "tracestate" | "isSampled">,
): SpanPlace {
  const spanId = newId(8);
  const { traceId, tracestate, isSampled } = place;
  const traceparent = `00-${traceId}-${spanId}-0${Number(isSampled)}`;
  const context = tracestate === undefined ? { traceparent } : { traceparent, tracestate };
  return { ...place, spanId, context };
}

/** Random hex digits for so many bytes, never all zero. */
function newId(bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  random[0]! |= 1;
  return Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
