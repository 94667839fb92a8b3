/** Streams of a program's functions. */
import assert from "node:assert/strict";
import {
  Cancelled,
  connect,
  currentCall,
  type EmbeddedNode,
  ExecutionException,
  type LogRecord,
  rpc,
  serve,
} from "../../mod.ts";
import { until } from "../_support/nodes/node.ts";
import { limits } from "../../lib/limits/mod.ts";

const ended: string[] = [];

function startNode(log: (record: LogRecord) => void = () => {}): Promise<EmbeddedNode> {
  const st = {
    count: rpc(["int"], ["Stream[int]"], async function* (count) {
      for (let i = 0; i < count; i++) yield i;
    }),
    list: rpc([], ["Stream[int]"], () => [1, 2]),
    sum: rpc(["Stream[int]"], ["int"], async (items) => {
      let sum = 0;
      for await (const item of items) sum += item;
      return sum;
    }),
    upper: rpc(["Stream[str]"], ["Stream[str]"], async function* (lines) {
      for await (const line of lines) yield line.toUpperCase();
    }),
    chunks: rpc(["int"], ["Stream[bytes]"], async function* (size) {
      try {
        for (;;) {
          made += 1;
          yield new Uint8Array(size);
        }
      } finally {
        ended.push(`chunks, ${currentCall()?.signal.aborted}`);
      }
    }),
    slow: rpc([], ["Stream[int]"], async function* () {
      try {
        yield 1;
        made += 1;
        await gate.promise;
        yield 2;
      } finally {
        ended.push(`slow, ${currentCall()?.signal.aborted}`);
      }
    }),
    stuck: rpc([], ["Stream[int]"], () => {
      const iterator: AsyncIterator<number> = {
        next: () => {
          made += 1;
          return new Promise(() => {});
        },
        return() {
          ended.push(`stuck, ${currentCall()?.signal.aborted}`);
          return Promise.resolve({ done: true, value: undefined });
        },
      };
      return { [Symbol.asyncIterator]: () => iterator };
    }),
    fails: rpc([], ["Stream[int]"], async function* () {
      yield 1;
      throw new Error("midway");
    }),
  };
  return serve({ port: 0, log, services: { st } });
}

let made = 0;
let gate = Promise.withResolvers<void>();

async function collect(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const item of items) all.push(item);
  return all;
}

Deno.test("a program's functions accept and return streams in every protocol", async () => {
  await using node = await startNode();
  await using farcall = await connect(node.address);
  const st = farcall.service("st");
  assert.deepEqual(await collect(st.count(3)), [0, 1, 2]);
  assert.deepEqual(await collect(st.list()), [1, 2]);
  assert.equal(await st.sum(Array(20_000).fill(1)), 20_000);
  assert.deepEqual(await collect(st.upper(["a", "b"])), ["A", "B"]);
  const headers = { "content-type": "application/json" };
  const post = async (rpc: string, args: unknown) =>
    await (await fetch(`http://${node.address}/st/${rpc}`, {
      method: "POST",
      headers,
      body: JSON.stringify(args),
    })).json();
  assert.equal(await post("sum", [[1, 2, 3]]), 6);
  assert.deepEqual(await post("upper", [["x", "y"]]), ["X", "Y"]);
});

Deno.test("a function runs only as far as its items are read, and ends when reading ends", async () => {
  const cancelled = Promise.withResolvers<void>();
  await using node = await startNode(({ event }) => {
    if (event === "call.cancelled") cancelled.resolve();
  });
  await using farcall = await connect(node.address);
  made = 0;
  ended.length = 0;
  const chunkBytes = 64 * 1024;
  const items = await farcall.call("st", "chunks", [chunkBytes]) as AsyncIterableIterator<unknown>;
  await items.next();
  assert.equal(await farcall.call("st", "sum", [[1]]), 1);
  assert.ok(made <= limits.streamWindowBytes / chunkBytes + 1, `${made} chunks`);
  await items.return!();
  await cancelled.promise;
  await until("the generator has ended", () => ended.length > 0);
  assert.deepEqual(ended, ["chunks, true"]);
});

Deno.test("a function that is making an item when reading ends is told so in the context of its call", async () => {
  let cancelled = Promise.withResolvers<void>();
  await using node = await startNode(({ event }) => {
    if (event === "call.cancelled") cancelled.resolve();
  });
  await using farcall = await connect(node.address);
  gate = Promise.withResolvers();
  made = ended.length = 0;
  const slow = await farcall.call("st", "slow", []) as AsyncIterableIterator<unknown>;
  await slow.next();
  await until("the next item is being made", () => made > 0);
  await slow.return!(undefined);
  await cancelled.promise;
  assert.deepEqual(ended, []);
  gate.resolve();
  await until("the generator has ended", () => ended.length > 0);
  cancelled = Promise.withResolvers();
  const abort = new AbortController();
  const stuck = farcall.call("st", "stuck", [], { signal: abort.signal });
  const reading = stuck.then((items) => collect(items as AsyncIterable<unknown>));
  await until("its item is being made", () => made > 1);
  abort.abort();
  await assert.rejects(reading, Cancelled);
  await cancelled.promise;
  await until("the iterator has been told", () => ended.length > 1);
  assert.deepEqual(ended, ["slow, true", "stuck, true"]);
});

Deno.test("an error thrown midway arrives after the items; a failing source ends its call", async () => {
  await using node = await startNode();
  await using farcall = await connect(node.address);
  const got: unknown[] = [];
  await assert.rejects(async () => {
    for await (const item of farcall.service("st").fails()) got.push(item);
  }, (error) => error instanceof ExecutionException && error.message === "midway");
  assert.deepEqual(got, [1]);
  const broken = new Error("broken");
  async function* source(): AsyncGenerator<number> {
    yield 1;
    throw broken;
  }
  await assert.rejects(farcall.service("st").sum(source()), (error) => error === broken);
  const abort = AbortSignal.timeout(50);
  const holding = { next: () => new Promise<never>(() => {}) };
  await assert.rejects(
    farcall.call("st", "sum", [{ [Symbol.asyncIterator]: () => holding }], { signal: abort }),
    Cancelled,
  );
});
