/** Helpers, from outside: input that kills one costs its own message, and no other. */
import assert from "node:assert/strict";
import { Helpers } from "../../lib/helper/helpers.ts";
import { type LimitChanges, limitsWith } from "../../lib/limits/mod.ts";
import { silentLog } from "../../lib/log/mod.ts";
import { jsonRpcStatement, scriptIdOf, textStatement } from "../../lib/identity/mod.ts";
import { readAll } from "../transport/transport_suite.ts";
import {
  bytesOf,
  gzip,
  newKey,
  type TestDeployment,
  TestNode,
  until,
} from "../_support/nodes/node.ts";
import { mentions } from "../_support/mentions.ts";
import { isAlive, ownChildren, processesWith } from "../_support/nodes/processes.ts";

const deployment: TestDeployment = {
  services: {
    lists: {
      rpcs: {
        size: {
          args: ["List[List[int]]"],
          returns: ["int"],
          source: "export const size = (list) => list.length;",
        },
      },
    },
  },
};

const patience = { timeoutMs: 60_000 };

function request(argumentsJson: string): string {
  return '{"header":"RPC-REQ","value":{"client":"c1","service":"lists","rpc":"size",' +
    `"arguments":[${argumentsJson}]}}`;
}

/** The reply to bytes, to the end of the stream. */
async function ask(node: TestNode, text: string, host?: string): Promise<string> {
  const transport = await node.transport(host);
  try {
    await transport.write(bytesOf(text));
    return new TextDecoder().decode(await readAll(transport));
  } finally {
    transport.close();
  }
}

/** The helpers of these tests' nodes. */
async function helperPids(): Promise<number[]> {
  const helpers = await processesWith("__helper");
  return (await ownChildren()).filter((pid) => helpers.includes(pid));
}

/** One process, shared in turns. */
function helpersForOne(changes?: LimitChanges): Helpers {
  return new Helpers({
    purpose: "a test",
    processesMax: 1,
    timeoutMs: patience.timeoutMs,
    confine: (command) => command,
    log: silentLog,
    bounds: limitsWith(changes),
  });
}

Deno.test("a message that needs more memory than a helper has is refused, and the next one is read", async () => {
  const bounds = { helperHeapBytes: 32 * 1024 * 1024 };
  await using node = await TestNode.start({ bounds, deployment });
  const many = `[${"[],".repeat(1_500_000)}[]]`;
  const answers = await Promise.all(
    [many, `[${"[1],".repeat(30_000)}[]]`].map((json) => ask(node, request(json))),
  );
  assert.match(answers[0], /"exception-type":"Message Too Large".*memory/);
  assert.match(answers[1], /"return-values":\[30001\]/);
  assert.equal(node.log.all("helper.ended").length, 1);
});

Deno.test("a message that takes too long is refused, and the next one is read", async () => {
  await using node = await TestNode.start({ deployment });
  const large = request(`[${"[12345678901234567890],".repeat(80_000)}[]]`);
  {
    const bounds = { helperTimeoutMs: 20 };
    await using hurried = await TestNode.start({ bounds, deployment });
    assert.match(await ask(hurried, large), /"exception-type":"Message Too Large".*\blong\b/);
  }
  assert.match(await ask(node, large), /"return-values":\[80001\]/);
});

Deno.test("scripts whose check takes too long are refused in a deployer's terms", async () => {
  await using node = await TestNode.start({
    bounds: { scriptCheckTimeoutMs: 20, scriptCheckMsPerMiB: 1 },
  });
  await using connection = await node.connection();
  const source = bytesOf(`export default () => {${"a = [1, 2];".repeat(200_000)}};`);
  const id = await scriptIdOf(source);
  const scripts = [{ id, bytes: source.length }];
  await assert.rejects(
    connection.raw.request({ op: "put", scripts }, { timeoutMs: 60_000 }, await gzip(source)),
    { code: "Deploy Rejected", message: mentions(id.slice(0, 8), "long", "smaller") },
  );
});

