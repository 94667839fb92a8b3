/** The same call on many nodes: what the library promises. */
import assert from "node:assert/strict";
import { callMany } from "../../lib/client/calls/call_many.ts";
import { connect, type Reply } from "../../lib/client/mod.ts";
import { NodeUnreachable } from "../../lib/errors/mod.ts";
import { configurationOf } from "../_support/configuration.ts";
import { type TestDeployment, TestNode, until } from "../_support/nodes/node.ts";
import { closedPort } from "../_support/commands/cli.ts";
import { mentions } from "../_support/mentions.ts";

const deployment: TestDeployment = {
  services: {
    math: {
      rpcs: {
        add: {
          args: ["int", "int"],
          returns: ["int"],
          source: "export const add = (a, b) => a + b;",
        },
        sum: {
          args: ["Stream[int]"],
          returns: ["int"],
          source:
            "export async function sum(s) { let n = 0; for await (const i of s) n += i; return n; }",
        },
        wait: { source: "export const wait = () => new Promise(() => {});" },
        count: {
          returns: ["Stream[int]"],
          source: "export async function* count() { yield 1; yield 2; }",
        },
      },
    },
  },
};

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

Deno.test("callAll yields each provider's reply", async (t) => {
  await using first = await TestNode.start({ deployment });
  await using second = await TestNode.start({ deployment: { ...deployment, node: "s2" } });
  const servers = Object.fromEntries(
    Object.entries({ s1: first, s2: second }).map((
      [name, { node }],
    ) => [name, { ip: node.host, port: node.port }]),
  );
  const gone = { ip: "127.0.0.1", port: closedPort };
  await using farcall = await connect(configurationOf({ ...servers, gone }, deployment));
  const byName = async (items: AsyncIterable<{ readonly node: string }>) =>
    (await collected(items)).sort((a, b) => a.node < b.node ? -1 : 1);

  await t.step("values, and errors in their place", async () => {
    const [down, ...up] = await byName(farcall.callAll("math", "add", [2, 3]));
    assert.deepEqual(up, [{ node: "s1", value: 5 }, { node: "s2", value: 5 }]);
    assert.equal(down.node, "gone");
    assert.ok("error" in down && down.error instanceof NodeUnreachable);
  });
  await t.step("on selected nodes; one named twice is called once", async () => {
    const on = ["s2", `${servers.s2.ip}:${servers.s2.port}`];
    assert.deepEqual(await byName(farcall.callAll("math", "add", [2, 3], { on })), [
      { node: "s2", value: 5 },
    ]);
  });
  await t.step("streams: each node reads all items, and each has items of its own", async () => {
    const on = ["s1", "s2"];
    const sums = await byName(farcall.callAll("math", "sum", [[1, 2, 3]], { on }));
    assert.deepEqual(sums, [{ node: "s1", value: 6 }, { node: "s2", value: 6 }]);
    for await (const { value } of farcall.callAll("math", "count", [], { on })) {
      assert.deepEqual(await collected(value as AsyncIterable<number>), [1, 2]);
    }
    for (const once of [[1, 2].values(), (async function* () {})(), new Blob().stream()]) {
      const all = farcall.callAll("math", "sum", [once], { on });
      await assert.rejects(collected(all), { name: "TypeError", message: /\bonce\b/ });
    }
  });
  await t.step("a caller that stops iterating cancels the rest", async () => {
    const calls = farcall.callAll("math", "wait", [], { timeoutMs: 60_000 });
    // The unreachable node fails at once.
    const { value } = await calls.next();
    assert.equal(value!.node, "gone");
    await until(
      "it runs on both",
      () => [first, second].every(({ node }) => node.memory.bytes > 0),
    );
    await calls.return();
    for (const node of [first, second]) await node.log.until("call.cancelled", { rpc: "wait" });
  });
  await t.step("a signal cancels all", async () => {
    const signal = AbortSignal.timeout(50);
    const calls = await byName(farcall.callAll("math", "wait", [], { on: ["s1", "s2"], signal }));
    for (const call of calls) assert.ok("error" in call && `${call.error}`.includes("Cancelled"));
  });
  await t.step("misuse", async () => {
    const misuse: [options: Record<string, unknown>, error: string][] = [
      [{ on: [] }, "TypeError"],
      [{ on: "s1" }, "TypeError"],
      [{ on: ["nobody"] }, "InvalidConfiguration"],
      [{ concurrency: 0 }, "RangeError"],
      [{ concurrency: 1001 }, "RangeError"],
    ];
    for (const [options, name] of misuse) {
      await assert.rejects(collected(farcall.callAll("math", "add", [1, 2], options)), { name });
    }
    const unknown = collected(farcall.callAll("maths", "add", [1, 2]));
    await assert.rejects(unknown, { code: "Service Not Found", message: mentions('"math"') });
  });
});

Deno.test("of many nodes only some are called at once, which bounds waiting replies", async () => {
  const nodes = Array.from({ length: 100 }, (_, index) => ({ host: `h${index}`, port: 1 }));
  let running = 0;
  let most = 0;
  let begun = 0;
  const call = async (): Promise<Reply> => {
    begun += 1;
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 0));
    running -= 1;
    return {} as Reply;
  };
  const answers = callMany(nodes, call, { concurrency: 8 });
  await answers.next();
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(begun, 8, "who has not been asked for another answer has not called more");
  const rest = await collected(answers);
  assert.deepEqual([rest.length, begun, most], [99, 100, 8]);
});
