import assert from "node:assert/strict";
import { connect, type NodeConnection } from "../../../lib/client/mod.ts";
import { serveNode } from "../../../lib/server/mod.ts";
import { formatTextRequest } from "../../../lib/protocol/json/mod.ts";
import {
  bytesOf,
  temporaryFolder,
  type TestDeployment,
  TestNode,
  until,
} from "../../_support/nodes/node.ts";
import { readAll } from "../../transport/transport_suite.ts";

const deployment: TestDeployment = {
  services: {
    slow: {
      rpcs: {
        wait: {
          args: ["int"],
          returns: ["int"],
          source: `export const wait = (ms) =>
            new Promise((done) => setTimeout(() => done(ms), ms));`,
        },
        never: { source: "export const never = () => new Promise(() => {});" },
        loop: { source: "export function loop() { for (;;); }" },
      },
    },
  },
};

const typed = { args: ["int"], returns: ["int"] };

/** Waits until the other side has read everything sent so far: it replies in order. */
async function isRead(connection: { raw: NodeConnection }): Promise<void> {
  await connection.raw.request({ op: "describe" }, { timeoutMs: 60_000 });
}

const hour = 3_600_000;
const endless = { drainTimeoutMs: hour };

/** Stops an idle node, without waiting for anything. */
async function stopsByItself(node: TestNode): Promise<void> {
  const startedMs = performance.now();
  await node.node.stop();
  assert.ok(performance.now() - startedMs < hour / 2);
}

Deno.test("a stopping node finishes calls in flight, refuses others, and releases everything", async () => {
  await using root = await temporaryFolder();
  const node = await TestNode.start({ isWarm: true, root: root.path, deployment });
  const { port } = node.node;
  const connection = await node.connection();
  const idle = await node.connection();
  await isRead(idle);
  const calls = [300, 200, 100].map((ms) => connection.call("slow.wait", [ms], typed));
  const text = await node.transport();
  const request = formatTextRequest({ service: "slow", rpc: "wait", arguments: ["250"] });
  await text.write(bytesOf(request));
  await isRead(connection);
  await until("four calls are in flight", async () => {
    await isRead(connection);
    return node.log.all("connection.accepted").length >= 4;
  });
  const stopping = node.node.stop();
  assert.equal(node.node.stop(), stopping, "it stops once");
  await assert.rejects(connection.call("slow.wait", [1], typed), { code: "Server Draining" });
  await assert.rejects(connection.raw.request({ op: "commit" }, { timeoutMs: 60_000 }), {
    code: "Server Draining",
  });
  assert.deepEqual(await Promise.all(calls), [300, 200, 100]);
  const buffer = new Uint8Array(1000);
  const count = await text.read(buffer);
  assert.match(
    new TextDecoder().decode(buffer.subarray(0, count ?? 0)),
    /^{"header":"RPC-RES","value":{"return-values":\["250"\],"script":"[0-9a-f]{64}"}}\n$/,
  );
  text.close();
  await stopping;
  await node.log.until("node.draining");
  await node.log.until("node.stopped");
  assert.equal(node.log.all("node.drain-timed-out").length, 0);
  await Promise.all([connection.raw.ended, idle.raw.ended]);
  assert.deepEqual(await TestNode.executorPids(), []);
  // Its port and its root are free for the next one.
  await using next = await serveNode({ port, root: root.path });
  assert.equal(next.port, port);
  await assert.rejects(connect(node.address).then((caller) => caller.call("x", "y", [], {})), {
    code: "Service Not Found",
  });
  await node[Symbol.asyncDispose]();
});

Deno.test("JSON-RPC and HTTP calls in flight are answered by a stopping node", async () => {
  await using node = await TestNode.start({ isWarm: true, deployment });
  await using connection = await node.connection();
  const answers: [via: string, asks: string, hears: RegExp][] = [
    [
      "json-rpc",
      '[{"jsonrpc":"2.0","method":"slow.wait","params":[300],"id":1}]',
      /^\[\{"jsonrpc":"2.0","result":300,"id":1\}\]\n$/,
    ],
    [
      "http",
      "POST /slow/wait HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" +
      "content-length: 5\r\n\r\n[300]",
      /^HTTP\/1.1 200 OK\r\n[^]*\r\nconnection: close\r\n\r\n300\n$/,
    ],
  ];
  const transports = [];
  for (const [via, asks] of answers) {
    const transport = await node.transport();
    transports.push(transport);
    await transport.write(bytesOf(asks));
    await node.log.until(`connection.${via}`);
  }
  await isRead(connection);
  const stopping = node.node.stop();
  for (const [index, [, , hears]] of answers.entries()) {
    assert.match(new TextDecoder().decode(await readAll(transports[index])), hears);
    transports[index].close();
  }
  await stopping;
  assert.equal(node.log.all("node.drain-timed-out").length, 0);
});

