/** Each kind of frame in each state of a connection and of its call: accepted, or the end of the connection. */
import assert from "node:assert/strict";
import { limits } from "../../lib/limits/mod.ts";
import { LogHistory } from "../../lib/log/history.ts";
import type { Transport } from "../../lib/transport/mod.ts";
import {
  encodeControl,
  FrameDecoder,
  FrameKind,
  preface,
  type Route,
} from "../../lib/protocol/mod.ts";
import { encodeJson } from "../../lib/encoding/mod.ts";
import { generatePem, SigningKey } from "../../lib/identity/mod.ts";
import { goldenDeployment } from "../_golden_node.ts";
import { frame as frameBytes } from "../_support/frames.ts";
import { type TestDeployment, TestNode } from "../_support/nodes/node.ts";

const none: Uint8Array = new Uint8Array(0);

/** A frame of the first call. */
function frame(kind: number, call = 1, body = none, route = 0): Uint8Array {
  return frameBytes(kind, { call, body, route });
}

function hello(options: { client?: string; key?: string } = {}): Uint8Array {
  const body = { version: 1, software: "a test", messageBytesMax: 1 << 20, ...options };
  return frame(FrameKind.hello, 0, encodeJson(body));
}

function route(service: string, rpc: string, args: string[], returns: string[]): Uint8Array {
  const route: Route = { service, rpc, argumentTypes: args, returnTypes: returns };
  return frame(FrameKind.route, 0, encodeJson(route), 1);
}

function call(json: string, number = 1): Uint8Array {
  const text = new TextEncoder().encode(json);
  return frame(FrameKind.call, number, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, text.length, ...text), 1);
}

const describe = encodeControl({ op: "describe" });
/** A request that stays open: reading its node's log takes forever. */
const logs = encodeControl({ op: "logs", since: 0 });
const one = Uint8Array.of(0, 0, 0, 1);
const item = Uint8Array.of(0, 0, 0, 3, ...new TextEncoder().encode("[1]"));
const key = await SigningKey.fromPem(await generatePem());

const begun = (client = "c3") => [preface, hello({ client })];
const sum = route("flows", "sum", ["Stream[int]"], ["int"]);
const sleep = route("kinds", "sleep", ["int"], []);
const wait = route("flows", "wait", [], ["Stream[int]"]);

/** With a client that may read the log, and a stream without items: no state may end by itself. */
const deployment: TestDeployment = {
  ...goldenDeployment,
  clients: goldenDeployment.clients!.map((client) =>
    client.name === "c3" ? { ...client, allowLogs: true } : client
  ),
  services: {
    ...goldenDeployment.services,
    flows: {
      ...goldenDeployment.services.flows!,
      rpcs: {
        ...goldenDeployment.services.flows!.rpcs,
        wait: {
          returns: ["Stream[int]"],
          source:
            "export async function* wait() { await new Promise((done) => setTimeout(done, 60_000)); }\n",
        },
      },
    },
  },
};

/** The initial frames. */
const states = {
  "before hello": [preface],
  "owing a proof": [preface, hello({ key: key.publicKey })],
  "without any call": [...begun(), sleep],
  "beside a call": [...begun("c1"), sleep, call("[60000]")],
  "beside a call that takes a stream": [...begun(), sum, call("[null]")],
  "beside a call that returns a stream": [...begun(), wait, call("[]")],
  "beside a request": [...begun(), sleep, frame(FrameKind.request, 1, logs)],
};
type State = keyof typeof states;

const all = Object.keys(states) as State[];
const greeted = all.filter((state) => state !== "before hello");
const known = greeted.filter((state) => state !== "owing a proof");
const free: State[] = ["without any call"];

