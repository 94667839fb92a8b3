/** Access to a node's log over the wire, and its cost for the node. */
import assert from "node:assert/strict";
import { connect } from "../../lib/client/mod.ts";
import { MalformedMessage } from "../../lib/errors/mod.ts";
import { NodeLog } from "../../lib/client/_node_log.ts";
import { type LimitChanges, limitsWith } from "../../lib/limits/mod.ts";
import { MemoryHistory } from "../../lib/log/memory_history.ts";
import { serve } from "../../mod.ts";
import { newKey, type TestDeployment, TestNode, until } from "../_support/nodes/node.ts";
import { rpc } from "../../mod.ts";
import { mentions } from "../_support/mentions.ts";

const source = "export default () => {};";

const deployment: TestDeployment = {
  clients: [
    { name: "c1", ip: "127.0.0.1" },
    { name: "ops", ip: "10.0.0.1", allowLogs: true },
    { name: "other", ip: "10.0.0.2" },
  ],
  services: { constructor: { rpcs: { toString: { source } } } },
};

function filled(count: number, text = "x", bounds?: LimitChanges): MemoryHistory {
  const history = new MemoryHistory(limitsWith(bounds));
  for (let n = 0; n < count; n++) {
    const fields = { service: n % 2 === 0 ? "constructor" : "math", call: n, text };
    history.add({ epochMs: 1000 + n, level: "info", event: "script.console", fields });
  }
  return history;
}

const patience = { timeoutMs: 60_000 };

Deno.test("a node shows its log to deployers, and to clients with allow-logs", async (t) => {
  const logHistory = filled(10);
  await using node = await TestNode.start({ inMemory: true, deployment, logHistory });
  const request = { op: "logs", since: 0 } as const;
  const cases: [who: string, host: string, client: string | undefined, isAllowed: boolean][] = [
    ["a client that may, by its address", "10.0.0.1", undefined, true],
    ["a client that may, by its name", "10.0.0.1", "ops", true],
    ["a client that may not", "10.0.0.2", undefined, false],
    ["a client under the name of one that may", "10.0.0.2", "ops", false],
    ["somebody", "10.0.0.9", undefined, false],
    ["a client of this machine, who is not its user", "127.0.0.1", "c1", false],
  ];
  for (const [who, host, client, isAllowed] of cases) {
    await t.step(who, async () => {
      await using connection = await node.connectionFrom(host, 1, client);
      const answering = connection.raw.request(request, patience);
      if (isAllowed) assert.equal((await answering).records.length, 10);
      else {await assert.rejects(answering, {
          code: "Unauthenticated",
          message: /allow-logs: true/,
        });}
    });
  }
  await t.step("the node's own user", async () => {
    await using connection = await node.connection();
    const { records, isEnd, node: name } = await connection.raw.request(
      { ...request, service: "constructor", level: "info" },
      patience,
    );
    assert.deepEqual([records.length, isEnd, name], [5, true, "s1"]);
  });
});

Deno.test("a node with deploy keys shows its log to their holders", async () => {
  const key = await newKey();
  await using node = await TestNode.start({ deployKeys: [key.publicKey], logHistory: filled(1) });
  await using holder = await node.connection(undefined, key);
  const request = { op: "logs", since: 0 } as const;
  assert.equal((await holder.raw.request(request, patience)).records.length, 1);
  await using other = await node.connection();
  await assert.rejects(other.raw.request(request, patience), {
    code: "Unauthenticated",
    message: mentions("log", /\bkeys\b/),
  });
});

Deno.test("a slow or stalled reader holds one batch, and delays nobody", async () => {
  const bounds = { logWaitMs: 60_000, logGatherMs: 1 };
  const logHistory = filled(5_000, "y".repeat(200), bounds);
  await using node = await TestNode.start({ deployment, logHistory });
  await using reader = await node.connection();
  const first = await reader.raw.request({ op: "logs", since: 0 }, patience);
  assert.ok(first.records.length < 1000 && !first.isEnd, "one answer is not all");
  const before = node.node.memory.bytes;
  // Many readers wait for a record that never comes.
  let { position } = first;
  for (let isEnd = false; !isEnd;) {
    ({ position, isEnd } = await reader.raw.request({ op: "logs", since: 0, position }, patience));
  }
  const waiting = Array.from(
    { length: 30 },
    () => reader.raw.request({ op: "logs", since: 0, position, waitMs: 60_000 }, patience),
  );
  await using caller = await node.connection("c1");
  await caller.call("constructor.toString");
  assert.ok(node.node.memory.bytes - before < 1024 * 1024);
  logHistory.add({ epochMs: 9999, level: "warn", event: "last", fields: {} });
  for (const answer of await Promise.all(waiting)) assert.equal(answer.records[0].event, "last");
});

