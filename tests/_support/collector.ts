/** An OpenTelemetry collector for spans: OTLP over HTTP, in JSON. */
import assert from "node:assert/strict";
import { readAsMessage } from "./otlp_messages.ts";

/** A span in OTLP's JSON. */
export interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  traceState?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  status: { code?: number; message?: string };
}

/** Stores the spans it receives, after decoding them as messages of trace.proto and common.proto. */
export class Collector implements AsyncDisposable {
  readonly spans: OtlpSpan[] = [];
  readonly resources: Record<string, unknown>[] = [];
  readonly headers: Headers[] = [];
  readonly problems: unknown[] = [];
  /** The status of its responses. */
  status = 200;
  answer: unknown = {};
  readonly #server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (request) => {
      const body = await request.json();
      this.headers.push(request.headers);
      if (this.status !== 200) return new Response("", { status: this.status });
      try {
        assert.equal(new URL(request.url).pathname, "/v1/traces");
        readAsMessage(body);
        this.#take(body);
      } catch (error) {
        this.problems.push(error);
      }
      return Response.json(this.answer);
    },
  );

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  span(name: string): OtlpSpan {
    const found = this.spans.filter((span) => span.name === name);
    assert.equal(found.length, 1, `one ${name} among ${this.spans.map((span) => span.name)}`);
    return found[0]!;
  }

  // deno-lint-ignore no-explicit-any -- what comes is looked at field by field
  #take(body: any): void {
    assert.deepEqual(Object.keys(body), ["resourceSpans"]);
    for (const { resource, scopeSpans } of body.resourceSpans) {
      checkAttributes(resource.attributes);
      this.resources.push(valuesOf(resource.attributes));
      for (const { scope, spans } of scopeSpans) {
        assert.equal(scope.name, "farcall");
        for (const span of spans) {
          checkSpan(span);
          this.spans.push(span);
        }
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    assert.deepEqual(this.problems, []);
  }
}

const spanFields = ["traceId", "spanId", "parentSpanId", "traceState", "name", "kind"]
  .concat(["startTimeUnixNano", "endTimeUnixNano", "attributes", "events", "links", "status"]);

/** Checks a span's fields against trace.proto. */
export function checkSpan(span: OtlpSpan): void {
  assert.deepEqual(Object.keys(span).filter((field) => !spanFields.includes(field)), []);
  assert.match(span.traceId, /^[0-9a-f]{32}$/);
  assert.match(span.spanId, /^[0-9a-f]{16}$/);
  if (span.parentSpanId !== undefined) assert.match(span.parentSpanId, /^[0-9a-f]{16}$/);
  assert.ok([1, 2, 3].includes(span.kind));
  for (const time of [span.startTimeUnixNano, span.endTimeUnixNano]) assert.match(time, /^\d{19}$/);
  assert.ok(BigInt(span.startTimeUnixNano) <= BigInt(span.endTimeUnixNano));
  checkAttributes(span.attributes);
  assert.ok(span.status.code === 0 || span.status.code === 2);
}

function checkAttributes(attributes: OtlpSpan["attributes"]): void {
  for (const { key, value } of attributes) {
    assert.ok(key !== "");
    const [[kind, written] = [], ...others] = Object.entries(value);
    assert.deepEqual(others, []);
    if (kind === "intValue") assert.match(written as string, /^-?\d+$/);
    else assert.ok(kind === "stringValue" && typeof written === "string");
  }
}

/** Attributes by key. */
export function valuesOf(attributes: OtlpSpan["attributes"]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
