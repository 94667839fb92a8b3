/** Streams as programs see them, through a real node. */
import assert from "node:assert/strict";
import {
  Cancelled,
  ConnectionLost,
  DeadlineExceeded,
  ExecutionException,
  InvalidArguments,
  Overloaded,
} from "../../lib/errors/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { connect } from "../../lib/client/mod.ts";
import { configurationOf } from "../_support/configuration.ts";
import { TestNode } from "../_support/nodes/node.ts";
import { streams } from "./_service.ts";
import { mentions } from "../_support/mentions.ts";

type Items = AsyncIterableIterator<unknown>;

async function collect(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Reads items until they fail. */
async function untilFailure(
  items: AsyncIterable<unknown>,
): Promise<{ got: unknown[]; error: unknown }> {
  const got: unknown[] = [];
  try {
    for await (const item of items) got.push(item);
  } catch (error) {
    return { got, error };
  }
  return assert.fail(`it ended without an error after ${got.length} items`);
}

Deno.test("programs iterate over streams, give them, and see them fail", async (t) => {
  await using node = await TestNode.start({ deployment: streams });

  await t.step("a returned stream can be iterated, with and without awaiting it", async () => {
    const farcall = await node.connect();
    const st = farcall.service("st");
    assert.deepEqual(await collect(st.count(3)), [0, 1, 2]);
    assert.deepEqual(await collect(await st.count(3) as Items), [0, 1, 2]);
    assert.deepEqual(await collect(st.count(0)), []);
    assert.deepEqual(await collect(st.list()), [1, 2, 3]);
    const reply = await farcall.reply("st", "count", [2]);
    assert.match(reply.script, /^[0-9a-f]{64}$/);
    assert.deepEqual(await collect(reply.value as Items), [0, 1]);
    const many = await collect(st.count(60_000));
    assert.deepEqual([many.length, many.at(-1)], [60_000, 59_999]);
    await assert.rejects(collect(st.add(1, 2)), /\bstream\b/);
  });

  await t.step("stream arguments can be any iterables, several at once", async () => {
    const st = (await node.connect()).service("st");
    async function* numbers(count: number): AsyncGenerator<number> {
      for (let i = 0; i < count; i++) yield i;
    }
    assert.equal(await st.sum(numbers(50_000)), 1_249_975_000);
    assert.equal(await st.sum([1, 2, 3]), 6);
    assert.equal(await st.sum(new Set([1, 2])), 3);
    assert.equal(await st.sum([]), 0);
    assert.deepEqual(await collect(st.upper(ReadableStream.from(["a", "b"]))), ["A", "B"]);
    assert.deepEqual(await collect(st.zip(numbers(5), "-", ["x", "y"])), [[0, "-x"], [1, "-y"]]);
    for (const wrong of ["abc", new Uint8Array(2), 5, null, {}]) {
      await assert.rejects(st.sum(wrong), InvalidArguments, String(wrong));
    }
  });

  await t.step("an error midway arrives as an exception after the items before it", async () => {
    const st = (await node.connect()).service("st");
    const thrown = await untilFailure(st.fails());
    assert.deepEqual(thrown.got, ["a"]);
    assert.ok(thrown.error instanceof ExecutionException && thrown.error.message === "midway");
    const lied = await untilFailure(st.lies());
    assert.deepEqual(lied.got, [1]);
    assert.match(
      String(lied.error),
      mentions('"two"', "item 2", "Stream[int]"),
    );
    await assert.rejects(st.no_stream(), (error: Error) => {
      assert.ok(error instanceof ExecutionException);
      assert.match(error.message, mentions("returned 5", "Stream[int]", "generator"));
      return true;
    });
    assert.equal(await st.add(1, 1), 2, "the executor is as before");
  });

  await t.step("endless small items starve no other call", async () => {
    const st = (await node.connect()).service("st");
    const taking = (async () => {
      let taken = 0;
      for await (const _ of st.endless()) if (++taken === 100_000) return taken;
    })();
    for (let i = 0; i < 20; i++) assert.equal(await st.add(i, i), 2 * i);
    assert.equal(await taking, 100_000);
  });
});

Deno.test("a script runs only as far as its items are read", async () => {
  await using node = await TestNode.start({ deployment: streams });
  const st = (await node.connect()).service("st");
  const chunkBytes = 32 * 1024;
  const items = await st.chunks(chunkBytes) as Items;
  assert.equal(((await items.next()).value as Uint8Array).length, chunkBytes);
  // The next reply proves that nothing more is in transit: the link preserves order.
  assert.equal(await st.add(1, 2), 3);
  const windowChunks = limits.streamWindowBytes / chunkBytes;
  const made = node.log.all("script.console").length;
  assert.ok(made <= windowChunks + 1, `${made} chunks were made for one that was taken`);
  for (let taken = 1; taken < 100; taken++) {
    assert.equal(((await items.next()).value as Uint8Array)[0], taken);
  }
  await items.return!();
  await node.log.until("script.console", { text: "ended, signal true" });
});

Deno.test("a caller that stops iterating stops the script", async () => {
  await using node = await TestNode.start({ deployment: streams });
  const st = (await node.connect()).service("st");
  for await (const chunk of st.chunks(16 * 1024)) {
    if ((chunk as Uint8Array)[0] === 3) break;
  }
  await node.log.until("script.console", { text: "ended, signal true" });
  await node.log.until("call.cancelled", { rpc: "chunks" });

  const abort = new AbortController();
  const items = await (await node.connect()).call("st", "slow", [], { signal: abort.signal });
  const taking = untilFailure(items as Items);
  await node.log.until("script.console", { text: "begun" });
  abort.abort();
  const { error } = await taking;
  assert.ok(error instanceof Cancelled, String(error));
  await node.log.until("script.console", { text: "ended" });
});

Deno.test("a deadline applies to the whole stream, even if the script spins", async () => {
  await using node = await TestNode.start({ isWarm: true, deployment: streams });
  const caller = await node.connect();
  for (const [rpc, timeoutMs] of [["slow", 2000], ["spins", 600]] as const) {
    const { got, error } = await untilFailure(caller.service("st", { timeoutMs })[rpc]());
    // An item that a script yields just before it blocks the processor never leaves it.
    assert.deepEqual(got, rpc === "slow" ? [1] : [], rpc);
    assert.ok(error instanceof DeadlineExceeded, `${rpc}: ${error}`);
    assert.match(error.message, /stream/);
  }
  assert.equal(await (await node.connect()).call("st", "add", [1, 1]), 2);
});

Deno.test("a failing source fails its call with its own error, and the script notices", async () => {
  await using node = await TestNode.start({ deployment: streams });
  const st = (await node.connect()).service("st");
  const broken = new Error("the disk is gone");
  let isEnded = false;
  async function* source(): AsyncGenerator<unknown> {
    try {
      yield 1;
      throw broken;
    } finally {
      isEnded = true;
    }
  }
  await assert.rejects(st.sum(source()), (error) => error === broken);
  assert.ok(isEnded);
  await node.log.until("call.cancelled", { rpc: "sum" });

  async function* wrong(): AsyncGenerator<unknown> {
    try {
      yield 1;
      yield "x";
    } finally {
      isEnded = true;
    }
  }
  isEnded = false;
  await assert.rejects(st.sum(wrong()), (error: Error) => {
    assert.ok(error instanceof InvalidArguments);
    assert.match(error.message, mentions("argument 1", "item 2", '"x"'));
    return true;
  });
  assert.ok(isEnded, "a source whose items do not fit is told to end");
});

Deno.test("a source is read only as far as its items are consumed, and ended with its call", async () => {
  await using node = await TestNode.start({ deployment: streams });
  const st = (await node.connect()).service("st");
  let asked = 0;
  const ended = Promise.withResolvers<void>();
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        asked += 1;
        yield new Uint8Array(32 * 1024);
      }
    } finally {
      ended.resolve();
    }
  }
  const abort = new AbortController();
  const holding = assert.rejects(
    (await node.connect()).call("st", "hold", [source()], { signal: abort.signal }),
    Cancelled,
  );
  await node.log.until("script.console", { text: "holding" });
  assert.equal(await st.add(1, 2), 3);
  assert.ok(asked <= limits.streamWindowBytes / (32 * 1024) + 1, `${asked} chunks were made`);
  abort.abort();
  await holding;
  await ended.promise;
  const { fields } = await node.log.until("script.console", {}, 2);
  assert.match(String(fields.text), / ended: AbortError: .*, left \d+$/);

  asked = 0;
  async function* endless(): AsyncGenerator<number> {
    for (;;) yield ++asked;
  }
  assert.equal(await st.first(endless()), 1, "an answer ends the call, whatever is left");
});