Deno.test("a text request to a draining node is refused explicitly", async () => {
  await using node = await TestNode.start({ isWarm: true, deployment });
  await using connection = await node.connection();
  const transport = await node.transport();
  const request = formatTextRequest({ service: "slow", rpc: "wait", arguments: ["1"] });
  await transport.write(bytesOf(request.slice(0, 10)));
  const call = connection.call("slow.wait", [2000], typed);
  await isRead(connection);
  await node.log.until("connection.accepted", {}, 3);
  const stopping = node.node.stop();
  await transport.write(bytesOf(request.slice(10)));
  const buffer = new Uint8Array(1000);
  const count = await transport.read(buffer);
  assert.equal(
    new TextDecoder().decode(buffer.subarray(0, count ?? 0)),
    '{"header":"RPC-EX","value":{"exception-type":"Server Draining",' +
      '"exception-message":"the node is shutting down"}}\n',
  );
  transport.close();
  assert.equal(await call, 2000);
  await stopping;
});

Deno.test("endless calls delay a node's stop for a bounded time only", async () => {
  const bounds = { drainTimeoutMs: 100 };
  for (const rpc of ["never", "loop"]) {
    const node = await TestNode.start({ bounds, isWarm: true, deployment });
    const connection = await node.connection();
    const call = connection.call(`slow.${rpc}`);
    call.catch(() => {});
    await isRead(connection);
    await node.node.stop();
    await assert.rejects(call, { code: "Connection Lost" });
    await node.log.until("node.drain-timed-out");
    assert.deepEqual(await TestNode.executorPids(), [], `after ${rpc}`);
    await node[Symbol.asyncDispose]();
  }
});

Deno.test("silent connections do not delay a node's stop", async () => {
  const bounds = { ...endless, firstByteTimeoutMs: hour, textRequestTimeoutMs: hour };
  const node = await TestNode.start({ bounds });
  const silent = await node.transport();
  const half = await node.transport();
  await half.write(bytesOf('{"header'));
  await node.log.until("connection.accepted", {}, 2);
  await stopsByItself(node);
  assert.equal(await half.read(new Uint8Array(10)).catch(() => null), null);
  silent.close();
  half.close();
  await node[Symbol.asyncDispose]();
});

Deno.test("a node that stops in the middle of a deployment discards it", async (t) => {
  await using root = await temporaryFolder();
  await t.step("while it stages", async () => {
    const bounds = { ...endless, executorStartTimeoutMs: hour };
    await using node = await TestNode.start({ bounds, root: root.path });
    const connection = await node.connection();
    const rpcs = { loop: { source: "for (;;);" } };
    const manifest = await connection.send({ services: { endless: { rpcs } } });
    const staging = connection.stage(manifest);
    staging.catch(() => {});
    await until("an executor starts", async () => (await TestNode.executorPids()).length > 0);
    await stopsByItself(node);
    assert.deepEqual(await TestNode.executorPids(), []);
    await assert.rejects(staging);
  });
  await t.step("while something is staged", async () => {
    await using node = await TestNode.start({ root: root.path });
    const connection = await node.connection();
    await connection.stage(await connection.send(deployment));
    await node.node.stop();
    assert.deepEqual(await TestNode.executorPids(), []);
    await connection.raw.close();
  });
  await t.step("while it commits: all of it, or nothing", async () => {
    let generation: number;
    {
      await using node = await TestNode.start({ root: root.path });
      const connection = await node.connection();
      await connection.stage(await connection.send(deployment));
      const committing = connection.commit().then(() => 1, () => 0);
      await Promise.resolve();
      await node.node.stop();
      generation = node.node.generation;
      assert.ok(await committing <= generation, "what was acknowledged has happened");
      assert.deepEqual(await TestNode.executorPids(), []);
    }
    await using node = await TestNode.start({ root: root.path });
    assert.equal(node.node.generation, generation);
  });
});

Deno.test("a node that stops while an executor starts leaves no process behind", async () => {
  const bounds = { drainTimeoutMs: 1 };
  await using node = await TestNode.start({ bounds, isWarm: true, deployment });
  for (const pid of await TestNode.executorPids()) Deno.kill(pid, "SIGKILL");
  await node.log.until("executor.ended");
  const connection = await node.connection();
  const call = connection.call("slow.wait", [1], typed);
  call.catch(() => {});
  await until("an executor starts", async () => (await TestNode.executorPids()).length > 0);
  await node.node.stop();
  assert.deepEqual(await TestNode.executorPids(), []);
  await call.catch(() => {});
});

Deno.test("a new connection to a draining node gets a greeting and a goodbye", async () => {
  await using node = await TestNode.start({ isWarm: true, inMemory: true, deployment });
  await using busy = await node.connection();
  const call = busy.call("slow.wait", [2000], typed);
  await isRead(busy);
  const late = await node.transport("127.0.0.1");
  await node.log.until("connection.accepted", {}, 3);
  const stopping = node.node.stop();
  const { NodeConnection } = await import("../../../lib/client/mod.ts");
  const connection = new NodeConnection({ host: "node", port: 1 }, late);
  // Its request is answered, although it has proved nothing.
  await assert.rejects(connection.request({ op: "commit" }, { timeoutMs: 60_000 }), {
    code: "Unauthenticated",
  });
  await connection.ended;
  assert.equal(await call, 2000);
  await stopping;
});
