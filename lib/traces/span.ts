/** Span contexts and ids. */
import type { TraceContext } from "../context/mod.ts";

/** A span's ids, and whether it is recorded. */
export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly tracestate: string | undefined;
  readonly isSampled: boolean;
  /** The trace context for nested calls. */
  readonly context: TraceContext;
}

/** The UNIX time in milliseconds, with a higher resolution than `Date.now()`. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * A new span, below `parent` or at the root of a new trace.
 *
 * @param isSampled Whether it is recorded; otherwise its parent's context is passed on.
 */
export function newSpan(
  parent: TraceContext | undefined,
  isSampled: (traceId: string, isSampledByParent: boolean | undefined) => boolean,
): SpanContext {
  const traceId = parent?.traceparent.slice(3, 35) ?? newId(16);
  const parentId = parent?.traceparent.slice(36, 52);
  const parentSampled = parent && (Number.parseInt(parent.traceparent.slice(53), 16) & 1) === 1;
  const sampled = isSampled(traceId, parentSampled);
  const tracestate = parent?.tracestate;
  if (!sampled && parent !== undefined && parentSampled === false) {
    return { traceId, spanId: "", parentId, tracestate, isSampled: false, context: parent };
  }
  return spanOf({ traceId, parentId, tracestate, isSampled: sampled });
}

/** A child span, recorded if its parent is. */
export function childOf(
  { traceId, spanId, tracestate, isSampled, context }: SpanContext,
): SpanContext {
  if (!isSampled) return { traceId, spanId, parentId: spanId, tracestate, isSampled, context };
  return spanOf({ traceId, parentId: spanId, tracestate, isSampled });
}

function spanOf(
  parts: Pick<SpanContext, "traceId" | "parentId" | "tracestate" | "isSampled">,
): SpanContext {
  const spanId = newId(8);
  const { traceId, tracestate, isSampled } = parts;
  const traceparent = `00-${traceId}-${spanId}-0${Number(isSampled)}`;
  const context = tracestate === undefined ? { traceparent } : { traceparent, tracestate };
  return { ...parts, spanId, context };
}

/** Random hex digits for a number of bytes, never all zero. */
function newId(bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  random[0]! |= 1;
  return Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
