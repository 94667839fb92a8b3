import assert from "node:assert/strict";
import { openLog } from "../../lib/log/open_log.ts";
import { serveNode } from "../../lib/server/mod.ts";
import { formatTextRequest } from "../../lib/protocol/json/mod.ts";
import { NodeConnection, proveLocal } from "../../lib/client/mod.ts";
import {
  bytesOf,
  temporaryFolder,
  TestConnection,
  type TestDeployment,
  TestNode,
} from "../_support/nodes/node.ts";

const deployment: TestDeployment = {
  clients: [{ name: "c1", ip: "127.0.0.1" }, { name: "c2", ip: "10.0.0.2" }],
  services: {
    math: {
      rpcs: {
        add: {
          args: ["int", "int"],
          returns: ["int"],
          source: "export const add = (a, b) => a + b;",
        },
        fail: { source: "export function fail() { throw new TypeError('no'); }" },
      },
    },
    closed: { tenants: ["c2"], rpcs: { x: { source: "export default () => {};" } } },
  },
};

const typed = { args: ["int", "int"], returns: ["int"] };

Deno.test("the log records connections, calls, durations and refusals", async (t) => {
  await using node = await TestNode.start({ isWarm: true, deployment });
  await using connection = await node.connection("c1");
  await t.step("a connection, and the caller's identity", async () => {
    const attempt = await node.log.until("connection.accepted");
    assert.equal(attempt.level, "info");
    assert.match(String(attempt.fields.from), /^127\.0\.0\.1:\d+$/);
    const { fields } = await node.log.until("connection.framed", { client: "c1" });
    assert.match(String(fields.software), /^farcall\/\d/);
  });
  await t.step("an execution, with its duration and its script", async () => {
    assert.equal(await connection.call("math.add", [1, 2], typed), 3);
    const { level, fields } = await node.log.until("call.executed", {
      service: "math",
      rpc: "add",
    });
    assert.equal(level, "info");
    assert.equal(fields.client, "c1");
    assert.match(String(fields.from), /^127\.0\.0\.1:\d+$/);
    assert.match(String(fields.script), /^[0-9a-f]{12}$/);
    assert.ok(Number(fields.durationMs) > 0);
  });
  await t.step("an exception of a script, with its stack", async () => {
    await assert.rejects(connection.call("math.fail"), { code: "Execution Exception" });
    const { level, fields } = await node.log.until("call.failed", { rpc: "fail" });
    assert.equal(level, "warn");
    assert.equal(fields.exception, "Execution Exception");
    assert.equal(fields.message, "TypeError: no");
    assert.match(String(fields.stack), /TypeError: no/);
    assert.ok(Number(fields.durationMs) > 0);
  });
  await t.step("refusals, each with its exception", async () => {
    const refusals: [target: string, exception: string][] = [
      ["missing.x", "Service Not Found"],
      ["math.missing", "RPC Not Found"],
      ["math.add", "Invalid Arguments"],
      ["closed.x", "Client Not Registered"],
    ];
    for (const [target, exception] of refusals) {
      await assert.rejects(connection.call(target), { code: exception });
      const [service, rpc] = target.split(".");
      const { level, fields } = await node.log.until("call.refused", { service, rpc });
      assert.equal(level, "warn");
      assert.equal(fields.exception, exception);
      assert.equal(fields.client, "c1");
      assert.equal(fields.stack, undefined, "a caller's mistake is none of ours");
    }
  });
  await t.step("a call in the text framing, too", async () => {
    const transport = await node.transport();
    const request = { client: "c1", service: "math", rpc: "add", arguments: ["1", "2"] };
    await transport.write(bytesOf(formatTextRequest(request)));
    await node.log.until("call.executed", { rpc: "add", client: "c1" }, 2);
    transport.close();
  });
  await t.step("malformed messages, and aborted connections", async () => {
    const transport = await node.transport();
    await transport.write(bytesOf("GET / HTTP/1.1\r\n\r\n"));
    const refused = await node.log.until("call.refused", { exception: "Malformed Message" });
    assert.equal(refused.fields.stack, undefined);
    transport.close();
    const leaver = await node.transport();
    await leaver.write(bytesOf('{"header"'));
    leaver.close();
    await node.log.until("connection.closed");
    assert.equal(node.log.records.filter(({ level }) => level === "error").length, 0);
  });
  await t.step("a deployment, step by step", async () => {
    await connection.deploy(deployment);
    const staged = await node.log.until("deploy.staged", { deployer: "tester" }, 2);
    assert.equal(staged.fields.services, 0, "nothing new had to be started");
    const committed = await node.log.until("deploy.committed", { generation: 2 });
    assert.equal(committed.fields.services, 2);
    assert.match(String(committed.fields.from), /^127\.0\.0\.1:\d+$/);
  });
});

Deno.test("callers silent for too long are closed, with a record", async () => {
  const bounds = { firstByteTimeoutMs: 500, textRequestTimeoutMs: 20 };
  await using node = await TestNode.start({ bounds });
  const silent = await node.transport();
  const slow = await node.transport();
  await slow.write(bytesOf("{"));
  assert.equal(await silent.read(new Uint8Array(1)).catch(() => null), null);
  const told = new Uint8Array(1024);
  while (await slow.read(told).catch(() => null) !== null);
  const said = node.log.all("connection.timed-out").map(({ fields }) => String(fields.message));
  assert.deepEqual(said.sort(), ["it said nothing for 500 ms", "no complete request within 20 ms"]);
  assert.equal(node.log.all("call.refused").length, 0);
  silent.close();
  slow.close();
});

Deno.test("a node's log file contains all of that, as JSON for programs and as text for people", async () => {
  await using folder = await temporaryFolder();
  for (const format of ["json", "text"] as const) {
    const file = `${folder.path}/${format}.log`;
    {
      await using opened = await openLog({ file, format });
      await using node = await serveNode({
        port: 0,
        root: `${folder.path}/${format}`,
        log: opened.log,
      });
      const address = { host: node.host, port: node.port };
      const raw = await NodeConnection.open(address, { client: "c1\n\x1b[2Jforged" });
      await proveLocal(raw);
      await using connection = new TestConnection(raw);
      await connection.deploy(deployment);
      await assert.rejects(connection.call("a\nb.c\rd"), { code: "Client Not Registered" });
    }
    const text = await Deno.readTextFile(file);
    const lines = text.trimEnd().split("\n");
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f]/);
    if (format === "text") {
      for (const line of lines) assert.match(line, /^(\d{4}-\d\d-\d\dT\S+Z (info |warn )| {4})/);
      continue;
    }
    const records = lines.map((line) => JSON.parse(line));
    const refused = records.find(({ event }) => event === "call.refused");
    assert.equal(refused.client, "c1\n\x1b[2Jforged");
    assert.equal(refused.service, "a\nb");
    assert.equal(new Date(refused.epochMs).toISOString(), refused.time);
  }
});
