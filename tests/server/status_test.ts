/** A node's status. */
import assert from "node:assert/strict";
import { ServiceStats } from "../../lib/server/calls/service_stats.ts";
import { TestNode } from "../_support/nodes/node.ts";

const deployment = {
  services: {
    math: {
      rpcs: {
        add: {
          args: ["int", "int"],
          returns: ["int"],
          source: "export const add = (a, b) => a + b;",
        },
        fail: { source: 'export const fail = () => { throw new Error("no"); };' },
        wait: { source: "export const wait = () => new Promise(() => {});" },
      },
    },
  },
};

Deno.test("a node counts the calls of each service across generations", async () => {
  await using node = await TestNode.start({ deployment });
  await using connection = await node.connection("c1");
  const status = () => connection.raw.request({ op: "status" }, { timeoutMs: 60_000 });
  const types = { args: ["int", "int"], returns: ["int"] };
  for (let call = 0; call < 5; call++) await connection.call("math.add", [1, 2], types);
  await assert.rejects(connection.call("math.fail"));
  const waiting = connection.call("math.wait", [], { timeoutMs: 60_000 }).catch(() => {});
  const before = await status();
  assert.equal(before.generation, 1);
  assert.equal(before.callsInFlight, 1);
  const [math] = before.services;
  assert.deepEqual([math.name, math.overloads, math.calls, math.failures], ["math", 3, 6, 1]);
  assert.equal(math.executors.length, 1);
  assert.equal(math.executors[0].state, "running");
  assert.equal(math.executors[0].callsInFlight, 1);
  assert.ok(math.executors[0].pid! > 0);
  assert.ok(math.p50Ms! > 0 && math.p50Ms! <= math.p99Ms!);
  await node.deploy({
    services: {
      ...deployment.services,
      other: { rpcs: { f: { source: "export const f = () => {};" } } },
    },
  });
  const after = await status();
  assert.deepEqual(after.services.map(({ name, calls }) => [name, calls]), [["math", 6], [
    "other",
    0,
  ]]);
  assert.equal(after.services[1].p50Ms, undefined);
  await connection.raw.close();
  await waiting;
});

Deno.test("only deployers learn a node's state", async () => {
  await using node = await TestNode.start({ inMemory: true, deployment });
  await using stranger = await node.connectionFrom("10.0.0.9");
  await assert.rejects(stranger.raw.request({ op: "status" }, { timeoutMs: 60_000 }), {
    code: "Unauthenticated",
    message: /\bmachine\b/,
  });
});

Deno.test("percentiles cover recent calls, to within a tenth", () => {
  const stats = new ServiceStats();
  assert.deepEqual(stats.percentiles([0.5, 0.99]), [undefined, undefined]);
  const nowMs = performance.now();
  const record = (durationMs: number, outcome: "ok" | "Cancelled" = "ok") =>
    stats.record({ overload: { rpc: "add" }, client: { name: "c1" } }, outcome, {
      durationMs,
      nowMs,
    });
  for (let ms = 1; ms <= 1000; ms++) record(ms, ms % 10 === 0 ? "Cancelled" : "ok");
  const near = (value: number | undefined, expected: number) =>
    assert.ok(Math.abs(value! - expected) < expected / 10, `${value} for ${expected}`);
  const [p50, p99, all] = stats.percentiles([0.5, 0.99, 1]);
  near(p50, 500);
  near(p99, 990);
  near(all, 1000);
  assert.deepEqual([stats.calls, stats.failures], [1000, 100]);
  record(0);
  record(1e12);
  near(stats.percentiles([0.5])[0], 500);
});