/** Frames for call 1, and the states in which they are accepted; in all others they end the connection. */
const frames: readonly [name: string, bytes: Uint8Array, taken: readonly State[]][] = [
  ["hello", hello(), ["before hello"]],
  ["route", sleep, known],
  ["call", call("[0]"), free],
  ["result", frame(FrameKind.result), []],
  ["exception", frame(FrameKind.exception), []],
  ["cancel", frame(FrameKind.cancel), known],
  ["cancel of 0", frame(FrameKind.cancel, 0), []],
  ["ping", frame(FrameKind.ping), greeted],
  ["pong", frame(FrameKind.pong), greeted],
  ["goodbye", frame(FrameKind.goodbye, 0, encodeJson({})), known],
  ["request", frame(FrameKind.request, 1, describe), free],
  ["response", frame(FrameKind.response), []],
  ["open", frame(FrameKind.open), []],
  ["item of argument 1", frame(FrameKind.item, 1, item, 1), free],
  ["item of the result", frame(FrameKind.item, 1, item, 0), free],
  ["end of argument 1", frame(FrameKind.end, 1, none, 1), [
    ...free,
    "beside a call that takes a stream",
  ]],
  ["end of argument 2", frame(FrameKind.end, 1, none, 2), free],
  ["credit", frame(FrameKind.credit, 1, one, 0), [
    ...free,
    "beside a call that returns a stream",
  ]],
  ["credit for argument 1", frame(FrameKind.credit, 1, one, 1), free],
  ["credit for nothing", frame(FrameKind.credit, 1, new Uint8Array(4), 0), free],
  ["credit of 3 bytes", frame(FrameKind.credit, 1, new Uint8Array(3), 0), free],
  ["credit of call 0", frame(FrameKind.credit, 0, one, 0), []],
  ["timing", frame(FrameKind.timing), []],
  ...[0, 17, 32, 33, 34, 255].map((kind) => [`kind ${kind}`, frame(kind), []] as const),
].map(([name, bytes, taken]) => [name, bytes, taken] as [string, Uint8Array, State[]]);

/** The node's output until its pong with a number, or until the exception that ends the connection. */
async function outcome(transport: Transport, number: number): Promise<"taken" | string> {
  let said: string | undefined;
  const decoder = new FrameDecoder((kind, _route, call, body) => {
    if (kind === FrameKind.pong && call === number) said ??= "taken";
    if (kind === FrameKind.exception && call === 0) said ??= new TextDecoder().decode(body);
  }, () => limits.messageBytesMax);
  const buffer = new Uint8Array(64 * 1024);
  let skipped = 0;
  while (said === undefined) {
    const count = await transport.read(buffer);
    assert.ok(count !== null, "the node says why it ends a connection");
    const begin = Math.min(count, preface.length - skipped);
    skipped += begin;
    decoder.push(buffer.subarray(begin, count));
  }
  return said;
}

async function say(node: TestNode, parts: readonly Uint8Array[]): Promise<string> {
  const transport = await node.transport();
  try {
    await transport.write(Uint8Array.from(parts.flatMap((part) => [...part])));
    return await outcome(transport, 99);
  } finally {
    transport.close();
  }
}

const ping = frame(FrameKind.ping, 99);

Deno.test("in each state a node accepts the valid frames, and any other ends the connection", async (t) => {
  const logHistory = new LogHistory({ read: () => new Promise(() => {}) });
  await using node = await TestNode.start({ inMemory: true, deployment, logHistory });
  for (const [state, first] of Object.entries(states)) {
    await t.step(state, async () => {
      for (const [name, bytes, taken] of frames) {
        const said = await say(node, [...first, bytes, ping]);
        if (taken.includes(state as State)) assert.equal(said, "taken", name);
        else assert.match(said, /Malformed Message|Unauthenticated/, `${name}: ${said}`);
      }
    });
  }
});

Deno.test("a connection may send a few stray frames, and the next one ends it", async (t) => {
  await using node = await TestNode.start({ inMemory: true, deployment: goldenDeployment });
  const few = limits.strayFramesMax;
  const rows: [name: string, frame: Uint8Array, most: number][] = [
    ["cancel", frame(FrameKind.cancel), few],
    // One for each frame that the node has sent: its hello.
    ["pong", frame(FrameKind.pong), few + 1],
    ["goodbye", frame(FrameKind.goodbye, 0, encodeJson({})), few],
    ["item", frame(FrameKind.item, 1, item, 1), few],
    ["end", frame(FrameKind.end, 1, none, 1), few],
    ["credit", frame(FrameKind.credit, 1, one), few],
    ["ping", frame(FrameKind.ping), limits.pingsMax - 1],
    ["route", sleep, few + 1],
  ];
  for (const [name, bytes, most] of rows) {
    await t.step(name, async () => {
      const times = (count: number) => [...begun(), ...Array(count).fill(bytes), ping];
      assert.equal(await say(node, times(most)), "taken");
      // Some pings may be sent again while they are read.
      const tooMany = times(name === "ping" ? 10 * most : most + 1);
      assert.match(await say(node, tooMany), /Malformed Message.* \d+/);
    });
  }
});

