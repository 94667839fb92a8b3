/** Retries: which calls, where, and how often; and no script runs twice that must not. */
import assert from "node:assert/strict";
import { connect, type Farcall, NodeConnection } from "../../lib/client/mod.ts";
import { ConnectionLost, type FarcallError } from "../../lib/errors/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { listenTcp, memoryPair, type Transport } from "../../lib/transport/mod.ts";
import { encodeJson } from "../../lib/encoding/mod.ts";
import { FrameKind, preface, protocolVersion } from "../../lib/protocol/mod.ts";
import { Channel } from "../../lib/channel/mod.ts";
import { fakeDeployment, FakeNode, type HeardCall } from "../_support/fake_service.ts";
import { configurationOf } from "../_support/configuration.ts";
import { until } from "../_support/nodes/node.ts";
import { ScriptedNode } from "../_support/nodes/scripted_node.ts";

type Servers = Readonly<Record<string, { readonly server: { ip: string; port: number } }>>;

/** A caller of the fake service on these nodes. */
function callerOf(nodes: Servers, options = {}): Promise<Farcall> {
  const servers = Object.fromEntries(
    Object.entries(nodes).map(([name, { server }]) => [name, server]),
  );
  return connect(configurationOf(servers, fakeDeployment), options);
}

const answers = (call: HeardCall): void => call.answer();

for (const type of ["Server Draining", "Overloaded", "Unavailable"]) {
  Deno.test(`what a node refuses as ${type} goes on to the next provider, idempotent or not`, async () => {
    await using s1 = new FakeNode((call) => call.refuse(type));
    await using s2 = new FakeNode(answers);
    await using caller = await callerOf({ s1, s2 });
    assert.equal(await caller.call("fake", "put", [1]), 1);
    assert.deepEqual([s1.heard, s2.heard], [["put 1"], ["put 1"]]);
    // And for a while it is not asked at all.
    assert.equal(await caller.call("fake", "put", [2]), 2);
    assert.deepEqual(s1.heard, ["put 1"]);
  });
}

Deno.test("a call that every provider refuses as Overloaded is Overloaded", async () => {
  await using s1 = new FakeNode((call) => call.refuse("Overloaded"));
  await using s2 = new FakeNode((call) => call.refuse("Server Draining"));
  await using caller = await callerOf({ s1, s2 });
  await assert.rejects(caller.call("fake", "put", [1]), {
    code: "Overloaded",
    node: `s1 (${s1.address})`,
  });
  assert.deepEqual([s1.heard, s2.heard], [["put 1"], ["put 1"]]);
});

Deno.test("a call whose connection ends is retried elsewhere if its rpc is idempotent, else not", async () => {
  for (const lastWord of [undefined, "Overloaded", "Server Draining", "Unavailable"]) {
    await using s1 = new FakeNode((call) => call.hangUp(lastWord));
    await using s2 = new FakeNode(answers);
    await using other = await callerOf({ s1, s2 }, { retries: 5 });
    await assert.rejects(other.call("fake", "put", [1]), (error: FarcallError) => {
      assert.equal(error.code, "Connection Lost");
      assert.equal(error.node, `s1 (${s1.address})`);
      assert.ok(error.message.includes(`s1 (${s1.address})`), error.message);
      return /\bunknown\b/.test(error.message);
    });
    assert.deepEqual([s1.heard, s2.heard], [["put 1"], []]);
    await using caller = await callerOf({ s1, s2 });
    assert.equal(await caller.call("fake", "get", [2]), 2);
    assert.deepEqual([s1.heard, s2.heard], [["put 1", "get 2"], ["get 2"]]);
  }
});

Deno.test("an idempotent call that every provider loses is a connection lost: it may have run", async () => {
  await using s1 = new FakeNode((call) => call.hangUp());
  await using s2 = new FakeNode((call) => call.refuse("Server Draining"));
  await using caller = await callerOf({ s1, s2 });
  await assert.rejects(caller.call("fake", "get", [1]), {
    code: "Connection Lost",
    node: `s1 (${s1.address})`,
  });
});

Deno.test("a script's exception is a reply: no other node is asked", async () => {
  await using s1 = new FakeNode((call) => call.refuse("Execution Exception"));
  await using s2 = new FakeNode(answers);
  await using caller = await callerOf({ s1, s2 }, { retries: 5 });
  await assert.rejects(caller.call("fake", "get", [1], { hedgeMs: 10_000 }), {
    code: "Execution Exception",
  });
  assert.deepEqual(s2.heard, []);
});

