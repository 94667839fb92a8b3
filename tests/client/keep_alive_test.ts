/** A vanished node costs its callers seconds instead of a deadline each; a busy one costs nothing. */
import assert from "node:assert/strict";
import { limitsWith } from "../../lib/limits/mod.ts";
import { connect, NodeConnection } from "../../lib/client/mod.ts";
import type { FarcallError } from "../../lib/errors/mod.ts";
import { memoryPair } from "../../lib/transport/mod.ts";
import { FrameKind, type Route } from "../../lib/protocol/mod.ts";
import { configurationOf } from "../_support/configuration.ts";
import {
  bytesOf,
  temporaryFolder,
  type TestDeployment,
  TestNode,
  until,
} from "../_support/nodes/node.ts";
import { NodeProcess } from "../_support/nodes/node_process.ts";
import { playNode, ScriptedNode } from "../_support/nodes/scripted_node.ts";
import { mentions } from "../_support/mentions.ts";

const deployment: TestDeployment = {
  services: {
    who: {
      rpcs: {
        who: { returns: ["str"], source: 'export const who = () => "me";' },
        never: { source: "export const never = () => new Promise(() => {});" },
        spin: {
          args: ["int"],
          returns: ["int"],
          source: `export function spin(ms) {
            const end = Date.now() + ms;
            let turns = 0;
            while (Date.now() < end) turns += 1;
            return turns > 0 ? ms : 0;
          }`,
        },
      },
    },
  },
};

const route: Route = { service: "who", rpc: "who", argumentTypes: [], returnTypes: ["str"] };
const noArguments = Uint8Array.of(0, 0, 0, 2, 0x5b, 0x5d);
const patience = { timeoutMs: 60_000 };

/** Bounds with which an unresponsive node is detected soon. */
const bounds = { nodeSilentMs: 20, pongTimeoutMs: 300 };

/** Replies to a call with `me`. */
const answer = [new Uint8Array(32), Uint8Array.of(0, 0, 0, 6, ...bytesOf('["me"]'))] as const;

Deno.test("when a node falls silent, each call in flight fails once, named, and the connection is over", async () => {
  const [near, far] = memoryPair();
  const kinds: number[] = [];
  const playing = playNode(far, ({ kind }) => kinds.push(kind));
  const connection = new NodeConnection({ name: "s1", host: "10.0.0.1", port: 81 }, near, {
    bounds: limitsWith(bounds),
  });
  let settled = 0;
  const calls = Array.from(
    { length: 20 },
    () => connection.call(route, noArguments, patience).finally(() => settled += 1),
  );
  for (const result of await Promise.allSettled(calls)) {
    assert.equal(result.status, "rejected");
    const { code, node, message } = result.reason as FarcallError;
    assert.deepEqual([code, node], ["Connection Lost", "s1 (10.0.0.1:81)"]);
    assert.match(
      message,
      mentions("s1 (10.0.0.1:81)", "silent", "unknown"),
    );
  }
  assert.equal(settled, 20);
  assert.equal(connection.isUsable, false);
  await connection.ended;
  await playing;
  assert.equal(kinds.filter((kind) => kind === FrameKind.ping).length, 1);
  await assert.rejects(connection.call(route, noArguments, patience), { code: "Connection Lost" });
});

Deno.test("a node that is busy answers pings, and its callers wait as long as they said", async () => {
  const [near, far] = memoryPair();
  let open = 0;
  let pings = 0;
  const playing = playNode(far, ({ kind, call }, channel) => {
    if (kind === FrameKind.call) open = call;
    if (kind !== FrameKind.ping) return;
    pings += 1;
    if (pings < 10) channel.send(FrameKind.pong, 0, call);
    else channel.send(FrameKind.result, 0, open, ...answer);
  });
  const connection = new NodeConnection({ host: "10.0.0.1", port: 81 }, near, {
    bounds: limitsWith(bounds),
  });
  const { payload } = await connection.call(route, noArguments, patience);
  assert.deepEqual(payload, Uint8Array.of(0, 0, 0, 6, ...bytesOf('["me"]')));
  assert.equal(pings, 10);
  await connection.close();
  await playing;
});

Deno.test("a script that does not yield does not keep its node from answering pings", async () => {
  await using node = await TestNode.start({ isWarm: true, deployment });
  const caller = await node.connect({ bounds: { nodeSilentMs: 5, pongTimeoutMs: 1000 } });
  await caller.call("who", "who");
  assert.equal(await caller.call("who", "spin", [1200]), 1200);
  assert.equal(node.log.all("connection.framed").length, 2, "the deployer's and the caller's");
});

