/** The families of a node's metrics, built on request. */
import type { Limits } from "../../limits/mod.ts";
import { version } from "../../protocol/mod.ts";
import type { NodeContext } from "../node_context.ts";
import type { LiveGeneration, LiveService } from "../calls/live_generation.ts";
import { latencyBoundsMs, others, type RpcSeries } from "./call_series.ts";
import type { Distribution, Family, Sample } from "./exposition.ts";
import { whyNotReady } from "./health.ts";
import { delayBoundsMs } from "./loop_delays.ts";
import type { ExecutorEvent } from "./record_counts.ts";

/** All families of a node. */
export function* familiesOf(node: NodeContext): Generator<Family, void> {
  yield* aboutNode(node);
  yield* aboutCalls(node);
  yield* aboutExecutors(node);
  yield* aboutConnections(node);
  yield* aboutProcess(node);
  yield* aboutTraces(node);
}

function* aboutTraces({ tracer }: NodeContext): Generator<Family, void> {
  if (tracer === undefined) return;
  const { exported, dropped } = tracer.exporter.counts;
  yield counter("farcall_spans_exported", "Spans that a collector has accepted.", [
    { value: exported },
  ]);
  yield counter(
    "farcall_spans_dropped",
    "Spans that no collector has accepted, or that exceeded the queue.",
    [
      { value: dropped },
    ],
  );
}

function* aboutNode(node: NodeContext): Generator<Family, void> {
  const { live, nodeName } = node.services;
  yield gauge("farcall_build_info", "The software that runs here, as labels; always 1.", [{
    labels: { node: nodeName, version, runtime: `deno ${Deno.version.deno}` },
    value: 1,
  }]);
  yield gauge("farcall_ready", "Whether the node is ready for calls, as /readyz says.", [
    { value: Number(whyNotReady(node).length === 0) },
  ]);
  yield gauge("farcall_generation", "The generation that the node serves; 0 before the first.", [
    { value: live.number },
  ]);
}

function* aboutCalls({ services: { live }, bounds }: NodeContext): Generator<Family, void> {
  yield {
    name: "farcall_calls",
    type: "counter",
    help: "Calls that were admitted and have ended, by outcome.",
    samples: callsOf(live),
  };
  yield {
    name: "farcall_call_duration_seconds",
    type: "histogram",
    help: "How long calls took at the node, from their arrival to their result.",
    bounds: latencyBoundsMs.map(seconds),
    distributions: durationsOf(live),
  };
  yield gauge(
    "farcall_calls_in_flight",
    "Calls that executors run.",
    perService(
      live,
      bounds,
      ({ executor }) => executor.status.reduce((sum, { callsInFlight }) => sum + callsInFlight, 0),
    ),
  );
  yield gauge(
    "farcall_calls_waiting",
    "Calls that wait for an executor.",
    perService(live, bounds, ({ executor }) => executor.callsWaiting),
  );
}

function* callsOf(live: LiveGeneration): Generator<Sample, void> {
  for (const { service, rpc, series } of seriesOf(live)) {
    for (const [client, outcomes] of series.clients) {
      for (const [outcome, value] of outcomes.outcomes()) {
        yield { labels: { service, rpc, client, outcome }, value };
      }
    }
  }
}

function* durationsOf(live: LiveGeneration): Generator<Distribution, void> {
  for (const { service, rpc, series } of seriesOf(live)) {
    yield { labels: { service, rpc }, counts: series.buckets, sum: seconds(series.sumMs) };
  }
}

function* seriesOf(
  live: LiveGeneration,
): Generator<{ service: string; rpc: string; series: RpcSeries }, void> {
  for (const { name: service, stats } of live.services.values()) {
    for (const [rpc, series] of stats.series.rpcs) yield { service, rpc, series };
  }
}

function* aboutExecutors({ services: { live }, bounds, metrics, room }: NodeContext) {
  yield gauge("farcall_executors", "Executors by state.", executorStates(live, bounds));
  if (room !== undefined && Number.isFinite(room.max)) {
    yield gauge("farcall_executors_max", "The most executors the node may have.", [{
      value: room.max,
    }]);
  }
  yield gauge(
    "farcall_executor_memory_bytes",
    "Resident memory of executors, when last measured.",
    perService(
      live,
      bounds,
      ({ executor }) => executor.status.reduce((sum, { memoryBytes = 0 }) => sum + memoryBytes, 0),
    ),
  );
  const helps: Readonly<Record<ExecutorEvent, [name: string, help: string]>> = {
    starts: ["farcall_executor_starts", "Executors that were started."],
    startFailures: ["farcall_executor_start_failures", "Executors that did not start."],
    crashes: ["farcall_executor_crashes", "Executors that ended unexpectedly."],
  };
  for (const [event, [name, help]] of Object.entries(helps)) {
    const counts = metrics.records.executors[event as ExecutorEvent];
    // Counters start at 0: a monitor sees no increase in one that first appears with 1.
    const ofOthers = counts.get(others) ?? 0;
    yield counter(
      name,
      help,
      perService(live, bounds, ({ name }) => counts.get(name) ?? 0, ofOthers),
    );
  }
}

