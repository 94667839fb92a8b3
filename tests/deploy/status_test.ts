import assert from "node:assert/strict";
import { formatStatus, type FoundNode } from "../../lib/deploy/status.ts";
import type { NodeStatus, ServiceStatus } from "../../lib/protocol/mod.ts";

const service: ServiceStatus = {
  name: "math",
  overloads: 7,
  executors: [
    { state: "running", callsInFlight: 2, pid: 5, memoryBytes: 45 * 1024 * 1024 },
    { state: "down", callsInFlight: 0 },
  ],
  waiting: 1,
  calls: 1024,
  failures: 3,
  p50Ms: 0.2504,
  p99Ms: 1234.5,
};

function found(name: string, changes: Partial<NodeStatus>): FoundNode {
  return {
    name,
    address: "127.0.0.1:8181",
    problem: undefined,
    drift: undefined,
    status: {
      node: name,
      software: "farcall/0.1.0",
      runtime: "deno 2.9.6, linux x86_64",
      pid: 4,
      uptimeMs: 0,
      generation: 0,
      connections: 1,
      callsInFlight: 2,
      memoryBytes: 68 * 1024 * 1024,
      isDraining: false,
      services: [],
      ...changes,
    },
  };
}

Deno.test("a status has two tables, of nodes and of their services", () => {
  const text = formatStatus([
    found("s1", {
      ...{ generation: 3, uptimeMs: 93_784_000, services: [service] },
      ...{ heldBytes: 3 * 1024 ** 2, heldBytesMax: 2048 * 1024 ** 2 },
      ...{ executors: 2, executorsMax: 56, descriptors: 61, descriptorsMax: 1024 },
    }),
    found("", { uptimeMs: 61_000, isDraining: true }),
    {
      name: "s3",
      address: "10.0.0.3:8181",
      status: undefined,
      problem: "nothing listens there",
      drift: undefined,
    },
  ]);
  assert.equal(
    text,
    `NODE  ADDRESS         STATE     GENERATION  UP     CONNECTIONS  IN FLIGHT  MEMORY  HELD           EXECUTORS        FILES
s1    127.0.0.1:8181  up        3           1d 2h  1            2          68 MiB  3 of 2048 MiB  2 of 56, 45 MiB  61 of 1024
-     127.0.0.1:8181  draining  none        1m 1s  1            2          68 MiB  -              -                -
s3    10.0.0.3:8181   nothing listens there

SERVICE  NODE  RPCS  EXECUTORS          IN FLIGHT  WAITING  CALLS  FAILED  P50     P99    MEMORY
math     s1    7     1 running, 1 idle  2          1        1024   3       250 µs  1.2 s  45 MiB
`,
  );
});

Deno.test("an embedded node is shown as such, and init would be refused there", () => {
  const embedded: ServiceStatus = {
    ...service,
    executors: [{ state: "embedded", callsInFlight: 2 }],
  };
  const drift = { isUnchanged: true } as FoundNode["drift"];
  const rows = formatStatus([
    { ...found("s1", { generation: 3 }), drift },
    found("shop", { isEmbedded: true, services: [embedded] }),
  ]).split("\n").map((line) => line.split(/ {2,}/));
  assert.deepEqual([rows[1][3], rows[1].at(-1)], ["3", "change nothing"]);
  assert.deepEqual([rows[2][3], rows[2].at(-1)], ["embedded", "be refused"]);
  assert.equal(rows[5][3], "1 embedded");
});

Deno.test("a service shows whether each call has a process of its own", () => {
  const alone: ServiceStatus = { ...service, isolation: "call" };
  const rows = formatStatus([found("s1", { services: [service, alone] })]).split("\n");
  assert.doesNotMatch(rows[4], /isolation/);
  assert.match(rows[5], / {2}1 running, 1 idle, +isolation: +call {2}/);
});

Deno.test("an executor that does not start, and a service that may not run, show the reason", () => {
  const text = formatStatus([found("s1", {
    services: [
      { ...service, executors: [{ state: "failing", callsInFlight: 0, reason: "exploded" }] },
      { ...service, refusal: "ungranted" },
    ],
  })]);
  assert.match(text, / {2}1 failing \(exploded\) {2}/);
  assert.match(text, / {2}refused: ungranted +2 {2}/);
});
