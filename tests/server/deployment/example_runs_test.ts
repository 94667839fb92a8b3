/** How a deployment of many services starts their executors. */
import assert from "node:assert/strict";
import type { ServiceExecutor } from "../../../lib/executor/mod.ts";
import { limitsWith } from "../../../lib/limits/mod.ts";
import type { Manifest, ManifestService } from "../../../lib/manifest/mod.ts";
import type { StackMapper } from "../../../lib/server/calls/stack_mapper.ts";
import { exampleRunsOf, runExamples } from "../../../lib/server/deployment/_example_runs.ts";
import { mentions } from "../../_support/mentions.ts";

const places = {} as StackMapper;

function serviceOf(name: string, rpcs: readonly string[] = ["f"]): ManifestService {
  const overloads = rpcs.map((rpc) => ({ rpc, args: [], returns: [], script: "0".repeat(64) }));
  return { name, tenants: [], overloads } as unknown as ManifestService;
}

/** Executors whose starts take some turns of the event loop, and how many start at once. */
class Starts {
  count = 0;
  readonly atOnce: number[] = [];
  #now = 0;

  constructor(readonly onStart: () => void = () => {}) {}

  executor(): ServiceExecutor {
    return {
      prepare: async () => {
        this.count++;
        this.atOnce.push(++this.#now);
        this.onStart();
        for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
        this.#now--;
      },
      rest: async () => {},
      endTrial: () => {},
    } as unknown as ServiceExecutor;
  }

  trials(count: number) {
    return Array.from({ length: count }, (_, index) => {
      return { service: serviceOf(`s${index}`), executor: this.executor(), isFresh: true };
    });
  }
}

Deno.test("of many new services, the first start together, and the others leave a processor free", async () => {
  const bounds = limitsWith({ executorsWarmMax: 4 });
  const starts = new Starts();
  await runExamples(starts.trials(40), { atOnceMax: 16, places, bounds, isOver: () => false });
  assert.equal(starts.count, 40);
  const othersMax = Math.max(1, navigator.hardwareConcurrency - 1);
  assert.ok(Math.max(...starts.atOnce.slice(0, 5)) >= 4, String(starts.atOnce));
  assert.ok(Math.max(...starts.atOnce.slice(16)) <= othersMax, String(starts.atOnce));
});

Deno.test("a deployment that is over starts no more; one that takes too long is refused", async () => {
  const over = new Starts();
  const isOver = () => over.count >= 5;
  await runExamples(over.trials(40), { atOnceMax: 2, places, bounds: limitsWith(), isOver });
  assert.ok(over.count < 10, String(over.count));
  const bounds = limitsWith({ deploymentTimeoutMs: 1 });
  const late = new Starts(() => {
    const until = performance.now() + 2;
    while (performance.now() < until);
  });
  await assert.rejects(
    runExamples(late.trials(40), { atOnceMax: 1, places, bounds, isOver: () => false }),
    { code: "Deploy Rejected", message: mentions("1 of 40", "0.001 s", "fewer") },
  );
});

Deno.test("a service without rpcs needs no executor", () => {
  const services = [serviceOf("empty", []), serviceOf("full")];
  const executors = new Map(services.map((service) => [service, new Starts().executor()]));
  const manifest: Manifest = { format: 1, node: "s1", clients: [], services };
  const live: Manifest = { ...manifest, services: [] };
  const steps = exampleRunsOf(
    live,
    manifest,
    (service) => executors.get(service)!,
    [...executors.values()],
  );
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  const fresh = step.value.filter(({ isFresh }) => isFresh).map(({ service }) => service.name);
  assert.deepEqual(fresh, ["full"]);
});