Deno.test("a source does not start before a script requests its items", async () => {
  const bounds = { streamingCallsPerConnectionMax: 0 };
  await using node = await TestNode.start({ bounds, deployment: streams });
  const farcall = await node.connect();
  let hasBegun = false;
  const source = {
    [Symbol.asyncIterator]() {
      hasBegun = true;
      return { next: () => Promise.resolve({ done: true, value: undefined }) };
    },
  };
  await assert.rejects(farcall.call("st", "sum", [source]), Overloaded);
  assert.equal(hasBegun, false);
});

Deno.test("an executor that ends fails its streams once, and others go on", async () => {
  await using node = await TestNode.start({ deployment: streams });
  const st = (await node.connect()).service("st");
  const items = await st.slow() as Items;
  assert.deepEqual(await items.next(), { done: false, value: 1 });
  const [pid] = await TestNode.executorPids();
  Deno.kill(pid, "SIGKILL");
  await assert.rejects(items.next(), (error: Error) => {
    assert.ok(error instanceof ExecutionException);
    assert.match(error.message, /\bexecutor\b.*\bended\b/);
    return true;
  });
  assert.deepEqual(await items.next(), { done: true, value: undefined }, "it fails once");
  assert.deepEqual(await collect(st.count(2)), [0, 1]);
});