Deno.test("helpers end with their node, and when they are idle", async () => {
  {
    const bounds = { helperBytesMin: 0, helperIdleMs: 50 };
    await using node = await TestNode.start({ bounds, deployment });
    assert.match(await ask(node, request("[]")), /"return-values":\[0\]/);
    const [idle] = await helperPids();
    if (idle !== undefined) await until("the idle helper ended", async () => !await isAlive(idle));
  }
  {
    const bounds = { helperBytesMin: 0, helperIdleMs: 60_000 };
    const node = await TestNode.start({ bounds, deployment });
    assert.match(await ask(node, request("[]")), /"return-values":\[0\]/);
    const pids = await helperPids();
    assert.ok(pids.length > 0, "a helper runs");
    await node[Symbol.asyncDispose]();
    for (const pid of pids) assert.ok(!await isAlive(pid), "it ended with its node");
  }
});

Deno.test("every host waiting for a helper gets its turn, however much others send", async () => {
  const helpers = helpersForOne();
  try {
    const served: string[] = [];
    const use = async (from: string): Promise<void> => {
      const lease = await helpers.lease(1, from);
      served.push(from);
      await lease.ask({ op: "forget" });
      lease.release();
    };
    await Promise.all(["a", "a", "a", "a", "b", "a", "c"].map(use));
    assert.deepEqual(served.slice(0, 4), ["a", "a", "b", "c"]);
    assert.equal(served.length, 7);
  } finally {
    await helpers.close();
  }
});

Deno.test("messages beyond the queue are Overloaded at once; so are those that wait too long", async () => {
  const helpers = helpersForOne({ helperQueueBytesMax: 300, helperWaitMs: 200 });
  try {
    const taken = await helpers.lease(1, "a");
    const waiting = [200, 100].map((bytes) => helpers.lease(bytes, "a"));
    const late = Promise.allSettled(waiting);
    await assert.rejects(helpers.lease(1, "b"), { code: "Overloaded", message: /\b300 bytes\b/ });
    for (const each of await late) {
      assert.match(String(each.status === "rejected" && each.reason), /\bturn\b/);
    }
    // A cancelled message is no longer counted: this one waits, in vain perhaps on a busy machine.
    const next = helpers.lease(300, "b").then(
      (lease) => lease.release(),
      (error) => assert.match(error.message, /\bturn\b/),
    );
    taken.release();
    await next;
  } finally {
    await helpers.close();
  }
});

Deno.test("a signature is checked where the request is read, and refused if wrong", async () => {
  const bounds = { helperBytesMin: 0 };
  const key = await newKey();
  const clients = [{ name: "c1", key: key.publicKey }];
  await using node = await TestNode.start({ bounds, deployment: { ...deployment, clients } });
  const claim = () => ({ to: node.address, time: Date.now(), nonce: crypto.randomUUID() });
  const text = async (signed: string, sent = signed): Promise<string> => {
    const signature = await key.sign(textStatement(signed));
    return JSON.stringify({ header: "RPC-REQ", key: key.publicKey, signature, value: sent });
  };
  const call = { client: "c1", service: "lists", rpc: "size", arguments: [[[1]]] };
  const value = JSON.stringify({ ...call, ...claim() });
  assert.match(await ask(node, await text(value)), /"return-values":\[1\]/);
  assert.match(await ask(node, await text(value)), /"exception-type":"Unauthenticated".*\bused\b/);
  const other = JSON.stringify({ ...call, ...claim() });
  assert.match(
    await ask(node, await text(other, other.replace("[[[1]]]", "[[[2]]]"))),
    /Unauthent/,
  );

  const rpc = { jsonrpc: "2.0", method: "lists.size", params: [[[1], []]], id: 7, client: "c1" };
  const message = JSON.stringify({ ...rpc, ...claim() });
  const signature = await key.sign(jsonRpcStatement(message));
  const signed = { jsonrpc: "2.0", key: key.publicKey, signature, value: message };
  const transport = await node.transport();
  await transport.write(bytesOf(JSON.stringify(signed)));
  await transport.closeWrite();
  const answer = new TextDecoder().decode(await readAll(transport));
  transport.close();
  assert.equal(answer, '{"jsonrpc":"2.0","result":2,"id":7}\n');
});
