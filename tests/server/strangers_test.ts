/** Strangers who connect and wait, and clients who have to be served meanwhile. */
import assert from "node:assert/strict";
import { connect } from "../../lib/client/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { Connections, type Guest } from "../../lib/server/_connection_table.ts";
import type { Transport } from "../../lib/transport/mod.ts";
import { encodeJson } from "../../lib/encoding/mod.ts";
import { frameHeaderBytes, FrameKind, preface, writeFrameHeader } from "../../lib/protocol/mod.ts";
import { goldenDeployment } from "../_golden_node.ts";
import { bytesOf, changedLimits, temporaryFolder, TestNode, until } from "../_support/node.ts";
import { NodeProcess } from "../_support/node_process.ts";
import { readAll } from "../transport/transport_suite.ts";

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

Deno.test("a client is served while strangers hold all the connections that there are for them", async () => {
  using _ = changedLimits({ strangersMax: 30, sweepEveryMs: 10 });
  await using node = await TestNode.start({ deployment: goldenDeployment });
  await using early = await node.connection("c1");
  assert.equal(await early.call("math.add", [2, 3], add), 5);
  const strangers: Transport[] = [];
  try {
    for (let index = 0; index < 150; index++) {
      const transport = await node.transport();
      strangers.push(transport);
      // Those before may be closed, and this one as soon as others come.
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
    // Who was there before and is known has kept its place.
    assert.equal(await early.call("math.add", [3, 4], add), 7);
    const { connections } = await early.raw.request({ op: "status" }, { timeoutMs: 60_000 });
    assert.ok(connections <= 35, `${connections} connections are held`);
  } finally {
    for (const transport of strangers) transport.close();
  }
});

Deno.test("who comes where only clients are left hears that there is no place, and what to do", async (t) => {
  await using node = await TestNode.start({
    inMemory: true,
    deployment: goldenDeployment,
    limits: ["connections-per-address=2", "connections=3"],
  });
  await using first = await node.connectionFrom("127.0.0.1", 1, "c1");
  await using second = await node.connectionFrom("127.0.0.1", 2, "c1");
  for (const each of [first, second]) assert.equal(await each.call("math.add", [2, 3], add), 5);
  const perAddress =
    /127\.0\.0\.1 has 2 connections to this node, as many as an address may have; close some, or start the node with --limit connections-per-address=4/;
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
      message: /^this node has 3 connections, as many as it may have; .* --limit connections=6$/,
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

Deno.test("before it is known who calls, a message is small", async (t) => {
  await using node = await TestNode.start({ inMemory: true, deployment: goldenDeployment });
  const large = "x".repeat(limits.strangerMessageBytesMax);
  const parts = { text: `{"header":"${large}`, "JSON-RPC": `{"jsonrpc":"2.0","method":"${large}` };
  for (const [name, says] of Object.entries({ ...parts, HTTP: http(`["${large}"]`) })) {
    await t.step(`in ${name}`, async () => {
      const refused = await answerTo(await node.transport("198.51.100.1"), bytesOf(says));
      assert.match(refused, /Message Too Large.*must not be larger than 32768 bytes/);
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
    new RegExp(`a frame announces ${bytes} bytes, at most ${most} are accepted`);
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
  await t.step("in frames, before it, whoever calls", async () => {
    const early = Uint8Array.of(...preface, ...header(FrameKind.hello, 5000));
    assert.match(
      await answerTo(await node.transport(), early),
      tooLarge(5000, limits.helloBytesMax),
    );
  });
  await t.step("a connection whose address is registered later may say more then", async () => {
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

Deno.test("who stays a stranger is closed in time, whatever it answers", async () => {
  using _ = changedLimits({ sweepEveryMs: 10, strangerTimeoutMs: 100, keepAliveMs: 20 });
  await using node = await TestNode.start({ inMemory: true, deployment: goldenDeployment });
  await using stranger = await node.connectionFrom("198.51.100.1", 1);
  await using client = await node.connectionFrom("203.0.113.7", 1, "far");
  await stranger.raw.ended;
  const { fields } = await node.log.until("connection.timed-out", { from: "198.51.100.1:1" });
  assert.match(
    `${fields.message}`,
    /198\.51\.100\.1 is not a client's address, and was here for \d+ ms/,
  );
  assert.equal(await client.call("math.add", [2, 3], add), 5);
});

Deno.test("messages that are begun and not ended take no more memory than there is for them", async () => {
  using _ = changedLimits({ pendingBytesMax: 1_000_000, sweepEveryMs: 10 });
  await using node = await TestNode.start({ inMemory: true, deployment: goldenDeployment });
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

class FakeGuest implements Guest {
  isKnown = false;
  isIdle = false;
  usedMs = 0;
  pendingBytes = 0;
  isClosed = false;
  isToldGoodbye = false;
  /** Whether its framing has a word for that. */
  hearsGoodbye = false;

  constructor(readonly host: string) {}

  sayGoodbye(): boolean {
    return this.isToldGoodbye = this.hearsGoodbye;
  }

  close(): void {
    this.isClosed = true;
  }
}

function guests(count: number, hostOf: (index: number) => string): FakeGuest[] {
  return Array.from({ length: count }, (_, index) => new FakeGuest(hostOf(index)));
}

Deno.test("of strangers, those of the address with the most give way, the oldest first", () => {
  using _ = changedLimits({ strangersMax: 10 });
  const places = new Connections({
    connectionsMax: 100,
    connectionsPerAddressMax: 100,
    pendingBytesMax: 1e6,
  });
  const alone = new FakeGuest("10.0.0.1");
  const many = guests(20, () => "10.0.0.2");
  const stays = [alone, ...many].map((guest) => places.add(guest));
  assert.ok(stays.every(({ refusal }) => refusal === undefined));
  assert.deepEqual(many.map(({ isClosed }) => isClosed), many.map((_, index) => index < 11));
  assert.equal(alone.isClosed, false);
  assert.equal(places.size, 10);
  // An address of IPv6 is as cheap as the next one of its network.
  const six = guests(20, (index) => `fd00::${index + 1}`);
  stays.push(...six.map((guest) => places.add(guest)));
  assert.equal(alone.isClosed, false);
  assert.equal(places.size, 10);
  assert.equal(places.takeDismissedCount(), 31);
  for (const stay of stays) stay.end();
  assert.equal(places.size, 0);
});

Deno.test("who has become known keeps its place, and who is told that there is none has none", () => {
  using _ = changedLimits({ refusedAtOnceMax: 2 });
  const places = new Connections({
    connectionsMax: 5,
    connectionsPerAddressMax: 3,
    pendingBytesMax: 1e6,
  });
  const known = guests(3, () => "10.0.0.1");
  const [first] = known.map((guest) => {
    const stay = places.add(guest);
    assert.equal(stay.refusal, undefined);
    guest.isKnown = true;
    return stay;
  });
  const late = guests(4, () => "10.0.0.1");
  for (const guest of late) {
    assert.match(places.add(guest).refusal!, /^10\.0\.0\.1 has 3 connections/);
  }
  assert.deepEqual(late.map(({ isClosed }) => isClosed), [true, true, false, false]);
  const others = guests(3, (index) => `10.0.1.${index}`);
  for (const guest of others) assert.equal(places.add(guest).refusal, undefined);
  assert.deepEqual(others.map(({ isClosed }) => isClosed), [true, false, false]);
  for (const guest of others) guest.isKnown = true;
  assert.match(places.add(new FakeGuest("10.0.2.1")).refusal!, /^this node has 5 connections/);
  first.end();
  assert.equal(places.add(new FakeGuest("10.0.2.1")).refusal, undefined);
  assert.ok(known.every(({ isClosed }) => !isClosed));
});

Deno.test("an address has as many as it may, also after its last stranger gave way to another", () => {
  const places = new Connections({
    connectionsMax: 100,
    connectionsPerAddressMax: 1,
    pendingBytesMax: 1e6,
  });
  const [first, second, third] = guests(3, () => "10.0.0.1");
  for (const guest of [first, second]) assert.equal(places.add(guest).refusal, undefined);
  assert.ok(first.isClosed);
  second.isKnown = true;
  assert.match(places.add(third).refusal!, /^10\.0\.0\.1 has 1 connections/);
  assert.equal(second.isClosed, false);
});

Deno.test("those who are known by now keep no place from who comes after them", () => {
  using _ = changedLimits({ strangersMax: 10 });
  const places = new Connections({
    connectionsMax: 100,
    connectionsPerAddressMax: 100,
    pendingBytesMax: 1e6,
  });
  const come = (count: number, host: string): FakeGuest[] => {
    const all = guests(count, () => host);
    for (const guest of all) assert.equal(places.add(guest).refusal, undefined);
    return all;
  };
  const early = come(6, "10.0.0.1");
  // In the middle of their first message.
  const waiting = [...come(1, "10.0.0.1"), ...come(3, "10.0.0.2")];
  for (const guest of early) guest.isKnown = true;
  waiting.push(...come(6, "10.0.0.1"));
  assert.ok(waiting.every(({ isClosed }) => !isClosed));
  come(1, "10.0.0.1");
  assert.deepEqual(waiting.map(({ isClosed }) => isClosed), waiting.map((_, index) => index === 0));
});

Deno.test("10,000 strangers who say one byte and wait cost bounded memory, and no client its answer", async () => {
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
    for (let index = 0; index < 10_000; index++) {
      // Where this program may not open as many, with as many as it may.
      const conn = await Deno.connect(address).catch((error) => {
        if (index < 100) throw error;
      });
      if (conn === undefined) break;
      open.push(conn);
      await conn.write(Uint8Array.of([0x7b, 0x50, 0xfc][index % 3])).catch(() => {});
      if (index % 1000 === 999) {
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

/** Callers that have asked for something, the first one most recently, and have their answers. */
function idleGuests(count: number, hostOf = (index: number) => `10.0.${index}.1`): FakeGuest[] {
  const all = guests(count, hostOf);
  for (const [index, guest] of all.entries()) {
    guest.isKnown = guest.isIdle = true;
    guest.usedMs = -1000 * index - limits.idleKeptMs;
  }
  return all;
}

Deno.test("of known callers, idle ones give way, the least recently used first, and never one that is busy", () => {
  let room = 50;
  const bounds = { connectionsMax: 1000, connectionsPerAddressMax: 1000, pendingBytesMax: 1e6 };
  const places = new Connections(bounds, () => room);
  const known = idleGuests(50);
  for (const guest of known) assert.equal(places.add(guest).refusal, undefined);
  known[49].isIdle = false;
  for (let count = 1; count <= 49; count++) {
    const [guest] = idleGuests(1);
    guest.isIdle = false;
    assert.equal(places.add(guest).refusal, undefined);
    const closed = known.map(({ isClosed }, index) => isClosed ? index : -1).filter((i) => i >= 0);
    assert.deepEqual(closed, Array.from({ length: count }, (_, index) => 49 - count + index));
  }
  assert.match(
    places.add(new FakeGuest("10.9.9.9")).refusal!,
    /^this node has 50 connections, .* all of them are busy; .*more file descriptors \(ulimit -n/,
  );
  room = 40;
  places.trim();
  assert.equal(places.size, 51, "who is busy stays");
});

Deno.test("who was told goodbye may leave by itself, but others are not kept waiting for that", () => {
  const bounds = { connectionsMax: 1000, connectionsPerAddressMax: 1000, pendingBytesMax: 1e6 };
  const places = new Connections(bounds, () => 20);
  const known = idleGuests(20);
  for (const guest of known) {
    guest.hearsGoodbye = true;
    places.add(guest);
  }
  const come = (): void => {
    const guest = new FakeGuest("10.9.9.9");
    assert.equal(places.add(guest).refusal, undefined);
    guest.isKnown = true;
  };
  for (let count = 1; count <= limits.leavingAtOnceMax; count++) come();
  assert.ok(known.every(({ isClosed }) => !isClosed), "they are told only");
  assert.equal(known.filter((guest) => guest.isToldGoodbye).length, limits.leavingAtOnceMax);
  come();
  assert.equal(known.filter(({ isClosed }) => isClosed).length, 1);
  assert.ok(known[19].isClosed, "who was told first");
});

Deno.test("at the operator's own bound, who was idle for a moment only keeps its place", () => {
  const bounds = { connectionsMax: 2, connectionsPerAddressMax: 1, pendingBytesMax: 1e6 };
  const places = new Connections(bounds);
  const [first, second] = idleGuests(2);
  for (const guest of [first, second]) {
    guest.usedMs = performance.now();
    assert.equal(places.add(guest).refusal, undefined);
  }
  assert.match(places.add(new FakeGuest("10.9.9.9")).refusal!, /--limit connections=4$/);
  assert.match(places.add(new FakeGuest(second.host)).refusal!, /connections-per-address=2$/);
  second.usedMs = performance.now() - limits.idleKeptMs;
  assert.equal(places.add(new FakeGuest(second.host)).refusal, undefined);
  assert.ok(second.isClosed && !first.isClosed);
});

Deno.test("neither a burst of callers nor a flood of strangers drives all others out", () => {
  const bounds = { connectionsMax: 1000, connectionsPerAddressMax: 1000, pendingBytesMax: 1e6 };
  const places = new Connections(bounds, () => 40);
  const known = idleGuests(40, () => "10.0.0.1");
  for (const guest of known) places.add(guest);
  // Their first messages are not read yet.
  const burst = guests(20, () => "10.0.0.2");
  for (const guest of burst) assert.equal(places.add(guest).refusal, undefined);
  assert.ok(burst.every(({ isClosed }) => !isClosed));
  assert.equal(known.filter(({ isClosed }) => isClosed).length, 20);
  for (const guest of guests(1000, () => "10.0.0.3")) places.add(guest);
  assert.equal(known.filter(({ isClosed }) => isClosed).length, 20);
  assert.equal(places.size, 40);
});