Deno.test("a connection that ends fails the streams over it, and ends their scripts", async () => {
  await using node = await TestNode.start({ deployment: streams });
  const farcall = await node.connect();
  const items = await farcall.call("st", "slow") as Items;
  assert.deepEqual(await items.next(), { done: false, value: 1 });
  const next = items.next();
  await Promise.all([farcall.close(), assert.rejects(next, ConnectionLost)]);
  await node.log.until("script.console", { text: "ended" });
});

Deno.test("a running stream continues across a deployment, and during a drain to its end", async () => {
  await using node = await TestNode.start({ deployment: streams });
  const st = (await node.connect()).service("st");
  const items = await st.count(50_000) as Items;
  assert.deepEqual(await items.next(), { done: false, value: 0 });
  const { st: service } = streams.services;
  const count = {
    args: ["int"],
    returns: ["Stream[int]"],
    source: "export async function* count(n) { yield -n; }",
  };
  await node.deploy({ services: { st: { rpcs: { ...service.rpcs, count } } } });
  assert.deepEqual(await collect(st.count(7)), [-7]);
  const stopping = node.node.stop();
  assert.equal((await collect(items)).length, 49_999);
  await stopping;
});

Deno.test("items arrive as they are yielded, even from a script that blocks between them", async () => {
  await using node = await TestNode.start({ deployment: streams });
  const items = await (await node.connect()).call("st", "busy") as Items;
  // The script would not yield the next one for a minute.
  assert.deepEqual(await items.next(), { done: false, value: 0 });
  await items.return!();
});

Deno.test("a running stream counts as a call in flight: the next call goes to another provider, and its connection stays", async () => {
  await using s1 = await TestNode.start({ deployment: streams });
  await using s2 = await TestNode.start({ deployment: { ...streams, node: "s2" } });
  const servers = {
    s1: { ip: s1.node.host, port: s1.node.port },
    s2: { ip: s2.node.host, port: s2.node.port },
  };
  await using farcall = await connect(configurationOf(servers, streams));
  const { value, node } = await farcall.reply("st", "endless");
  assert.equal(node, `s1 (${s1.address})`);
  const items = value as Items;
  assert.equal((await items.next()).value, 0);
  // Connects to the other one.
  await farcall.call("st", "add", [1, 2], { server: "s2" });
  for (let count = 0; count < 5; count++) {
    const reply = await farcall.reply("st", "add", [1, 2]);
    assert.deepEqual([reply.value, reply.node], [3, `s2 (${s2.address})`]);
    assert.equal((await items.next()).value, count + 1);
  }
  await items.return!();
  const bounds = { connectionsPerCallerMax: 1 };
  await using frugal = await connect(configurationOf(servers, streams), { bounds });
  const kept = (await frugal.reply("st", "endless")).value as Items;
  await frugal.call("st", "add", [1, 2], { server: "s2" });
  assert.equal((await kept.next()).value, 0);
  await kept.return!();
  assert.equal((await frugal.reply("st", "add", [1, 2])).node, `s1 (${s1.address})`);
});
