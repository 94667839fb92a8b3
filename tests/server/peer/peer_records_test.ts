/** A node's log, which peers cause records in, at a cost below that of their input. */
import assert from "node:assert/strict";
import { limits } from "../../../lib/limits/mod.ts";
import type { LogFields, LogLevel } from "../../../lib/log/mod.ts";
import { PeerRecords } from "../../../lib/server/_peer_records.ts";
import { encodeJson } from "../../../lib/encoding/mod.ts";
import { FrameKind } from "../../../lib/protocol/mod.ts";
import { goldenDeployment } from "../../_golden_node.ts";
import { TestNode } from "../../_support/nodes/node.ts";
import { frameOf, RawCaller } from "../../_support/raw_caller.ts";
import { RecordingLog } from "../../_support/recording_log.ts";

/** A log on a clock controlled by the test. */
class Limited {
  readonly into = new RecordingLog();
  nowMs = 0;
  readonly log = new PeerRecords(this.into, { nowMs: () => this.nowMs });

  /** The number of records of an event that were logged. */
  count(event: string): number {
    return this.into.records.filter((record) => record.event === event).length;
  }
}

const refused: LogFields = { exception: "Client Not Registered", message: "no" };

Deno.test("refusals of one connection are logged up to a rate, and then counted", () => {
  const limited = new Limited();
  const from = "192.0.2.1:5";
  for (let second = 0; second < 3; second++) {
    limited.nowMs = second * 1000;
    for (let count = 0; count < 1000; count++) {
      limited.log.warn("call.refused", { from, ...refused });
    }
  }
  limited.nowMs = 3000;
  limited.log.sweep();
  const max = limits.refusalRecordsPerConnectionMax;
  assert.equal(limited.count("call.refused"), 3 * max);
  const said = limited.into.records.filter(({ event }) => event === "log.left-out");
  assert.deepEqual(said.map(({ fields }) => fields.count), Array(3).fill(1000 - max));
  assert.match(String(said[0].fields.events), /^call\.refused \d+$/);
  assert.equal(said[0].fields.from, "192.0.2.1");
});

Deno.test("many connections of one address, or of many, share a bound on records", () => {
  const bounds: Record<string, [addressOf: (index: number) => string, max: number]> = {
    "one address": [() => "192.0.2.1", limits.refusalRecordsPerAddressMax],
    "one network of IPv6": [
      (index) => `[2001:db8::${index.toString(16)}]`,
      limits.refusalRecordsPerAddressMax,
    ],
    "many addresses": [(index) => `10.0.${index >> 8}.${index & 255}`, limits.refusalRecordsMax],
  };
  for (const [name, [addressOf, max]] of Object.entries(bounds)) {
    const limited = new Limited();
    for (let index = 0; index < 1000; index++) {
      const from = `${addressOf(index)}:${index + 1}`;
      for (let count = 0; count < 3; count++) {
        limited.log.warn("connection.refused", { from, ...refused });
      }
    }
    limited.nowMs = 1000;
    limited.log.sweep();
    assert.equal(limited.count("connection.refused"), max, name);
    const [{ fields }] = limited.into.records.filter(({ event }) => event === "log.left-out");
    assert.equal(fields.count, 3000 - max, name);
  }
});

Deno.test("outcomes of calls, deployments and the node's own events are always logged", () => {
  const limited = new Limited();
  const from = "192.0.2.1:5";
  const always: [LogLevel, string, LogFields][] = [
    ["info", "call.executed", { from }],
    ["warn", "call.failed", { from, exception: "Execution Exception" }],
    ["info", "call.cancelled", { from }],
    ["info", "deploy.committed", { from }],
    ["error", "executor.ended", {}],
  ];
  for (let count = 0; count < 5000; count++) {
    for (const [level, event, fields] of always) limited.log[level](event, fields);
    limited.log.warn("call.failed", { from, exception: "Overloaded" });
    limited.log.info("connection.accepted", { from: `192.0.2.1:${count}` });
  }
  for (const [, event] of always) assert.ok(limited.count(event) >= 5000, event);
  assert.equal(limited.count("call.failed"), 5000 + limits.refusalRecordsPerConnectionMax);
  assert.equal(limited.count("connection.accepted"), limits.connectionRecordsPerAddressMax);
});

Deno.test("a repeatedly refused caller causes few records", async () => {
  const bounds = { sweepEveryMs: 10 };
  await using node = await TestNode.start({ bounds, deployment: goldenDeployment });
  const transport = await node.transport();
  using caller = new RawCaller(transport);
  await caller.greet(undefined, "c2");
  const rpc = "x".repeat(20_000);
  const route = { service: "math", rpc, argumentTypes: [], returnTypes: [] };
  await caller.send(frameOf(FrameKind.route, 0, encodeJson(route)));
  const calls = 500;
  for (let call = 1; call <= calls; call++) {
    await caller.send(frameOf(FrameKind.call, call, new Uint8Array(4)));
    assert.match(await caller.refusal(), /^Client Not Registered/);
  }
  await node.log.until("log.left-out");
  const written = node.log.records.filter(({ event }) => event === "call.refused").length;
  const leftOut = node.log.records.filter(({ event }) => event === "log.left-out")
    .reduce((sum, { fields }) => sum + Number(fields.count), 0);
  assert.ok(written + leftOut <= calls && leftOut > 0, `${written} and ${leftOut}`);
});
