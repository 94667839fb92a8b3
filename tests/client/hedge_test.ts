/** A hedged attempt: the first reply wins, and the loser is stopped. */
import assert from "node:assert/strict";
import { connect, type Farcall } from "../../lib/client/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { listenTcp, type Transport } from "../../lib/transport/mod.ts";
import { fakeDeployment, FakeNode, type HeardCall } from "../_support/fake_service.ts";
import { configurationOf } from "../_support/configuration.ts";
import { type TestDeployment, TestNode, until } from "../_support/nodes/node.ts";

const answers = (call: HeardCall): void => call.answer();
const keepsSilent = (): void => {};

function callerOf(s1: { ip: string; port: number }, s2: FakeNode): Promise<Farcall> {
  return connect(configurationOf({ s1, s2: s2.server }, fakeDeployment));
}

Deno.test("the losing script is told to stop, and its node logs a cancelled call", async () => {
  const deployment = (node: string, source: string): TestDeployment => ({
    node,
    services: { race: { rpcs: { run: { returns: ["str"], isIdempotent: true, source } } } },
  });
  await using s1 = await TestNode.start({
    deployment: deployment("s1", "export const run = () => new Promise(() => {});"),
  });
  await using s2 = await TestNode.start({
    deployment: deployment("s2", 'export const run = () => "s2";'),
  });
  const servers = {
    s1: { ip: s1.node.host, port: s1.node.port },
    s2: { ip: s2.node.host, port: s2.node.port },
  };
  await using caller = await connect(configurationOf(servers, deployment("s1", "")));
  const reply = await caller.reply("race", "run", [], { hedgeMs: 5 });
  assert.deepEqual([reply.value, reply.node], ["s2", `s2 (${s2.address})`]);
  await s1.log.until("call.cancelled", { service: "race", rpc: "run" });
  assert.equal(s2.log.all("call.cancelled").length, 0);
});

Deno.test("the second attempt loses when the first is answered first", async () => {
  const held: HeardCall[] = [];
  await using s1 = new FakeNode((call) => held.push(call));
  await using s2 = new FakeNode(() => held[0].answer());
  await using caller = await callerOf(s1.server, s2);
  const reply = await caller.reply("fake", "get", [1], { hedgeMs: 0 });
  assert.equal(reply.node, `s1 (${s1.address})`);
  await until("the other was cancelled", () => s2.cancelled.length > 0);
  assert.deepEqual([s1.cancelled, s2.cancelled], [[], ["get 1"]]);
});

Deno.test("an rpc that is not idempotent is not called twice, whatever the options", async () => {
  const held: HeardCall[] = [];
  await using s1 = new FakeNode((call) => held.push(call));
  await using s2 = new FakeNode(answers);
  await using caller = await callerOf(s1.server, s2);
  const put = caller.call("fake", "put", [1], { hedgeMs: 0 });
  await until("it is there", () => held.length > 0);
  // These go to the other node, on the connection that a hedge would take before them.
  for (let count = 0; count < 20; count++) {
    await caller.call("fake", "get", [count], { hedgeMs: 1 });
  }
  held[0].answer();
  assert.equal(await put, 1);
  assert.deepEqual([...s1.heard, ...s2.heard].filter((each) => each.startsWith("put")), ["put 1"]);
  assert.equal(s2.heard.length, 20);
});

Deno.test("a call that is answered in time is made once", async () => {
  await using s1 = new FakeNode(answers);
  await using s2 = new FakeNode(answers);
  await using caller = await callerOf(s1.server, s2);
  assert.equal(await caller.call("fake", "get", [1], { hedgeMs: 10_000 }), 1);
  assert.deepEqual([s1.heard, s2.heard], [["get 1"], []]);
});

Deno.test("a single provider is asked once", async () => {
  await using s1 = new FakeNode(answers);
  await using caller = await connect(configurationOf({ s1: s1.server }, fakeDeployment));
  assert.equal(await caller.call("fake", "get", [1], { hedgeMs: 0 }), 1);
  assert.deepEqual(s1.heard, ["get 1"]);
});

Deno.test("a node that does not even greet is overtaken, too", async () => {
  const silent = listenTcp("127.0.0.1", 0);
  const open: Transport[] = [];
  const accepting = (async () => {
    for (let transport; (transport = await silent.accept()) !== null;) open.push(transport);
  })();
  await using s2 = new FakeNode(answers);
  await using caller = await callerOf({ ip: "127.0.0.1", port: silent.port }, s2);
  const timeoutMs = limits.connectTimeoutMs - 1000;
  assert.equal(await caller.call("fake", "get", [1], { hedgeMs: 5, timeoutMs }), 1);
  silent.close();
  await accepting;
  for (const transport of open) transport.close();
});

Deno.test("a failure without a reply leaves the race to the other; an exception wins it", async () => {
  let hangUp = (): void => {};
  await using s1 = new FakeNode((call) => hangUp = () => call.hangUp());
  await using s2 = new FakeNode((call) => {
    hangUp();
    setTimeout(() => call.refuse("Execution Exception"), 20);
  });
  await using caller = await callerOf(s1.server, s2);
  await assert.rejects(caller.call("fake", "get", [1], { hedgeMs: 5 }), {
    code: "Execution Exception",
  });
});

Deno.test("when both attempts fail, the first says why", async () => {
  const held: HeardCall[] = [];
  const hangsUpBoth = (call: HeardCall): void => {
    held.push(call);
    if (held.length === 2) { for (const each of held) each.hangUp(); }
    if (held.length > 2) call.hangUp();
  };
  await using s1 = new FakeNode(hangsUpBoth);
  await using s2 = new FakeNode(hangsUpBoth);
  await using caller = await callerOf(s1.server, s2);
  await assert.rejects(caller.call("fake", "get", [1], { hedgeMs: 0 }), {
    code: "Connection Lost",
    node: `s1 (${s1.address})`,
  });
});

Deno.test("a caller that gives up cancels both attempts", async () => {
  await using s1 = new FakeNode(keepsSilent);
  await using s2 = new FakeNode(keepsSilent);
  await using caller = await callerOf(s1.server, s2);
  const abort = new AbortController();
  const call = caller.call("fake", "get", [1], { hedgeMs: 0, signal: abort.signal });
  await until("both are there", () => s1.heard.length + s2.heard.length === 2);
  abort.abort();
  await assert.rejects(call, { code: "Cancelled" });
  await until("both are told", () => s1.cancelled.length + s2.cancelled.length === 2);
});