Deno.test("a call that may have run is not retried elsewhere; the next one goes elsewhere", async () => {
  await using silent = new ScriptedNode(() => {});
  await using s2 = await TestNode.start({ isWarm: true, deployment });
  const servers = { s1: silent.server, s2: { ip: s2.node.host, port: s2.node.port } };
  await using caller = await connect(configurationOf(servers, deployment), { bounds });
  await assert.rejects(caller.call("who", "never"), {
    code: "Connection Lost",
    node: `s1 (${silent.address})`,
    message: /\bunknown\b/,
  });
  assert.equal(await caller.call("who", "who"), "me");
  assert.deepEqual(s2.log.records.filter(({ fields }) => fields.rpc === "never"), []);
});

Deno.test("after a node fell silent, the next call makes a new connection to it", async () => {
  await using node = new ScriptedNode(({ kind, call }, channel) => {
    if (kind === FrameKind.call && node.connectionCount > 1) {
      channel.send(FrameKind.result, 0, call, ...answer);
    }
  });
  await using caller = await connect(configurationOf({ s1: node.server }, deployment), { bounds });
  await assert.rejects(caller.call("who", "who"), { code: "Connection Lost" });
  assert.equal(await caller.call("who", "who"), "me");
  assert.equal(node.connectionCount, 2);
});

Deno.test("a node that vanishes between calls costs the next one nothing, even one that must not run twice", async () => {
  const hasty = { ...bounds, nodeIdleMs: 20 };
  const calls: number[] = [];
  const pings: number[] = [];
  await using node = new ScriptedNode(({ kind, call }, channel) => {
    if (kind === FrameKind.ping) pings.push(node.connectionCount);
    if (kind !== FrameKind.call) return;
    calls.push(node.connectionCount);
    channel.send(FrameKind.result, 0, call, ...answer);
  });
  await using caller = await connect(configurationOf({ s1: node.server }, deployment), {
    bounds: hasty,
  });
  assert.equal(await caller.call("who", "who"), "me");
  await until("its connection was given up", () => node.openCount === 0);
  // On a busy machine, it is pinged before it answers, too.
  assert.deepEqual([...new Set(pings)], [1]);
  assert.equal(await caller.call("who", "who"), "me");
  assert.deepEqual(calls, [1, 2]);
});

Deno.test("an idle connection stays, as long as its node answers pings", async () => {
  const hasty = { ...bounds, nodeIdleMs: 20 };
  const [near, far] = memoryPair();
  let pings = 0;
  const playing = playNode(far, ({ kind, call }, channel) => {
    if (kind !== FrameKind.ping) return;
    pings += 1;
    channel.send(FrameKind.pong, 0, call);
  });
  const connection = new NodeConnection({ host: "10.0.0.1", port: 81 }, near, {
    bounds: limitsWith(hasty),
  });
  await until("it was pinged often", () => pings >= 10);
  assert.equal(connection.isUsable, true);
  await connection.close();
  await playing;
});

Deno.test("calls with deadlines shorter than a node's silence detect it together", async () => {
  await using node = new ScriptedNode(() => {});
  await using caller = await connect(configurationOf({ s1: node.server }, deployment), { bounds });
  for (let count = 0; node.connectionCount < 2; count++) {
    assert.ok(count < 1000, "calls are still sent on the first connection");
    await assert.rejects(
      caller.call("who", "who", [], { timeoutMs: 10 }),
      // A busy machine may take as long to connect.
      ({ code }: FarcallError) =>
        ["Deadline Exceeded", "Connection Lost", "Node Unreachable"].includes(code),
    );
  }
});

Deno.test({
  name: "a node's process that is frozen fails its call, and serves on when it goes on",
  ignore: Deno.build.os === "windows",
  async fn() {
    const bounds = { nodeSilentMs: 200, pongTimeoutMs: 4000 };
    await using root = await temporaryFolder();
    await using node = await NodeProcess.start(root.path);
    {
      await using deployer = await node.connection();
      await deployer.deploy(deployment);
    }
    const address = `127.0.0.1:${node.port}`;
    await using caller = await connect(address, { bounds, connectTimeoutMs: 3000 });
    assert.equal(await caller.call("who", "who"), "me");
    const frozen = caller.call("who", "never");
    // The reply to this one shows that the node has read the one before it.
    assert.equal(await caller.call("who", "who"), "me");
    node.freeze();
    const late = caller.call("who", "who");
    for (const call of [frozen, late]) {
      await assert.rejects(call, {
        code: "Connection Lost",
        node: address,
        message: /\bunknown\b/,
      });
    }
    await assert.rejects(caller.call("who", "who"), {
      code: "Node Unreachable",
      message: mentions("3000 ms"),
    });
    node.thaw();
    await using patient = await connect(address);
    assert.equal(await patient.call("who", "who"), "me");
  },
});
