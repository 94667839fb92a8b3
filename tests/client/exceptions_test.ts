import assert from "node:assert/strict";
import {
  ClientNotRegistered,
  DeadlineExceeded,
  ExecutionException,
  InvalidArguments,
  MessageTooLarge,
  RpcException,
  RpcNotFound,
  ServiceNotFound,
} from "../../lib/errors/mod.ts";
import { connect, formatNode } from "../../lib/client/mod.ts";
import { configurationOf } from "../_support/configuration.ts";
import { TestNode } from "../_support/nodes/node.ts";
import { mentions } from "../_support/mentions.ts";

const adding = {
  add: [
    { args: ["int", "int"], returns: ["int"], source: "export const add = (a, b) => a + b;" },
    { args: ["str", "str"], returns: ["str"], source: "export default (a, b) => a + b + '!';" },
    { args: ["float", "float"], returns: ["float"], source: "export default (a, b) => a + b;" },
    { args: ["List[int]"], returns: ["int"], source: "export default (all) => all.length;" },
  ],
};

Deno.test("the arguments choose the overload, or the caller names its types", async () => {
  await using node = await TestNode.start({
    isWarm: true,
    deployment: { services: { math: { rpcs: adding } } },
  });
  const caller = await node.connect();
  assert.equal(await caller.call("math", "add", [1, 2]), 3);
  assert.equal(await caller.call("math", "add", ["1", "2"]), "12!");
  assert.equal(await caller.call("math", "add", [0.5, 2]), 2.5);
  assert.equal(await caller.call("math", "add", [[1, 2, 3]]), 3);
  const reply = await caller.reply("math", "add", [1, 2], { types: ["float", "float"] });
  assert.equal(reply.signature.key, "float, float -> float");
  const wrong = await rejection(caller.call("math", "add", [true, 2]), InvalidArguments);
  assert.match(
    wrong.message,
    mentions("add(int, int) -> int", "add(str, str) -> str", "add(float, float)"),
  );
  await rejection(caller.call("math", "add", [1]), InvalidArguments);
  await rejection(caller.call("math", "add", [1, 2], { types: ["bool", "int"] }), InvalidArguments);
});

/** Rejects with exactly this class, and returns the error. */
async function rejection<E extends Error>(
  promise: Promise<unknown>,
  type: abstract new (...args: never[]) => E,
): Promise<E> {
  const error = await promise.then(
    (value) => assert.fail(`it did not fail, but gave ${String(value)}`),
    (error: unknown) => error,
  );
  assert.ok(error instanceof type, `expected ${type.name}, got ${error}`);
  assert.equal(error.constructor, type);
  return error;
}

