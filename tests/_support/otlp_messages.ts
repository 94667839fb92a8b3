/**
 * Decodes OTLP like a collector: with the messages that OpenTelemetry's .proto files define, as compiled into its SDK
 * for JavaScript.
 */
import assert from "node:assert/strict";
import messages from "npm:@opentelemetry/otlp-proto-exporter-base@0.51.1/build/src/generated/root.js";

// deno-lint-ignore no-explicit-any -- generated from .proto files
const { ExportTraceServiceRequest } = (messages as any).opentelemetry.proto.collector.trace.v1;

/** Bytes that OTLP's JSON writes in hex, where protobuf's has base64. */
const hexFields = new Set(["traceId", "spanId", "parentSpanId"]);

/**
 * Decodes the JSON of a request for spans, and round-trips it through its binary form.
 *
 * @throws {AssertionError} If a field is unknown to the message, or has another type, so that it is lost.
 */
export function readAsMessage(request: unknown): void {
  const bytesOf = (hex: string) =>
    Uint8Array.from(hex.match(/../g) ?? [], (byte: string) => parseInt(byte, 16));
  const message = ExportTraceServiceRequest.fromObject(mapped(request, bytesOf));
  const read = ExportTraceServiceRequest.decode(ExportTraceServiceRequest.encode(message).finish());
  const back = ExportTraceServiceRequest.toObject(read, { longs: String, bytes: Array });
  for (const { scopeSpans } of back.resourceSpans) {
    for (const span of scopeSpans.flatMap(({ spans }: { spans: unknown[] }) => spans)) {
      // The binary form omits these.
      span.events ??= [];
      span.links ??= [];
      span.status.code ??= 0;
    }
  }
  const hexOf = (bytes: number[]) =>
    bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  assert.deepEqual(mapped(back, hexOf), request);
}

// deno-lint-ignore no-explicit-any -- of both forms
function mapped(value: unknown, convert: (field: any) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => mapped(item, convert));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map((
      [key, item],
    ) => [key, hexFields.has(key) ? convert(item) : mapped(item, convert)]),
  );
}