function* executorStates(
  live: LiveGeneration,
  { metricServicesMax }: Limits,
): Generator<Sample, void> {
  const counts = new Map<string, Map<string, number>>();
  let count = 0;
  for (const { name, executor } of live.services.values()) {
    const service = count++ < metricServicesMax ? name : others;
    const states = counts.get(service) ?? new Map<string, number>();
    counts.set(service, states);
    for (const { state } of executor.status) states.set(state, (states.get(state) ?? 0) + 1);
  }
  for (const [service, states] of counts) {
    for (const [state, value] of states) yield { labels: { service, state }, value };
  }
}

function* aboutConnections(
  { metrics: { traffic, records }, connectionsMax, log }: NodeContext,
): Generator<Family, void> {
  yield gauge(
    "farcall_connections",
    "Open connections, by protocol.",
    [...traffic.open].map(([framing, value]) => ({ labels: { framing }, value })),
  );
  yield gauge("farcall_connections_max", "The most connections the node has room for.", [
    { value: connectionsMax },
  ]);
  const all = [...traffic.all];
  const byFraming = (pick: "connections" | "receivedBytes" | "sentBytes"): Sample[] =>
    all.map(([framing, counts]) => ({ labels: { framing }, value: counts[pick] }));
  yield counter(
    "farcall_connections_made",
    "Connections whose protocol is known, since the start.",
    byFraming("connections"),
  );
  yield counter("farcall_received_bytes", "Bytes from callers.", byFraming("receivedBytes"));
  yield counter("farcall_sent_bytes", "Bytes to callers.", byFraming("sentBytes"));
  yield counter(
    "farcall_refusals",
    "Calls and connections that were refused, by reason.",
    [...records.refusals].map(([reason, value]) => ({ labels: { reason }, value })),
  );
  yield counter("farcall_log_records_dropped", "Records missing from the log.", [
    { labels: { reason: "too many about one peer" }, value: records.leftOut },
    { labels: { reason: "the log is too slow" }, value: log.lostCount ?? 0 },
  ]);
}

function* aboutProcess(
  { memory, descriptors, metrics: { delays }, startedMs }: NodeContext,
): Generator<Family, void> {
  yield {
    name: "farcall_event_loop_delay_seconds",
    type: "histogram",
    help: "How late timers fire, measured once a second.",
    bounds: delayBoundsMs.map(seconds),
    distributions: [{ counts: delays.buckets, sum: seconds(delays.sumMs) }],
  };
  const { rss, heapUsed } = Deno.memoryUsage();
  yield gauge("process_resident_memory_bytes", "Resident memory of the node itself.", [
    { value: rss },
  ]);
  yield gauge("farcall_heap_bytes", "The part of the node's heap that is in use.", [{
    value: heapUsed,
  }]);
  yield gauge("farcall_held_bytes", "Memory that the node holds for its callers.", [
    { value: memory.bytes },
  ]);
  yield gauge("farcall_held_bytes_max", "The most that may be held.", [{ value: memory.bytesMax }]);
  if (Number.isFinite(descriptors.max)) {
    yield gauge("farcall_descriptors", "Open files, sockets and pipes, as far as the node knows.", [
      { value: descriptors.used },
    ]);
    yield gauge("farcall_descriptors_max", "The most the process may have open.", [
      { value: descriptors.max },
    ]);
  }
  const upMs = performance.now() - startedMs;
  yield gauge("process_start_time_seconds", "When the node was started, in UNIX time.", [
    { value: seconds(Math.round(Date.now() - upMs)) },
  ]);
}

/** A value per service; those beyond the bound are summed up, together with `ofOthers`. */
function* perService(
  { services }: LiveGeneration,
  { metricServicesMax }: Limits,
  valueOf: (service: LiveService) => number,
  ofOthers = 0,
): Generator<Sample, void> {
  let count = 0;
  let rest = ofOthers;
  for (const service of services.values()) {
    const value = valueOf(service);
    if (count++ < metricServicesMax) yield { labels: { service: service.name }, value };
    else rest += value;
  }
  if (count > metricServicesMax) yield { labels: { service: others }, value: rest };
}

function gauge(name: string, help: string, samples: Iterable<Sample>): Family {
  return { name, type: "gauge", help, samples };
}

function counter(name: string, help: string, samples: Iterable<Sample>): Family {
  return { name, type: "counter", help, samples };
}

function seconds(ms: number): number {
  return ms / 1000;
}
