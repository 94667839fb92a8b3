/** Encodes spans as OTLP JSON (opentelemetry-proto 1.x, trace/v1). Pure. */
import { limits } from "../limits/mod.ts";

/** An attribute's value. */
export type AttributeValue = string | number;

/** OTLP's numeric constants. */
export const spanKinds = { internal: 1, server: 2, client: 3 } as const;

/** An ended span. */
export interface FinishedSpan {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly tracestate: string | undefined;
  readonly name: string;
  readonly kind: keyof typeof spanKinds;
  /** In milliseconds of UNIX time. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, AttributeValue | undefined>>;
  /** The error. */
  readonly error: string | undefined;
}

/** The body of a request to a collector. */
export function otlpRequest(
  spans: readonly FinishedSpan[],
  { resource, version }: {
    readonly resource: Readonly<Record<string, string>>;
    readonly version: string;
  },
): string {
  return JSON.stringify({
    resourceSpans: [{
      resource: { attributes: attributesOf(resource) },
      scopeSpans: [{ scope: { name: "farcall", version }, spans: spans.map(otlpSpan) }],
    }],
  });
}

const statusUnset = 0;
const statusError = 2;

function otlpSpan(span: FinishedSpan): Record<string, unknown> {
  const { traceId, spanId, parentId, tracestate, name, kind, startMs, endMs, error } = span;
  return {
    traceId,
    spanId,
    parentSpanId: parentId,
    traceState: tracestate,
    name: cut(name),
    kind: spanKinds[kind],
    startTimeUnixNano: nanoseconds(startMs),
    endTimeUnixNano: nanoseconds(Math.max(startMs, endMs)),
    attributes: attributesOf(span.attributes),
    // Optional, but some receivers expect them, because SDKs always write them.
    events: [],
    links: [],
    status: error === undefined
      ? { code: statusUnset }
      : { code: statusError, message: cut(error) },
  };
}

function attributesOf(attributes: Readonly<Record<string, AttributeValue | undefined>>): unknown[] {
  return Object.entries(attributes).flatMap(([key, value]) => {
    if (value === undefined) return [];
    // protobuf's JSON encodes 64-bit numbers as strings.
    const written = typeof value === "string"
      ? { stringValue: cut(value) }
      : Number.isSafeInteger(value)
      ? { intValue: String(value) }
      : { doubleValue: value };
    return [{ key, value: written }];
  });
}

/** With microsecond precision, the most that a double holds. */
function nanoseconds(ms: number): string {
  return `${Math.round(ms * 1000)}000`;
}

function cut(text: string): string {
  return text.slice(0, limits.spanTextLengthMax);
}