Deno.test("every failure arrives as an exception of its own class, with the node's name", async (t) => {
  const deployment = {
    clients: [{ name: "c1", ip: "127.0.0.1" }, { name: "c2", ip: "10.0.0.2" }],
    services: {
      math: {
        rpcs: {
          ...adding,
          fail: {
            args: ["str"],
            returns: ["int"],
            source: `export function fail(how) {
              switch (how) {
                case "error": throw new RangeError("three is too much");
                case "text": throw "only a text";
                case "nothing": throw undefined;
                case "long": throw new Error("x".repeat(20_000_000));
                case "silent": throw new Error();
                case "proxy": throw new Proxy({}, { getPrototypeOf() { throw 1; } });
                case "liar": throw Object.assign(new Error(), { message: { toString() { throw 1; } } });
                case "late": return Promise.reject(new Error("on second thought"));
                case "later": return new Promise((_, reject) => setTimeout(() => reject(7), 1));
                case "thenable": return { then(resolve, reject) { reject(new Error("then")); } };
                case "getter": return { get then() { throw new Error("got"); } };
                case "deep": return (function deep() { return deep() + 1; })();
                case "wrong": return "x";
                case "undefined": return;
                case "fraction": return 1.5;
                case "promised": return Promise.resolve([1]);
              }
              return 1;
            }`,
          },
          pair: { returns: ["int", "str"], source: "export const pair = () => [1];" },
          nothing: { source: "export const nothing = () => 5;" },
          never: { source: "export const never = () => new Promise(() => {});" },
          large: {
            args: ["int"],
            returns: ["bytes"],
            source: "export const large = (size) => new Uint8Array(size);",
          },
        },
      },
      closed: { tenants: ["c2"], rpcs: adding },
    },
  };
  await using node = await TestNode.start({ isWarm: true, deployment });
  const { host: ip, port } = node.node;
  await using caller = await connect(configurationOf({ s1: { ip, port } }, deployment));
  const s1 = formatNode({ name: "s1", host: ip, port });

  /** A script's failure, and the caller's view of it. */
  const failures: Record<string, RegExp> = {
    error: mentions("RangeError"),
    text: /^only a text$/,
    nothing: /^undefined$/,
    long: /^x{16383}…$/,
    silent: /^Error$/,
    proxy: /^\{\}$/,
    liar: /^Error$/,
    late: /^on.second.thought$/,
    later: /^7$/,
    thenable: /^then$/,
    getter: /^got$/,
    deep: mentions("RangeError", "size"),
    wrong: mentions('"x"'),
    undefined: mentions("undefined", "int"),
    fraction: mentions("1.5"),
    promised: mentions("list", /\b1\b/, "int"),
  };
  for (const [how, message] of Object.entries(failures)) {
    await t.step(`a script that fails: ${how}`, async () => {
      const error = await rejection(caller.call("math", "fail", [how]), ExecutionException);
      assert.equal(error.code, "Execution Exception");
      assert.match(error.message, message);
      assert.equal(error.node, s1);
      assert.ok(!/data:|\.js|sandbox/.test(error.message), "where the script lies is not told");
    });
  }
  await t.step("the stack of a script's error is in the log, and only there", async () => {
    const { fields } = await node.log.until("call.failed", {
      message: "RangeError: three is too much",
    });
    assert.match(
      String(fields.stack),
      mentions("RangeError"),
    );
    assert.match(String(fields.script), /^[0-9a-f]{12}$/);
  });
  await t.step("one value too few, one too many", async () => {
    const few = await rejection(caller.call("math", "pair"), ExecutionException);
    assert.match(few.message, mentions("list", /\b1\b/, /\b2\b/, "(int, str)"));
    const many = await rejection(caller.call("math", "nothing"), ExecutionException);
    assert.match(many.message, mentions(/\b5\b/, "declares"));
  });
  await t.step("Deadline Exceeded", async () => {
    const error = await rejection(
      caller.call("math", "never", [], { timeoutMs: 30 }),
      DeadlineExceeded,
    );
    assert.equal(error.node, s1);
  });
  await t.step("a result that exceeds a message costs its own call, not the executor", async () => {
    const pids = await TestNode.executorPids();
    for (const size of [16 * 1024 * 1024 + 64 * 1024 - 20, 40 * 1024 * 1024]) {
      const error = await rejection(caller.call("math", "large", [size]), MessageTooLarge);
      assert.equal(error.code, "Message Too Large");
    }
    assert.equal(await caller.call("math", "fail", ["not"]), 1);
    assert.deepEqual(await TestNode.executorPids(), pids);
  });
  await t.step("arguments that exceed a message are never sent", async () => {
    const bytes = new Uint8Array(16 * 1024 * 1024 + 64 * 1024);
    const text = "x".repeat(bytes.length);
    await rejection(caller.call("math", "add", [text, ""]), MessageTooLarge);
    assert.equal(await caller.call("math", "add", [1, 2]), 3);
  });
  await t.step("Service Not Found, here and at the node", async () => {
    const error = await rejection(caller.call("maht", "add", [1, 2]), ServiceNotFound);
    assert.match(error.message, mentions('"maht"', '"math"'));
    const asked = await rejection((await node.connect()).call("maht", "add"), ServiceNotFound);
    assert.match(asked.message, mentions('"maht"'));
    assert.equal(asked.node, node.address);
  });
  await t.step("RPC Not Found", async () => {
    for (const each of [caller, await node.connect()]) {
      const error = await rejection(each.call("math", "ad", [1, 2]), RpcNotFound);
      assert.match(error.message, mentions('"math"', '"ad"'));
    }
  });
  await t.step("Client Not Registered", async () => {
    const error = await rejection(caller.call("closed", "add", [1, 2]), ClientNotRegistered);
    assert.match(error.message, mentions('"closed"', "127.0.0.1"));
    assert.ok(error instanceof RpcException);
    assert.equal(error.node, s1);
  });
});

Deno.test("misuse is reported at once, as the program's error", async () => {
  await using node = await TestNode.start();
  const caller = await node.connect();
  for (const timeoutMs of [0, -1, NaN, Infinity, 1e12]) {
    await assert.rejects(caller.call("a", "b", [], { timeoutMs }), RangeError);
  }
  await assert.rejects(connect(node.address, { timeoutMs: 0 }), RangeError);
  await assert.rejects(connect("127.0.0.1:70000"), TypeError);
  await caller.close();
  await assert.rejects(caller.call("a", "b"), TypeError);
});

Deno.test("an unknown name is reported with the intended one", async () => {
  const deployment = { clients: [{ name: "alice", ip: "127.0.0.1" }], services: {} };
  const configuration = configurationOf({ server1: { ip: "127.0.0.1", port: 1 } }, deployment);
  await assert.rejects(connect(configuration, { as: "alcie" }), {
    code: "Client Not Registered",
    message: 'init.yaml has no client "alcie"; did you mean "alice"?',
  });
  await assert.rejects(connect(configuration, { as: "xyz" }), {
    message: 'init.yaml has no client "xyz"; clients: alice',
  });
  await assert.rejects(connect(configuration, { server: "sever1" }), {
    code: "Invalid Configuration",
    message: mentions('"sever1"', '"server1"'),
  });
});

Deno.test("too many concurrent calls are refused as Overloaded, and the others answered", async () => {
  const bounds = { serviceDefaults: { callsMax: 2, queueMax: 3 } };
  await using node = await TestNode.start({
    bounds,
    isWarm: true,
    deployment: {
      services: {
        slow: {
          rpcs: {
            slow: {
              returns: ["int"],
              source: "export default () => new Promise((done) => setTimeout(() => done(1), 500));",
            },
          },
        },
      },
    },
  });
  const caller = await node.connect();
  const calls = await Promise.allSettled(
    Array.from({ length: 8 }, () => caller.call("slow", "slow")),
  );
  const failed = calls.filter((call) => call.status === "rejected");
  assert.deepEqual(failed.map(({ reason }) => reason.code), Array(3).fill("Overloaded"));
  assert.match(failed[0].reason.message, mentions('"slow"'));
});
