/** Connections cut off at each stage: what has not run is called again, and nothing runs twice. */
import assert from "node:assert/strict";
import { Channel } from "../../lib/channel/mod.ts";
import { connect } from "../../lib/client/mod.ts";
import { encodeJson } from "../../lib/encoding/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { formatTextException, formatTextUnread } from "../../lib/protocol/json/mod.ts";
import { FrameKind, type Goodbye, preface, protocolVersion } from "../../lib/protocol/mod.ts";
import { type Listener, listenTcp, type Transport } from "../../lib/transport/mod.ts";
import { configurationOf } from "../_support/configuration.ts";
import { fakeDeployment } from "../_support/fake_service.ts";

/** Short pauses: the tests count attempts, not time. */
const bounds = { retryPauseMs: 1, retryPauseMsMax: 5 };

/** What a node does with one connection. */
type Stage = (transport: Transport) => Promise<void>;

/** A node that plays the stages in turn, one with each connection, and the last one from then on. */
class StagedNode implements AsyncDisposable {
  connectionCount = 0;
  readonly #listener: Listener = listenTcp("127.0.0.1", 0);
  readonly #serving: Promise<void>;

  constructor(...stages: readonly Stage[]) {
    this.#serving = this.#serve(stages);
  }

  get server(): { ip: string; port: number } {
    return { ip: "127.0.0.1", port: this.#listener.port };
  }

  async #serve(stages: readonly Stage[]): Promise<void> {
    const playing: Promise<void>[] = [];
    for (let transport; (transport = await this.#listener.accept()) !== null;) {
      const ours = transport;
      const stage = stages[Math.min(this.connectionCount++, stages.length - 1)]!;
      playing.push(stage(ours).catch(() => {}).finally(() => ours.close()));
    }
    await Promise.all(playing);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#serving;
  }
}

/** The frames that a node's hello is sent in. */
const hello = encodeJson({ version: protocolVersion, software: "a test", messageBytesMax: 1e6 });

/** Greets, and hears calls until one is to end the connection. */
function greets(
  onCall: (call: number, argument: number, channel: Channel) => void,
  word?: Goodbye,
): Stage {
  return async (transport) => {
    const channel = new Channel(transport);
    channel.sendRaw(preface);
    channel.send(FrameKind.hello, 0, 0, hello);
    if (word !== undefined) channel.send(FrameKind.goodbye, 0, 0, encodeJson(word));
    const first = new Uint8Array(preface.length);
    for (let length = 0; length < first.length;) {
      length += await transport.read(first.subarray(length)) ?? first.length;
    }
    await channel.run((kind, _route, call, body) => {
      if (kind !== FrameKind.call) return;
      const [argument] = JSON.parse(new TextDecoder().decode(body.subarray(8)));
      onCall(call, argument, channel);
    });
    channel.close();
  };
}

function sayAndClose(channel: Channel, word?: Goodbye): void {
  if (word !== undefined) channel.send(FrameKind.goodbye, 0, 0, encodeJson(word));
  channel.flushed().then(() => channel.close());
}

function answer(channel: Channel, call: number, argument: number): void {
  const json = new TextEncoder().encode(`[${argument}]`);
  const payload = Uint8Array.of(0, 0, 0, json.length, ...json);
  channel.send(FrameKind.result, 0, call, new Uint8Array(32), payload);
}

/** Reads some of what the caller sends. */
const hears: Stage = async (transport) => {
  await transport.read(new Uint8Array(64 * 1024));
};

const reason = "the node needs room";

/** The connection ends before the node has taken the call. */
const harmless: Readonly<Record<string, Stage>> = {
  "at once": () => Promise.resolve(),
  "by a reset, its hello unread": (transport) => transport.read(new Uint8Array(1)).then(() => {}),
  "after its hello": hears,
  "inside the node's hello": async (transport) => {
    await hears(transport);
    await transport.write(Uint8Array.of(...preface, 0, 0, 0, hello.length, FrameKind.hello));
    await transport.closeWrite();
    await hears(transport);
  },
  "with the node's hello, by a goodbye": greets(() => {}, { reason, taken: 0 }),
  "after its call, by a goodbye that counts no call": greets((_call, _argument, channel) => {
    sayAndClose(channel, { reason, taken: 0 });
  }),
};

for (const [when, stage] of Object.entries(harmless)) {
  Deno.test(`a call cut off ${when} is made again, and runs once`, async () => {
    const ran: number[] = [];
    const serves = greets((call, argument, channel) => {
      ran.push(argument);
      answer(channel, call, argument);
    });
    await using node = new StagedNode(stage, stage, serves);
    await using caller = await connect(configurationOf({ s1: node.server }, fakeDeployment), {
      bounds,
    });
    assert.equal(await caller.call("fake", "put", [7]), 7);
    assert.deepEqual([ran, node.connectionCount], [[7], 3]);
  });
}

/** The call may have run. */
const grave: Readonly<Record<string, Goodbye | undefined>> = {
  "without a word": undefined,
  "by a goodbye that does not count": { reason },
  "by a goodbye that counts it": { reason, taken: 1 },
};

for (const [how, word] of Object.entries(grave)) {
  Deno.test(`a call that a node may have taken, cut off ${how}, is not made again`, async () => {
    const heard: number[] = [];
    await using node = new StagedNode(greets((_call, argument, channel) => {
      heard.push(argument);
      sayAndClose(channel, word);
    }));
    const configuration = configurationOf({ s1: node.server }, fakeDeployment);
    await using caller = await connect(configuration, { bounds, retries: 3 });
    await assert.rejects(caller.call("fake", "put", [7]), { code: "Connection Lost" });
    assert.deepEqual(heard, [7]);
  });
}

Deno.test("of several calls, those after the counted ones are made again", async () => {
  const heard: number[] = [];
  let count = 0;
  const cuts = greets((_call, argument, channel) => {
    heard.push(argument);
    if (++count === 3) sayAndClose(channel, { reason, taken: 1 });
  });
  const serves = greets((call, argument, channel) => {
    heard.push(argument);
    answer(channel, call, argument);
  });
  await using node = new StagedNode(cuts, serves);
  const configuration = configurationOf({ s1: node.server }, fakeDeployment);
  await using caller = await connect(configuration, { bounds });
  const calls = [1, 2, 3].map((argument) => caller.call("fake", "put", [argument]));
  const [first, ...others] = await Promise.allSettled(calls);
  assert.equal(first!.status === "rejected" && first!.reason.code, "Connection Lost");
  assert.deepEqual(others.map((each) => each.status === "fulfilled" && each.value), [2, 3]);
  assert.deepEqual(heard.sort(), [1, 2, 2, 3, 3]);
});

Deno.test("a call whose stream is being read is not made again", async () => {
  let count = 0;
  await using node = new StagedNode(greets((call, _argument, channel) => {
    count += 1;
    channel.send(FrameKind.credit, 1, call, Uint8Array.of(0, 0, 4, 0));
    channel.flushed().then(() => sayAndClose(channel, { reason, taken: 0 }));
  }));
  const deployment = {
    services: { m: { rpcs: { sum: { args: ["Stream[int]"], returns: ["int"], source: "" } } } },
  };
  await using caller = await connect(configurationOf({ s1: node.server }, deployment), { bounds });
  const source = async function* () {
    yield 1;
    await new Promise<void>(() => {});
  };
  await assert.rejects(caller.call("m", "sum", [source()]), { code: "Node Unreachable" });
  assert.equal(count, 1);
});

Deno.test("a node that cuts off everything is tried a bounded number of times, over TLS, too", async () => {
  for (const tls of [undefined, {}]) {
    await using node = new StagedNode(hears);
    const server = { ...node.server, ...tls && { tls } };
    await using caller = await connect(configurationOf({ s1: server }, fakeDeployment), { bounds });
    await assert.rejects(caller.call("fake", "put", [7]), { code: "Node Unreachable" });
    assert.equal(node.connectionCount, 1 + limits.cutOffRetries);
  }
});

Deno.test("what sends something malformed is not tried again", async () => {
  // A hello of 16 MiB is not read.
  const tooLarge = Uint8Array.of(...preface, 1, 0, 0, 0, FrameKind.hello, 0, 0, 0, 0, 0, 0, 0);
  for (const sent of [new TextEncoder().encode("220 mail.example\r\n"), tooLarge]) {
    await using node = new StagedNode(async (transport) => {
      await transport.write(sent);
      await hears(transport);
    });
    const configuration = configurationOf({ s1: node.server }, fakeDeployment);
    await using caller = await connect(configuration, { bounds });
    await assert.rejects(caller.call("fake", "put", [7]), { code: "Node Unreachable" });
    assert.equal(node.connectionCount, 1);
  }
});

Deno.test("what refuses connections is not tried again, and no pause exceeds the deadline", async () => {
  await using node = new StagedNode(hears);
  const configuration = configurationOf({ s1: node.server }, fakeDeployment);
  await using caller = await connect(configuration, {
    bounds: { retryPauseMs: 3_600_000, retryPauseMsMax: 3_600_000 },
  });
  await assert.rejects(caller.call("fake", "put", [7]), { code: "Node Unreachable" });
  assert.equal(node.connectionCount, 1);
  await node[Symbol.asyncDispose]();
  await using other = await connect(configuration, { timeoutMs: 3_600_000 });
  await assert.rejects(other.call("fake", "put", [7]), { code: "Node Unreachable" });
});

Deno.test("a one-shot call is made again if the node says that it did not read it, and only then", async () => {
  const says = (text: string): Stage => async (transport) => {
    await hears(transport);
    await transport.write(new TextEncoder().encode(text));
  };
  const unread = says(formatTextUnread("Overloaded", reason));
  const value = { "return-values": [7], script: "0".repeat(64) };
  const result = says(JSON.stringify({ header: "RPC-RES", value }) + "\n");
  const oneShot = (node: StagedNode) =>
    connect(configurationOf({ s1: node.server }, fakeDeployment), { bounds, oneShot: true });
  {
    await using node = new StagedNode(unread, unread, result);
    await using caller = await oneShot(node);
    assert.equal(await caller.call("fake", "put", [7]), 7);
    assert.equal(node.connectionCount, 3);
  }
  for (
    const [stage, code] of [
      [says(formatTextException("Overloaded", reason)), "Overloaded"],
      [hears, "Connection Lost"],
    ] as const
  ) {
    await using node = new StagedNode(stage);
    await using caller = await oneShot(node);
    await assert.rejects(caller.call("fake", "put", [7]), { code });
    assert.equal(node.connectionCount, 1);
  }
});
