/** Spans of calls, as a collector receives them. */
import assert from "node:assert/strict";
import { limits } from "../../lib/limits/mod.ts";
import { SpanExporter } from "../../lib/traces/exporter.ts";
import { type TraceSettings, traceSettings } from "../../lib/traces/settings.ts";
import { type FinishedSpan, otlpRequest } from "../../lib/traces/otlp.ts";
import { checkSpan, Collector, valuesOf } from "../_support/collector.ts";
import { readAsMessage } from "../_support/otlp_messages.ts";
import { until } from "../_support/nodes/node.ts";

function settingsFor(url: string, others: Record<string, string> = {}): TraceSettings {
  const env: Record<string, string> = { OTEL_EXPORTER_OTLP_ENDPOINT: url, ...others };
  return traceSettings((name) => env[name])!;
}

function span(number: number): FinishedSpan {
  return {
    traceId: number.toString(16).padStart(32, "0"),
    spanId: "00f067aa0ba902b7",
    parentId: undefined,
    tracestate: undefined,
    name: `span ${number}`,
    kind: "internal",
    startMs: 1_790_000_000_000.25,
    endMs: 1_790_000_000_001,
    attributes: { text: "t", count: 3, none: undefined },
    error: undefined,
  };
}

/** A program of its own, because its environment decides about the export. */
async function runProgram(source: string, env: Record<string, string>): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "farcall-test-" });
  try {
    const program = `${folder}/program.ts`;
    await Deno.writeTextFile(program, source);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", "--no-check", "--allow-all", program],
      env,
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a call's spans: the call, its attempt, the node, the queue, the executor, the script, and a call behind it", async () => {
  await using collector = new Collector();
  const mod = new URL("../../mod.ts", import.meta.url).href;
  const out = await runProgram(
    `import { connect, rpc, serve } from ${JSON.stringify(mod)};
    const inner = await serve({ port: 0, log: "silent", services: { inner: {
      fail: rpc([], [], () => { throw new Error("inside"); }),
    } } });
    const behind = await connect(inner.address);
    const front = await serve({ port: 0, log: "silent", name: "s1", services: { front: {
      pass: rpc([], ["str"], async () => await behind.call("inner", "fail").then(() => "", (e) => e.code)),
    } } });
    const edge = await connect(front.address);
    console.log(await edge.call("front", "pass"));
    const trace = (flags) => ({ traceparent: "00-" + "a".repeat(32) + "-" + "b".repeat(16) + flags, tracestate: "x=1" });
    await edge.call("front", "pass", [], { trace: trace("-00") });
    for (const each of [edge, front, behind, inner]) await each[Symbol.asyncDispose]();`,
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: "x-key=a%20b",
      OTEL_SERVICE_NAME: "the-test",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment=here",
    },
  );
  assert.equal(out, "Execution Exception\n");
  const chain = ["call front.pass", "attempt front.pass", "serve front.pass", "executor front.pass"]
    .concat(["script front.pass", "call inner.fail", "attempt inner.fail", "serve inner.fail"])
    .concat(["executor inner.fail", "script inner.fail"]);
  const spans = chain.map((name) => collector.span(name));
  assert.equal(spans[0]!.parentSpanId, undefined);
  for (const [index, each] of spans.entries()) {
    assert.equal(each.traceId, spans[0]!.traceId);
    if (index > 0) assert.equal(each.parentSpanId, spans[index - 1]!.spanId, each.name);
  }
  assert.equal(collector.span("queue front.pass").parentSpanId, spans[2]!.spanId);
  const served = collector.span("serve inner.fail");
  assert.equal(served.status.code, 2);
  assert.equal(served.status.message, "inside");
  assert.equal(valuesOf(served.attributes)["error.type"], "Execution Exception");
  assert.equal(valuesOf(collector.span("serve front.pass").attributes)["farcall.node"], "s1");
  // A trace that its caller does not sample is not recorded: these are all spans.
  assert.equal(collector.spans.length, chain.length + 2);
  assert.equal(collector.headers[0]!.get("x-key"), "a b");
  assert.equal(collector.resources[0]!["service.name"], "the-test");
  assert.equal(collector.resources[0]!["deployment.environment"], "here");
});

/** Waits until an export has failed: on a busy machine, `flush` may give up before. */
async function flushed(exporter: SpanExporter): Promise<void> {
  await until("an export has failed", async () => {
    await exporter.flush();
    return exporter.counts.failure !== undefined;
  });
}

