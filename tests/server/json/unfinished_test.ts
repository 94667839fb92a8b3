/** Requests that are never complete: what a caller who made a mistake in them is told, at the end and at the deadline. */
import assert from "node:assert/strict";
import { bytesOf, type TestDeployment, TestNode } from "../../_support/nodes/node.ts";
import { mentions } from "../../_support/mentions.ts";

const who = { returns: ["str"], source: "export const who = () => 'w';" };
const deployment: TestDeployment = { services: { open: { rpcs: { who } } } };

const text = '{"header":"RPC-REQ","value":{"client":"c1","service":"open","rpc":"who';
const jsonRpc = '{"jsonrpc":"2.0","client":"c1","method":"open.who';
// Refused without an executor, which might not start within the deadline.
const whole = '{"jsonrpc":"2.0","client":"c1","method":"open.nobody","params":[],"id":1}\n';

/** The requests, and what they lack. */
const unfinished: Readonly<Record<string, [sent: string, ...facts: string[]]>> = {
  "text, inside a string": [text, "Malformed Message", "a quote and 2 brackets"],
  "text, outside of strings": [`${text}"\n`, "Malformed Message", "2 brackets"],
  "JSON-RPC, inside a string": [jsonRpc, "-32700", "a quote and a bracket"],
  "a batch of JSON-RPC": [`[${jsonRpc}"`, "-32700", "2 brackets"],
  "JSON-RPC, the second message": [whole + jsonRpc, '"id":1', "-32700", "a quote and a bracket"],
};

/** All that a node says until it closes. */
async function heard(node: TestNode, sent: string, isEnded: boolean): Promise<string> {
  const transport = await node.transport();
  const decoder = new TextDecoder();
  let all = "";
  try {
    await transport.write(bytesOf(sent));
    if (isEnded) await transport.closeWrite();
    const buffer = new Uint8Array(64 * 1024);
    for (;;) {
      const count = await transport.read(buffer);
      if (count === null) return all;
      all += decoder.decode(buffer.subarray(0, count), { stream: true });
    }
  } finally {
    transport.close();
  }
}

Deno.test("who ends inside a request is told at once what it lacks", async (t) => {
  const bounds = { textRequestTimeoutMs: 60_000 };
  await using node = await TestNode.start({ bounds, deployment });
  for (const [name, [sent, ...facts]] of Object.entries(unfinished)) {
    await t.step(name, async () => {
      assert.match(await heard(node, sent, true), mentions(...facts));
    });
  }
  assert.deepEqual(node.log.all("connection.timed-out"), []);
});

Deno.test("who stops inside a request is told at the deadline what it lacks, and closed", async (t) => {
  const bounds = { textRequestTimeoutMs: 50 };
  await using node = await TestNode.start({ bounds, deployment });
  for (const [name, [sent, ...facts]] of Object.entries(unfinished)) {
    await t.step(name, async () => {
      assert.match(await heard(node, sent, false), mentions("50 ms", ...facts));
    });
  }
  assert.equal(node.log.all("connection.timed-out").length, Object.keys(unfinished).length);
});
