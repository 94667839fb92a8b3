import assert from "node:assert/strict";
import { ExecutionException, InvalidArguments } from "../../lib/errors/mod.ts";
import { rpc, serve } from "../../lib/embedded/mod.ts";
import { connect } from "../../lib/client/mod.ts";
import { TestNode } from "../_support/nodes/node.ts";
import { mentions } from "../_support/mentions.ts";

const beyond = 2n ** 53n + 1n;

const calls: readonly {
  readonly rpc: string;
  readonly args: readonly string[];
  readonly returns: readonly string[];
  readonly source: string;
  readonly values: readonly unknown[];
  /** The exception's hint about the arguments, if any. */
  readonly said: string | undefined;
}[] = [
  {
    ...{ rpc: "sum", args: ["int", "int"], returns: ["int"], values: [1, beyond] },
    source: "(a, b) => a + b + 1",
    said: "argument 2 is the bigint 9007199254740993",
  },
  {
    ...{ rpc: "later", args: ["List[int]"], returns: ["float"], values: [[1, beyond]] },
    source: "async (list) => { await null; return Math.max(...list); }",
    said: "argument 1, item 2 is the bigint",
  },
  {
    ...{ rpc: "text", args: ["Dict[str, int]"], returns: ["str"], values: [{ a: beyond }] },
    source: "(counts) => JSON.stringify(counts)",
    said: 'argument 1, key "a" is the bigint',
  },
  {
    ...{ rpc: "stream", args: ["int"], returns: ["Stream[int]"], values: [beyond] },
    source: "async function* (n) { yield 1; yield n - 1; }",
    said: "argument 1 is the bigint",
  },
  {
    ...{ rpc: "own", args: ["int"], returns: ["int"], values: [5] },
    source: "(n) => n + 1n",
    said: undefined,
  },
  {
    ...{ rpc: "other", args: ["int"], returns: ["int"], values: [beyond] },
    source: '(n) => { throw new RangeError("too large"); }',
    said: undefined,
  },
];

async function failureOf(called: Promise<unknown>): Promise<ExecutionException> {
  const failed = await called.then(async (value) => {
    for await (const _ of value as AsyncIterable<unknown>);
  }).catch((error) => error);
  assert.ok(failed instanceof ExecutionException, String(failed));
  return failed;
}

function check(message: string, said: string | undefined): void {
  if (said === undefined) return assert.doesNotMatch(message, /argument \d/);
  assert.ok(message.includes(said), message);
  assert.ok(message.includes("int53"), message);
}

Deno.test("a script that mistakes a bigint for a number is told which argument is one", async (t) => {
  const rpcs = Object.fromEntries(calls.map(({ rpc, args, returns, source }) => {
    return [rpc, { args, returns, source: `export default ${source};` }];
  }));
  await using node = await TestNode.start({ deployment: { services: { big: { rpcs } } } });
  await using caller = await connect(node.address);
  for (const { rpc, values, said } of calls) {
    await t.step(rpc, async () => {
      check((await failureOf(caller.call("big", rpc, values))).message, said);
    });
  }
});

Deno.test("so is a function of an embedded node", async () => {
  const add = rpc(["int", "int"], ["int"], (a, b) => a + b + 1);
  const later = rpc(["int"], ["int"], async (a) => await Promise.resolve(a) + 1);
  await using node = await serve({ port: 0, services: { big: { add, later } }, log: "silent" });
  await using caller = await connect(`127.0.0.1:${node.port}`);
  check((await failureOf(caller.call("big", "add", [beyond, 1]))).message, "argument 1 is");
  check((await failureOf(caller.call("big", "later", [beyond]))).message, "argument 1 is");
});

Deno.test("an int53 is a number in every protocol, and larger ints are refused", async () => {
  const source = "export default (n, list) => [typeof n, list.map((item) => item + 1)];";
  const args = ["int53", "List[int53]"];
  const rpcs = { sees: { args, returns: ["str", "List[int53]"], source } };
  await using node = await TestNode.start({ deployment: { services: { safe: { rpcs } } } });
  for (const oneShot of [false, true]) {
    await using caller = await connect(node.address, { oneShot });
    const sees = (...values: unknown[]): Promise<unknown> => caller.call("safe", "sees", values);
    assert.deepEqual(await sees(5n, [1, 2 ** 53 - 2]), ["number", [2, 2 ** 53 - 1]]);
    assert.deepEqual(
      (await caller.reply("safe", "sees", ["5", "[1]"], { form: "texts" })).value,
      ["number", [2]],
    );
    await assert.rejects(sees(beyond, []), (error) => {
      assert.ok(error instanceof InvalidArguments);
      assert.match(error.message, mentions("argument 1", "9007199254740993"));
      return true;
    });
    // A script's result is checked, too.
    await assert.rejects(sees(1, [2 ** 53 - 1]), ExecutionException);
  }
});