Deno.test("an unavailable collector only costs spans, which are counted; once it returns, it gets the rest", async () => {
  await using collector = new Collector();
  const exporter = new SpanExporter(settingsFor(collector.url));
  collector.status = 503;
  const many = limits.spansQueuedMax + 7;
  for (let number = 1; number <= many; number++) exporter.add(span(number));
  await flushed(exporter);
  const { exported, dropped, failure } = exporter.counts;
  assert.deepEqual({ exported, dropped }, { exported: 0, dropped: 7 });
  assert.match(failure!, /503/);
  collector.status = 200;
  await until("all are exported", async () => {
    await exporter.flush();
    return exporter.counts.exported === limits.spansQueuedMax;
  });
  assert.equal(exporter.counts.failure, undefined);
  assert.equal(collector.spans.at(-1)!.name, `span ${limits.spansQueuedMax}`);
  // Each reply, and the loss of two spans.
  const answers: readonly [status: number, answer: unknown, dropped: number, failure: RegExp][] = [
    [400, {}, 2, /400/],
    [401, {}, 2, /401/],
    [404, {}, 2, /404/],
    [302, {}, 2, /302/],
    [200, { partialSuccess: { rejectedSpans: "1", errorMessage: "stale!" } }, 1, /1 .*stale!/],
    [200, { partialSuccess: { rejectedSpans: 9 } }, 2, /rejected 2/],
    [200, { partialSuccess: { errorMessage: "a warning" } }, 0, /^undefined$/],
    [200, { partialSuccess: { rejectedSpans: "-1" } }, 0, /^undefined$/],
    [200, { partialSuccess: null }, 0, /^undefined$/],
    [200, ["what", "is", "this"], 0, /^undefined$/],
  ];
  for (const [status, answer, dropped, failure] of answers) {
    Object.assign(collector, { status, answer });
    const before = exporter.counts;
    exporter.add(span(1));
    exporter.add(span(2));
    await until("both are exported or lost", async () => {
      await exporter.flush();
      const { exported, dropped } = exporter.counts;
      return exported + dropped === before.exported + before.dropped + 2;
    });
    const text = `${status} ${JSON.stringify(answer)}`;
    assert.equal(exporter.counts.dropped - before.dropped, dropped, text);
    assert.match(String(exporter.counts.failure), failure, text);
  }
});

Deno.test("a collector that is down, slow or speaks something else delays nobody", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = silent.addr as Deno.NetAddr;
  const urls = ["http://127.0.0.1:1", `http://127.0.0.1:${port}`];
  for (const url of urls) {
    const exporter = new SpanExporter(settingsFor(url, { OTEL_EXPORTER_OTLP_TIMEOUT: "100" }));
    exporter.add(span(1));
    await flushed(exporter);
    assert.match(exporter.counts.failure!, /\breached\b/);
    assert.deepEqual([exporter.counts.exported, exporter.counts.dropped], [0, 0]);
  }
});

Deno.test("the environment selects the collector and the spans", () => {
  const of = (env: Record<string, string>) => traceSettings((name) => env[name]);
  const base = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318/" };
  assert.equal(of({}), undefined);
  assert.equal(of({ ...base, OTEL_SDK_DISABLED: "TRUE" }), undefined);
  assert.equal(of({ ...base, OTEL_TRACES_EXPORTER: "none" }), undefined);
  assert.equal(of(base)!.endpoint, "http://c:4318/v1/traces");
  assert.equal(of(base)!.resource["service.name"], "farcall");
  const own = { ...base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://t/own" };
  assert.equal(of(own)!.endpoint, "https://t/own");
  const sampled = { ...base, OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.5" };
  assert.deepEqual([of(sampled)!.ratio, of(sampled)!.isParentBased], [0.5, false]);
  assert.equal(of({ ...base, OTEL_TRACES_SAMPLER: "parentbased_always_off" })!.ratio, 0);
  assert.match(of({ ...base, OTEL_TRACES_SAMPLER: "odd" })!.warnings.join(), /OTEL_TRACES_SAMPLER/);
  assert.match(of({ OTEL_EXPORTER_OTLP_ENDPOINT: "c:4318" })!.problems.join(), /4318/);
  assert.match(of({ ...base, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" })!.problems.join(), /gRPC/);
});

Deno.test("a span is written as OTLP's JSON has it: ids in hex, 64-bit numbers as texts", () => {
  const { resourceSpans: [{ scopeSpans: [{ spans: [written] }] }] } = JSON.parse(
    otlpRequest([span(7)], { resource: { "service.name": "x" }, version: "1" }),
  );
  checkSpan(written);
  const requestOf = (span: Record<string, unknown>) => ({
    resourceSpans: [{ scopeSpans: [{ spans: [span] }] }],
  });
  readAsMessage(requestOf(written));
  const wrong = [{ kind: "server" }, { traceIdentifier: "x" }, { name: 7 }, {
    endTimeUnixNano: 1.5,
  }];
  for (const field of wrong) {
    assert.throws(() => readAsMessage(requestOf({ ...written, ...field })), JSON.stringify(field));
  }
  assert.equal(written.startTimeUnixNano, "1790000000000250000");
  assert.deepEqual(written.attributes, [
    { key: "text", value: { stringValue: "t" } },
    { key: "count", value: { intValue: "3" } },
  ]);
});