Deno.test("retries go through the providers again, as often as requested and no more", async () => {
  const bounds = { retryPauseMs: 1 };
  let refusals = 0;
  await using s1 = new FakeNode((call) => {
    refusals += 1;
    if (refusals % 3 === 0) call.answer();
    else call.refuse("Overloaded");
  });
  await using caller = await callerOf({ s1 }, { bounds });
  assert.equal(await caller.call("fake", "put", [1], { retries: 2 }), 1);
  assert.equal(refusals, 3);
  await assert.rejects(caller.call("fake", "put", [2], { retries: 1 }), { code: "Overloaded" });
  assert.equal(refusals, 5);
  assert.equal(await caller.service("fake", { retries: 1 }).put(3), 3);
  await assert.rejects(caller.call("fake", "put", [4]), { code: "Overloaded" });
});

Deno.test("a program may ask for retries once, for all of its calls", async () => {
  const bounds = { retryPauseMs: 1 };
  let refusals = 0;
  await using s1 = new FakeNode((call) =>
    ++refusals < 3 ? call.refuse("Overloaded") : answers(call)
  );
  await using caller = await callerOf({ s1 }, { bounds, retries: 2 });
  assert.equal(await caller.call("fake", "put", [1]), 1);
});

Deno.test("retries end with the call's deadline, and say why they were needed", async () => {
  await using s1 = new FakeNode((call) => call.refuse("Overloaded"));
  await using caller = await callerOf({ s1 });
  const codes = new Set<unknown>();
  // The deadline nearly always falls into a pause; otherwise, that of an attempt is exceeded.
  for (let tries = 1; !codes.has("Overloaded") && tries <= 5; tries++) {
    const before = s1.heard.length;
    const call = caller.call("fake", "put", [1], { retries: limits.retriesMax, timeoutMs: 1500 });
    codes.add(await call.catch(({ code }) => code));
    const attempts = s1.heard.length - before;
    assert.ok(attempts > 1 && attempts < 20, `${attempts} attempts`);
  }
  assert.ok(codes.has("Overloaded"), [...codes].join());
});

Deno.test("a call that waits for a retry can be cancelled, or its client closed", async () => {
  const bounds = { retryPauseMs: 60_000, retryPauseMsMax: 60_000 };
  await using s1 = new FakeNode((call) => call.refuse("Overloaded"));
  const caller = await callerOf({ s1 }, { bounds, timeoutMs: 3_600_000 });
  const abort = new AbortController();
  const call = caller.call("fake", "put", [1], { retries: 1, signal: abort.signal });
  await until("it was refused", () => s1.heard.length > 0);
  // Its reply is read before this one's.
  await assert.rejects(caller.call("fake", "put", [2]), { code: "Overloaded" });
  abort.abort();
  await assert.rejects(call, { code: "Cancelled", message: /\bwaited\b/ });
  const waiting = caller.call("fake", "put", [3], { retries: 1 });
  await assert.rejects(caller.call("fake", "put", [4]), { code: "Overloaded" });
  await Promise.all([assert.rejects(waiting, { code: "Overloaded" }), caller.close()]);
});

Deno.test("retries and hedges out of range are refused", async () => {
  await using s1 = new FakeNode(answers);
  for (const retries of [-1, 0.5, NaN, limits.retriesMax + 1]) {
    await assert.rejects(callerOf({ s1 }, { retries }), RangeError);
  }
  await using caller = await callerOf({ s1 });
  for (const options of [{ retries: -1 }, { retries: 1e9 }, { hedgeMs: -1 }, { hedgeMs: NaN }]) {
    await assert.rejects(caller.call("fake", "get", [1], options), RangeError);
  }
});

Deno.test("of two calls on a connection that dies, the one that was not yet written has not run", async () => {
  const [ours, theirs] = memoryPair();
  let isHeld = false;
  const never = new Promise<void>(() => {});
  const held: Transport = {
    remote: ours.remote,
    remoteHost: ours.remoteHost,
    remotePort: ours.remotePort,
    read: (target) => ours.read(target),
    write: (bytes) => isHeld ? never : ours.write(bytes),
    closeWrite: () => ours.closeWrite(),
    close: () => ours.close(),
  };
  const node = new Channel(theirs);
  const hello = { version: protocolVersion, software: "a test", messageBytesMax: 1e6 };
  node.sendRaw(preface);
  node.send(FrameKind.hello, 0, 0, encodeJson(hello));
  const connection = new NodeConnection({ name: "s1", host: "10.0.0.1", port: 81 }, held);
  await connection.greeted;
  const route = { service: "fake", rpc: "put", argumentTypes: [], returnTypes: [] };
  const call = () =>
    connection.call(route, Uint8Array.of(0, 0, 0, 2, 0x5b, 0x5d), { timeoutMs: 60_000 });
  isHeld = true;
  const first = call();
  first.catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 0));
  const second = call();
  node.close();
  await assert.rejects(first, { code: "Connection Lost", message: /s1 \(10\.0\.0\.1:81\)/ });
  await assert.rejects(second, {
    code: "Node Unreachable",
    message: "the connection to s1 (10.0.0.1:81) ended before the call was sent; nothing has run",
  });
});

