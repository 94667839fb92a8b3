/** What a peer is told when its connection makes room for others. */
import assert from "node:assert/strict";
import { FrameKind, preface } from "../../../lib/protocol/mod.ts";
import type { Transport } from "../../../lib/transport/mod.ts";
import { goldenDeployment } from "../../_golden_node.ts";
import { bytesOf, TestNode, until } from "../../_support/nodes/node.ts";
import { type CameFrame, RawCaller, requestFrame } from "../../_support/raw_caller.ts";
import { readAll } from "../../transport/transport_suite.ts";

function start(connectionsMax: number, others = {}): Promise<TestNode> {
  const bounds = { connectionsMax, idleKeptMs: 0, ...others };
  return TestNode.start({ bounds, inMemory: true, deployment: goldenDeployment });
}

/** A registered client that has said hello and read the node's. */
async function introduced(node: TestNode): Promise<RawCaller> {
  const caller = new RawCaller(await node.transport());
  await caller.greet(undefined, "c1");
  return caller;
}

async function saying(node: TestNode, says: string | Uint8Array): Promise<Transport> {
  const transport = await node.transport();
  await transport.write(typeof says === "string" ? bytesOf(says) : says);
  return transport;
}

function goodbyeIn({ kind, body }: CameFrame): { reason: string; taken?: number } {
  assert.equal(kind, FrameKind.goodbye);
  return JSON.parse(new TextDecoder().decode(body));
}

const describe = { op: "describe", service: "math" };

Deno.test("a caller that has said hello outlives strangers that have not, however many come", async () => {
  await using node = await start(4);
  using caller = await introduced(node);
  const strangers: Transport[] = [];
  for (let count = 0; count < 20; count++) strangers.push(await saying(node, preface));
  // None of them is told anything.
  for (const stranger of strangers.slice(0, 17)) {
    assert.equal((await readAll(stranger)).length, 0);
  }
  await caller.send(requestFrame(1, describe));
  assert.equal((await caller.next()).kind, FrameKind.response);
  for (const stranger of strangers) stranger.close();
});

Deno.test("hellos do not keep newcomers out: their majority leaves first, told that nothing was taken", async () => {
  await using node = await start(4);
  const callers = [];
  for (let count = 0; count < 4; count++) callers.push(await introduced(node));
  const [first, ...others] = callers;
  using _newcomer = new RawCaller(await node.transport());
  assert.equal(goodbyeIn(await first!.next()).taken, 0);
  await assert.rejects(first!.next(), /\bended\b/);
  for (const other of others) {
    await other.send(requestFrame(1, describe));
    assert.equal((await other.next()).kind, FrameKind.response);
  }
  for (const caller of callers) caller[Symbol.dispose]();
});

Deno.test("an idle caller that has to leave at once is told what the node has taken", async () => {
  await using node = await start(1, { goodbyeTimeoutMs: 0, sweepEveryMs: 10 });
  using caller = await introduced(node);
  for (const call of [1, 2]) {
    await caller.send(requestFrame(call, describe));
    assert.equal((await caller.next()).kind, FrameKind.response);
  }
  using _newcomer = new RawCaller(await node.transport());
  assert.equal(goodbyeIn(await caller.next()).taken, undefined);
  // Whatever crosses the goodbyes is not taken.
  assert.equal(goodbyeIn(await caller.next()).taken, 2);
  await assert.rejects(caller.next(), /\bended\b/);
});

Deno.test("text and HTTP callers that are evicted inside a request are told to try again", async () => {
  await using node = await start(1);
  const halves: readonly (readonly [says: string, answer: RegExp])[] = [
    ['{"header":"RPC-REQ",', /^\{"header":"RPC-EX",.*"Overloaded".*"unread":true\}\}\n$/],
    ['{"jsonrpc":"2.0",', /^\{"jsonrpc":"2\.0","error":\{"code":-32003,.*"id":null\}\n$/],
    ["POST /math/add HTTP/1.1\r\n", /^HTTP\/1\.1 503 [^]*\r\nretry-after: 1\r\n[^]*Overloaded/],
    [
      "POST /math/add HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" +
      "content-length: 100\r\n\r\n[2,",
      /^HTTP\/1\.1 503 [^]*\r\nconnection: close\r\n[^]*Overloaded/,
    ],
  ];
  for (const [says, answer] of halves) {
    let told = "";
    // A connection that is evicted before the node has read anything is told nothing.
    await until("it is told", async () => {
      const transport = await saying(node, says);
      const newcomer = await node.transport();
      told = new TextDecoder().decode(await readAll(transport));
      transport.close();
      newcomer.close();
      return told !== "";
    });
    assert.match(told, answer);
  }
});
