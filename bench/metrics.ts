/** The cost of metrics: counting a call, relative to the former counting; and a scrape of many series. */
import { RpcSeries, SeriesRoom, ServiceSeries } from "../lib/server/metrics/call_series.ts";
import { formatFamilies } from "../lib/server/metrics/exposition.ts";
import { ServiceStats } from "../lib/server/calls/service_stats.ts";

const call = { overload: { rpc: "add" }, client: { name: "c1" } };
const calls = 1_000_000;

/** The minimum time of one of many, in nanoseconds. */
function leastNs(work: (index: number) => void): number {
  let best = Infinity;
  for (let round = 0; round < 15; round++) {
    const startMs = performance.now();
    for (let index = 0; index < calls; index++) work(index);
    best = Math.min(best, (performance.now() - startMs) * 1e6 / calls);
  }
  return best;
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

const series = new ServiceSeries(new SeriesRoom());
const stats = new ServiceStats();
const nowMs = performance.now();
const seriesNs = leastNs((index) => series.of("add").record("c1", "ok", (index & 255) / 100));
const allNs = leastNs((index) =>
  stats.record(call, "ok", { durationMs: (index & 255) / 100 + 0.01, nowMs })
);
print(`a call in the series of its rpc, client and outcome: ${seriesNs.toFixed(0)} ns`);
print(`all that is counted of a call, with percentiles: ${allNs.toFixed(0)} ns`);

for (const rpcs of [10, 1000]) {
  const room = new SeriesRoom();
  const all = Array.from({ length: rpcs }, (_, index) => ({
    rpc: `rpc_${index}`,
    series: new RpcSeries(room),
  }));
  for (const { series } of all) for (const name of ["c1", "c2"]) series.record(name, "ok", 0.3);
  const startMs = performance.now();
  const steps = formatFamilies([{
    name: "calls",
    type: "histogram",
    help: "",
    bounds: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 1e4, 3e4],
    distributions: all.map(({ rpc, series }) => ({
      labels: { service: "many", rpc },
      counts: series.buckets,
      sum: series.sumMs,
    })),
  }], "prometheus");
  let next = steps.next();
  while (!next.done) next = steps.next();
  const { length } = next.value as string;
  const took = performance.now() - startMs;
  print(
    `the histograms of ${rpcs} rpcs: ${(length / 1024).toFixed(0)} KiB in ${took.toFixed(1)} ms`,
  );
}