Deno.test("a node that ends a connection before its greeting has received no call", async () => {
  let heardBytes = 0;
  const listener = listenTcp("127.0.0.1", 0);
  const serving = (async () => {
    for (let transport; (transport = await listener.accept()) !== null; transport.close()) {
      heardBytes += await transport.read(new Uint8Array(64 * 1024)) ?? 0;
    }
  })();
  await using s2 = new FakeNode(answers);
  await using caller = await callerOf({
    s1: { server: { ip: "127.0.0.1", port: listener.port } },
    s2,
  });
  assert.equal(await caller.call("fake", "put", [1]), 1);
  assert.ok(heardBytes > 0 && heardBytes < 150, "a preface and a hello, and no call");
  listener.close();
  await serving;
});

Deno.test("whatever nodes do, no call runs twice that must not, and none fails that need not", async () => {
  const bounds = { retryPauseMs: 1, unreachableAvoidMs: 1, overloadedAvoidMs: 1 };
  const seed = Number(Deno.env.get("FARCALL_SEED") ?? Math.floor(Math.random() * 2 ** 32));
  // deno-lint-ignore no-console
  console.info(`FARCALL_SEED=${seed}`);
  const random = generator(seed);
  const runs = new Map<string, number>();
  const onCall = (call: HeardCall): void => {
    const fate = random();
    if (fate < 0.15) return call.refuse("Overloaded");
    if (fate < 0.25) return call.refuse("Server Draining");
    if (fate < 0.3) return call.refuse("Unavailable");
    const name = `${call.rpc} ${call.argument}`;
    runs.set(name, (runs.get(name) ?? 0) + 1);
    if (fate < 0.4) call.hangUp();
    else if (fate < 0.45) call.hangUp("Overloaded");
    else call.answer();
  };
  await using s1 = new FakeNode(onCall);
  await using s2 = new FakeNode(onCall);
  await using s3 = new FakeNode(onCall);
  await using caller = await callerOf({ s1, s2, s3 }, { bounds, retries: 100 });
  let lost = 0;
  let next = 0;
  const lane = async (rpc: "get" | "put"): Promise<void> => {
    for (let count = 0; count < 100; count++) {
      const argument = next++;
      try {
        assert.equal(await caller.call("fake", rpc, [argument]), argument);
        if (rpc === "put") assert.equal(runs.get(`put ${argument}`), 1);
      } catch (error) {
        assert.ok(error instanceof ConnectionLost && rpc === "put", `${rpc}: ${error}`);
        assert.match(error.message, /s[123] \(127\.0\.0\.1:\d+\)/);
        lost += 1;
      }
    }
  };
  await Promise.all([lane("get"), lane("put"), lane("get"), lane("put")]);
  for (const [name, count] of runs) {
    if (name.startsWith("put")) assert.equal(count, 1, name);
  }
  assert.ok(lost > 0 && lost < 200, `${lost} were lost`);
});