Deno.test("frames that cross their call's reply are tolerated, however many", async (t) => {
  await using node = await TestNode.start({ inMemory: true, deployment: goldenDeployment });
  const calls = 200;
  const numbers = Array.from({ length: calls }, (_, index) => index + 1);
  const missing = route("flows", "none", ["Stream[int]"], ["Stream[int]"]);
  await t.step("a cancel for each call and request", async () => {
    const asked = numbers.map((number) =>
      number % 2 === 0 ? call("[0]", number) : frame(FrameKind.request, number, describe)
    );
    for (let start = 0; start < calls; start += 20) {
      const some = [...begun("c1"), sleep, ...asked.slice(start, start + 20)];
      const cancels = numbers.slice(start, start + 20).map((number) =>
        frame(FrameKind.cancel, number)
      );
      assert.equal(await say(node, [...some, ...cancels, ping]), "taken");
    }
  });
  await t.step(
    "a cancel, an end and credit for each call with streams that is refused",
    async () => {
      const late = numbers.flatMap((number) => [
        frame(FrameKind.credit, number, one),
        frame(FrameKind.credit, number, one),
        frame(FrameKind.end, number, none, 1),
        frame(FrameKind.cancel, number),
      ]);
      const said = await say(node, [
        ...begun(),
        missing,
        ...numbers.map((number) => call("[null]", number)),
        ...late,
        ping,
      ]);
      assert.equal(said, "taken");
    },
  );
  await t.step("a new route for each call", async () => {
    const said = await say(node, [
      ...begun("c1"),
      ...numbers.flatMap((number) => [sleep, call("[0]", number)]),
      ping,
    ]);
    assert.equal(said, "taken");
  });
  await t.step("items within the credit", async () => {
    const transport = await node.transport();
    try {
      await transport.write(
        Uint8Array.from([...begun(), sum, call("[null]")].flatMap((part) => [...part])),
      );
      // Credit arrives when the script has begun.
      let isGranted = false;
      let isAnswered = false;
      let skipped = 0;
      const decoder = new FrameDecoder((kind) => {
        isGranted ||= kind === FrameKind.credit;
        isAnswered ||= kind === FrameKind.exception;
      }, () => limits.messageBytesMax);
      const buffer = new Uint8Array(4096);
      const readUntil = async (isSo: () => boolean): Promise<void> => {
        while (!isSo()) {
          const count = (await transport.read(buffer))!;
          const begin = Math.min(count, preface.length - skipped);
          skipped += begin;
          decoder.push(buffer.subarray(begin, count));
        }
      };
      await readUntil(() => isGranted);
      const wrong = Uint8Array.of(0, 0, 0, 5, ...new TextEncoder().encode('["x"]'));
      await transport.write(frame(FrameKind.item, 1, wrong, 1));
      await readUntil(() => isAnswered);
      const late = frame(FrameKind.item, 1, item, 1);
      const most = Math.floor(limits.streamWindowBytes / late.length) - 2;
      const flood = new Uint8Array(most * late.length);
      for (let index = 0; index < most; index++) flood.set(late, index * late.length);
      await transport.write(flood);
      await transport.write(ping);
      skipped = preface.length;
      isAnswered = false;
      let isTaken = false;
      const after = new FrameDecoder((kind, _route, call) => {
        isTaken ||= kind === FrameKind.pong && call === 99;
        assert.notEqual(kind, FrameKind.exception);
      }, () => limits.messageBytesMax);
      while (!isTaken) after.push(buffer.subarray(0, (await transport.read(buffer))!));
      // Another window was never granted.
      await transport.write(flood).catch(() => {});
      await transport.write(flood).catch(() => {});
      const rest: number[] = [];
      const end = new FrameDecoder((kind) => rest.push(kind), () => limits.messageBytesMax);
      for (let count; (count = await transport.read(buffer)) !== null;) {
        end.push(buffer.subarray(0, count));
      }
      assert.deepEqual(rest, [FrameKind.exception]);
    } finally {
      transport.close();
    }
  });
});

Deno.test("credit is granted at most as often as items arrive, and a few times ahead", async () => {
  await using node = await TestNode.start({ inMemory: true, deployment });
  const credit = frame(FrameKind.credit, 1, one);
  const times = (count: number) => [...begun(), wait, call("[]"), ...Array(count).fill(credit)];
  assert.equal(await say(node, [...times(limits.creditGrantsAheadMax), ping]), "taken");
  assert.match(
    await say(node, [...times(limits.creditGrantsAheadMax + 1), ping]),
    /Malformed Message.*\bitems\b/,
  );
});
