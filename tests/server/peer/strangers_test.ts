/** Strangers that connect and wait, and clients that must be served meanwhile. */
import assert from "node:assert/strict";
import { connect } from "../../../lib/client/mod.ts";
import { limits } from "../../../lib/limits/mod.ts";
import type { Transport } from "../../../lib/transport/mod.ts";
import { encodeJson } from "../../../lib/encoding/mod.ts";
import {
  frameHeaderBytes,
  FrameKind,
  preface,
  writeFrameHeader,
} from "../../../lib/protocol/mod.ts";
import { goldenDeployment } from "../../_golden_node.ts";
import { bytesOf, temporaryFolder, TestNode, until } from "../../_support/nodes/node.ts";
import { NodeProcess } from "../../_support/nodes/node_process.ts";
import { readAll } from "../../transport/transport_suite.ts";
import { mentions } from "../../_support/mentions.ts";

const add = { args: ["int", "int"], returns: ["int"] };
const value = { service: "math", rpc: "add", arguments: [2, 3] };
const text = JSON.stringify({ header: "RPC-REQ", value });
const jsonRpc = '{"jsonrpc":"2.0","method":"math.add","params":[2,3],"id":1}';

function http(body: string): string {
  return "POST /math/add HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" +
    `connection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

function hello(): Uint8Array {
  const body = encodeJson({ version: 1, software: "x", messageBytesMax: 1 << 20 });
  return Uint8Array.of(...preface, ...header(FrameKind.hello, body.length), ...body);
}

function header(kind: number, bodyBytes: number): Uint8Array {
  const bytes = new Uint8Array(frameHeaderBytes);
  writeFrameHeader(bytes, 0, { bodyBytes, kind, route: 0, call: 1 });
  return bytes;
}

async function answerTo(transport: Transport, says: Uint8Array): Promise<string> {
  try {
    await transport.write(says);
    return new TextDecoder().decode(await readAll(transport));
  } finally {
    transport.close();
  }
}

/** Every way to begin and then to wait. */
const beginnings: readonly Uint8Array[] = [
  ...["", "{", "P", "GET /", " ", "["].map(bytesOf),
  preface.subarray(0, 1),
  preface,
  hello(),
];

Deno.test("a client is served while strangers hold all of their connections", async () => {
  const bounds = { strangersMax: 30, sweepEveryMs: 10 };
  await using node = await TestNode.start({ bounds, deployment: goldenDeployment });
  await using early = await node.connection("c1");
  assert.equal(await early.call("math.add", [2, 3], add), 5);
  const strangers: Transport[] = [];
  try {
    for (let index = 0; index < 150; index++) {
      const transport = await node.transport();
      strangers.push(transport);
      // Earlier ones may be closed, and this one as soon as others arrive.
      await transport.write(beginnings[index % beginnings.length]).catch(() => {});
      if (index % 10 === 0) {
        await using farcall = await connect(node.address, { as: "c1" });
        assert.equal(await farcall.call("math", "add", [index, 1]), index + 1);
      }
    }
    await node.log.until("connections.dismissed");
    for (const says of [text, jsonRpc + "\n", http("[2,3]")]) {
      const transport = await node.transport();
      const answering = answerTo(transport, bytesOf(says));
      if (says.startsWith(jsonRpc)) await transport.closeWrite();
      assert.match(await answering, /[[:\n]5/);
    }
    // A known peer from before has kept its connection.
    assert.equal(await early.call("math.add", [3, 4], add), 7);
    const { connections } = await early.raw.request({ op: "status" }, { timeoutMs: 60_000 });
    assert.ok(connections <= 35, `${connections} connections are held`);
  } finally {
    for (const transport of strangers) transport.close();
  }
});

Deno.test("a newcomer to a node full of clients is refused with a remedy", async (t) => {
  await using node = await TestNode.start({
    inMemory: true,
    deployment: goldenDeployment,
    limits: ["connections-per-address=2", "connections=3"],
  });
  await using first = await node.connectionFrom("127.0.0.1", 1, "c1");
  await using second = await node.connectionFrom("127.0.0.1", 2, "c1");
  for (const each of [first, second]) assert.equal(await each.call("math.add", [2, 3], add), 5);
  const perAddress = mentions("127.0.0.1", "--limit connections-per-address=4");
  await t.step("in frames", async () => {
    await using third = await node.connectionFrom("127.0.0.1", 3, "c1");
    await assert.rejects(third.call("math.add", [2, 3], add), {
      code: "Overloaded",
      message: perAddress,
    });
  });
  const framings: Record<string, [says: string, answer: RegExp]> = {
    "in text": [text, /^{"header":"RPC-EX","value":{"exception-type":"Overloaded",/],
    "in JSON-RPC": [jsonRpc, /^{"jsonrpc":"2.0","error":{"code":-32003,/],
    "in HTTP": [http("[2,3]"), /^HTTP\/1\.1 503 Service Unavailable\r\n[^]*retry-after: 1\r\n/],
  };
  for (const [name, [says, answer]] of Object.entries(framings)) {
    await t.step(name, async () => {
      const said = await answerTo(await node.transport("127.0.0.1", 3), bytesOf(says));
      assert.match(said, answer);
      assert.match(said, perAddress);
    });
  }
  await t.step("in all", async () => {
    await using far = await node.connectionFrom("203.0.113.7", 1, "far");
    assert.equal(await far.call("math.add", [2, 3], add), 5);
    await using other = await node.connectionFrom("203.0.113.8", 4711, "port");
    await assert.rejects(other.call("math.add", [2, 3], add), {
      code: "Overloaded",
      message: mentions("--limit connections=6"),
    });
  });
  await t.step("until one of the others has left", async () => {
    await second.raw.close();
    await until("there is a place again", async () => {
      await using again = await node.connectionFrom("127.0.0.1", 3, "c1");
      return await again.call("math.add", [2, 3], add).then(() => true, () => false);
    });
  });
});

Deno.test("before the caller is known, messages must be small", async (t) => {
  await using node = await TestNode.start({ inMemory: true, deployment: goldenDeployment });
  const large = "x".repeat(limits.strangerMessageBytesMax);
  const parts = { text: `{"header":"${large}`, "JSON-RPC": `{"jsonrpc":"2.0","method":"${large}` };
  for (const [name, says] of Object.entries({ ...parts, HTTP: http(`["${large}"]`) })) {
    await t.step(`in ${name}`, async () => {
      const refused = await answerTo(await node.transport("198.51.100.1"), bytesOf(says));
      assert.match(refused, mentions("Message Too Large", "32768 bytes"));
      const client = await node.transport("203.0.113.7");
      await client.write(bytesOf(says));
      await client.closeWrite();
      const heard = new TextDecoder().decode(await readAll(client));
      assert.match(heard, /Malformed Message|Invalid Arguments/);
      assert.doesNotMatch(heard, /Too Large/);
      client.close();
    });
  }
  const tooLarge = (bytes: number, most: number): RegExp =>
    mentions(`${bytes} bytes`, String(most));
  await t.step("in frames, after the hello", async () => {
    const call = Uint8Array.of(...hello(), ...header(FrameKind.call, 200_000));
    assert.match(
      await answerTo(await node.transport("198.51.100.1"), call),
      tooLarge(200_000, limits.strangerMessageBytesMax),
    );
    await using client = await node.connectionFrom("127.0.0.1", 1, "c1");
    const bytes = new Uint8Array(200_000);
    const reversed = await client.call("kinds.reverse", [bytes], {
      args: ["bytes"],
      returns: ["bytes"],
    });
    assert.equal((reversed as Uint8Array).length, bytes.length);
  });
  await t.step("in frames, before the hello, for every caller", async () => {
    const early = Uint8Array.of(...preface, ...header(FrameKind.hello, 5000));
    assert.match(
      await answerTo(await node.transport(), early),
      tooLarge(5000, limits.helloBytesMax),
    );
  });
  await t.step("a connection whose address is registered later may then send more", async () => {
    await using client = await node.connectionFrom("192.0.2.7", 1, "new");
    const call = (): Promise<unknown> => client.call("math.add", [2, 3], add);
    await assert.rejects(call(), { code: "Client Not Registered" });
    await node.deploy({
      ...goldenDeployment,
      clients: [...goldenDeployment.clients!, { name: "new", ip: "192.0.2.0/24" }],
      services: {
        ...goldenDeployment.services,
        math: { ...goldenDeployment.services.math, tenants: ["new"] },
        kinds: { ...goldenDeployment.services.kinds, tenants: ["new"] },
      },
    });
    assert.equal(await call(), 5);
    const bytes = new Uint8Array(200_000);
    await client.call("kinds.reverse", [bytes], { args: ["bytes"], returns: ["bytes"] });
  });
});

Deno.test("a connection that remains unidentified is closed in time, whatever it answers", async () => {
  const bounds = { sweepEveryMs: 10, strangerTimeoutMs: 1000, keepAliveMs: 200 };
  await using node = await TestNode.start({ bounds, inMemory: true, deployment: goldenDeployment });
  await using stranger = await node.connectionFrom("198.51.100.1", 1);
  await using client = await node.connectionFrom("203.0.113.7", 1, "far");
  await stranger.raw.ended;
  const { fields } = await node.log.until("connection.timed-out", { from: "198.51.100.1:1" });
  assert.match(
    `${fields.message}`,
    mentions("198.51.100.1"),
  );
  assert.equal(await client.call("math.add", [2, 3], add), 5);
});

Deno.test("incomplete messages take no more memory than their bound", async () => {
  const bounds = { pendingBytesMax: 1_000_000, sweepEveryMs: 10 };
  await using node = await TestNode.start({ bounds, inMemory: true, deployment: goldenDeployment });
  await using client = await node.connectionFrom("127.0.0.1", 1, "c1");
  assert.equal(await client.call("math.add", [2, 3], add), 5);
  const half = `{"header":"${"x".repeat(400_000)}`;
  const says = [half, `[${half}`, http("x".repeat(500_000)).slice(0, -1)].map(bytesOf);
  const frame = new Uint8Array(400_000);
  frame.set([...hello(), ...header(FrameKind.call, 500_000)]);
  says.push(frame);
  const open = await Promise.all(says.map(async (bytes, index) => {
    const transport = await node.transport("127.0.0.1", 100 + index);
    await transport.write(bytes);
    return transport;
  }));
  await until(
    "two gave way",
    () =>
      node.log.records.filter(({ event }) => event === "connections.dismissed")
        .reduce((sum, { fields }) => sum + Number(fields.count), 0) >= 2,
  );
  assert.equal(await client.call("math.add", [2, 3], add), 5);
  for (const transport of open) transport.close();
});

/** Many times the number of available connections. */
const strangers = Number(Deno.env.get("FARCALL_STRANGERS") ?? 2500);

Deno.test(`${strangers} strangers that send one byte and wait cost bounded memory, and no client loses an answer`, async () => {
  await using folder = await temporaryFolder();
  await using process = await NodeProcess.start(folder.path);
  await using connection = await process.connection();
  await connection.deploy({
    clients: [{ name: "c1", ip: "127.0.0.1" }],
    services: {
      math: { rpcs: { add: { ...add, source: "export const add = (a, b) => a + b;" } } },
    },
  });
  const status = () => connection.raw.request({ op: "status" }, { timeoutMs: 60_000 });
  const before = await status();
  const open: Deno.TcpConn[] = [];
  const address = { hostname: "127.0.0.1", port: process.port };
  try {
    for (let index = 0; index < strangers; index++) {
      // If this program may not open as many, with as many as it may.
      const conn = await Deno.connect(address).catch((error) => {
        if (index < 100) throw error;
      });
      if (conn === undefined) break;
      open.push(conn);
      await conn.write(Uint8Array.of([0x7b, 0x50, 0xfc][index % 3])).catch(() => {});
      if (index % 500 === 499) {
        await using client = await process.connection();
        assert.equal(await client.call("math.add", [index, 1], add), index + 1);
      }
    }
    const during = await status();
    assert.ok(during.connections <= limits.strangersMax + 2, `${during.connections} connections`);
    const grownMiB = (during.memoryBytes - before.memoryBytes) / 1024 ** 2;
    assert.ok(grownMiB < 300, `${open.length} strangers cost ${grownMiB.toFixed(0)} MiB`);
  } finally {
    for (const conn of open) {
      try {
        conn.close();
      } catch {
        // The node has closed it.
      }
    }
  }
});