/** The generator "mulberry32": numbers from 0 to 1, determined by a seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

Deno.test("a caller keeps a bounded number of connections; the least recently used are closed", async () => {
  const bounds = { connectionsPerCallerMax: 2 };
  await using stack = new AsyncDisposableStack();
  const nodes = ["a", "b", "c"].map((name) => [name, stack.use(new FakeNode(answers))] as const);
  const servers = Object.fromEntries(nodes.map(([name, { server }]) => [name, server]));
  const { fake } = fakeDeployment.services;
  const configuration = configurationOf(servers, {
    services: { a: fake, b: fake, c: fake },
    providers: { a: ["a"], b: ["b"], c: ["c"] },
  });
  const caller = stack.use(await connect(configuration, { bounds }));
  for (const name of ["a", "b", "a", "c", "a", "c", "b"]) {
    assert.equal(await caller.call(name, "put", [1]), 1);
  }
  const made = nodes.map(([name, node]) => `${name}${node.connectionCount}`);
  assert.deepEqual(made, ["a1", "b2", "c1"]);
});

Deno.test("calls before any connection is open are spread over the providers, too", async () => {
  await using s1 = new FakeNode(answers);
  await using s2 = new FakeNode(answers);
  await using s3 = new FakeNode(answers);
  await using caller = await callerOf({ s1, s2, s3 });
  const calls = Array.from({ length: 30 }, (_, index) => caller.call("fake", "put", [index]));
  assert.deepEqual(await Promise.all(calls), [...Array(30).keys()]);
  assert.deepEqual([s1, s2, s3].map(({ heard }) => heard.length), [10, 10, 10]);
});

Deno.test("connections that a burst of calls needed beyond the bound are closed afterwards", async () => {
  const bounds = { connectionsPerCallerMax: 2 };
  const held: HeardCall[] = [];
  const hold = (call: HeardCall) => call.argument === 0 ? held.push(call) : call.answer();
  await using a = new FakeNode(hold);
  await using b = new FakeNode(hold);
  await using c = new FakeNode(hold);
  const nodes = Object.entries({ a, b, c });
  const { fake } = fakeDeployment.services;
  const configuration = configurationOf({ a: a.server, b: b.server, c: c.server }, {
    services: { a: fake, b: fake, c: fake },
    providers: { a: ["a"], b: ["b"], c: ["c"] },
  });
  await using caller = await connect(configuration, { bounds });
  const burst = nodes.map(([name]) => caller.call(name, "put", [0]));
  await until("all are there", () => held.length === 3);
  for (const call of held) call.answer();
  await Promise.all(burst);
  await until("one has left", () => nodes.some(([, node]) => node.openCount === 0));
  assert.deepEqual(nodes.map(([, node]) => node.openCount).sort(), [0, 1, 1]);
  assert.deepEqual(nodes.map(([, node]) => node.connectionCount), [1, 1, 1]);
  for (const [name] of nodes) assert.equal(await caller.call(name, "put", [1]), 1);
});

Deno.test("a provider that does not accept connections costs no call anything once another is connected", async () => {
  const bounds = { unreachableAvoidMs: 1 };
  const silent = listenTcp("127.0.0.1", 0);
  const open: Transport[] = [];
  const accepting = (async () => {
    for (let transport; (transport = await silent.accept()) !== null;) open.push(transport);
  })();
  const held: HeardCall[] = [];
  await using s1 = new FakeNode((call) => call.argument === 0 ? held.push(call) : call.answer());
  const s2 = { server: { ip: "127.0.0.1", port: silent.port } };
  await using caller = await callerOf({ s1, s2 }, { bounds, connectTimeoutMs: 30_000 });
  const first = caller.call("fake", "put", [0]);
  await until("the first call is there", () => held.length > 0);
  // The other provider is less busy; it is connected to meanwhile, without anyone waiting for it.
  for (let count = 1; count <= 20; count++) {
    assert.equal(await caller.call("fake", "put", [count], { timeoutMs: 29_000 }), count);
  }
  await until("it was tried", () => open.length > 0);
  held[0].answer();
  assert.equal(await first, 0);
  silent.close();
  await accepting;
  for (const transport of open) transport.close();
});

Deno.test("a provider that returns gets calls again, and no call fails meanwhile", async () => {
  const bounds = { unreachableAvoidMs: 5 };
  const s1 = new FakeNode(answers);
  await using s2 = new FakeNode(answers);
  await using caller = await callerOf({ s1, s2 }, { bounds });
  assert.equal(await caller.call("fake", "put", [1]), 1);
  const { port } = s1.server;
  await s1[Symbol.asyncDispose]();
  // The first may still be sent to the lost node; the rpc is idempotent.
  for (let count = 0; count < 20; count++) await caller.call("fake", "get", [count]);
  assert.equal(s2.heard.length, 20);
  let back = 0;
  await using _again = new ScriptedNode(({ kind, call }, channel) => {
    if (kind !== FrameKind.call) return;
    back += 1;
    channel.send(
      FrameKind.exception,
      0,
      call,
      encodeJson({
        "exception-type": "Server Draining",
        "exception-message": "only to be heard",
      }),
    );
  }, port);
  await until("it is called again", async () => {
    await caller.call("fake", "put", [1]);
    return back > 0;
  });
});