Deno.test("logs of many nodes are merged in order of time; failures are reported", async (t) => {
  const bounds = { logWaitMs: 200, logGatherMs: 1, logMergeMs: 20, logRetryMs: 20 };
  const first = new MemoryHistory(limitsWith(bounds));
  const second = new MemoryHistory(limitsWith(bounds));
  for (let n = 0; n < 3000; n++) {
    const record = { level: "info", event: "e", fields: { n, text: "z".repeat(100) } } as const;
    (n % 3 === 0 ? first : second).add({ ...record, epochMs: n });
  }
  await using s1 = await TestNode.start({ logHistory: first, name: "s1" });
  const s2 = await TestNode.start({ logHistory: second, name: "s2" });
  await using _s2 = s2;
  await using silent = await TestNode.start();
  await using farcall = await connect(s1.address, { bounds });
  const on = [s1.address, s2.address];
  await t.step("records", async () => {
    const numbers: unknown[] = [];
    for await (const { record } of farcall.logs({ on, since: new Date(0) })) {
      numbers.push(record!.fields.n);
    }
    assert.deepEqual(numbers, Array.from({ length: 3000 }, (_, n) => n));
  });
  await t.step("a node that is down, and one that keeps no records", async () => {
    const codes = new Map<string, string>();
    for await (
      const { node, error } of farcall.logs({ on: [...on, silent.address, "127.0.0.1:1"] })
    ) {
      if (error !== undefined) codes.set(node, error.code);
    }
    assert.deepEqual(
      [...codes].sort(),
      [
        ["127.0.0.1:1", "Node Unreachable"],
        [silent.address, "Unavailable"],
      ].sort(),
    );
  });
  await t.step("a node that accepts connections and is silent", async () => {
    using silentPort = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = silentPort.addr as Deno.NetAddr;
    await using hasty = await connect(s1.address, { bounds, connectTimeoutMs: 2_000 });
    let count = 0;
    const errors: string[] = [];
    const nodes = [...on, `127.0.0.1:${port}`];
    for await (const { error } of hasty.logs({ on: nodes, since: new Date(0) })) {
      if (error === undefined) count += 1;
      else errors.push(error.code);
    }
    assert.deepEqual([count, errors], [3000, ["Node Unreachable"]]);
  });
  await t.step(
    "followed: what comes on either, until the reader leaves; a node that goes is told of",
    async () => {
      const abort = new AbortController();
      const entries = farcall.logs({
        on,
        since: new Date(2998),
        follow: true,
        signal: abort.signal,
      });
      const events: string[] = [];
      const reading = (async () => {
        for await (const { node, record, error } of entries) {
          events.push(error?.code ?? `${node === s1.address ? "s1" : "s2"} ${record!.fields.n}`);
        }
      })();
      await until("the last of before", () => events.length === 2);
      first.add({ epochMs: 5000, level: "warn", event: "new", fields: { n: "a" } });
      await until("one that is new", () => events.length === 3);
      await s2[Symbol.asyncDispose]();
      await until("one that has gone", () => events.length === 4);
      first.add({ epochMs: 5001, level: "warn", event: "new", fields: { n: "b" } });
      await until("the other goes on", () => events.length === 5);
      abort.abort();
      await reading;
      assert.deepEqual(events.slice(0, 3), ["s2 2998", "s2 2999", "s1 a"]);
      assert.match(events[3], /Connection Lost|Node Unreachable|Server Draining/);
      assert.equal(events[4], "s1 b");
    },
  );
});

Deno.test("an embedded node shows its last records to its own machine", async () => {
  await using node = await serve({
    port: 0,
    log: () => {},
    services: { math: { fail: rpc([], [], () => Promise.reject(new Error("no"))) } },
  });
  await using farcall = await connect(node.address);
  await assert.rejects(farcall.call("math", "fail"));
  const events = [];
  for await (const { record } of farcall.logs({ level: "warn", rpc: "fail" })) {
    events.push(record!.event);
  }
  assert.deepEqual(events, ["call.failed"]);
});

Deno.test("a node that does not know the request is reported as older", async () => {
  const connection = { bounds: limitsWith({ logRetryMs: 10 }) };
  await using node = await TestNode.start();
  const signal = new AbortController().signal;
  const { host, port } = node.node;
  // The reply of an older node to an unknown request, and of a newer one to a malformed one.
  const filter = { since: -1 };
  const log = new NodeLog({ host, port }, { connection, filter, follows: true, signal });
  await log.read();
  const { error } = log.shift();
  assert.ok(error instanceof MalformedMessage);
  assert.match(error.message, /\bolder\b/);
  assert.equal(log.read(), undefined, "it is not asked again");
  await log.close();
});
