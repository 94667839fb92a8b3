/** Individually signed requests in JSON-RPC, from outside. */
import assert from "node:assert/strict";
import { limits } from "../../../lib/limits/mod.ts";
import { textStatement } from "../../../lib/identity/mod.ts";
import { readAll } from "../../transport/transport_suite.ts";
import { bytesOf, newKey, TestNode } from "../../_support/nodes/node.ts";
import { add, ask, deploymentFor, signedJsonRpc, started } from "./_signed_requests.ts";
import { failure, mentions } from "../../_support/mentions.ts";

Deno.test("a signed JSON-RPC request is accepted once, by this node, in time", async (t) => {
  const { key, other } = started;
  await using node = await TestNode.start({ deployment: deploymentFor(key, other) });
  const post = (body: string): string =>
    `POST /rpc HTTP/1.1\r\nhost: ${node.address}\r\nconnection: close\r\n` +
    `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  /** The replies to messages on one connection. */
  const answers = async (...messages: readonly string[]): Promise<Record<string, unknown>[]> => {
    const transport = await node.transport();
    try {
      await transport.write(bytesOf(messages.join("\n")));
      await transport.closeWrite();
      const text = new TextDecoder().decode(await readAll(transport));
      return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
    } finally {
      transport.close();
    }
  };
  const refusal = async (message: string): Promise<string> => {
    const [{ error, id }] = await answers(message);
    assert.equal(id, 1);
    return (error as { message: string }).message;
  };
  const result = { jsonrpc: "2.0", result: 5, id: 1 };
  await t.step("it is served, by the client's name or by the key alone", async () => {
    assert.deepEqual(await answers(await signedJsonRpc(node, key)), [result]);
    const unnamed = await signedJsonRpc(node, key, { client: undefined });
    assert.deepEqual(await answers(unnamed), [result]);
    assert.match(await ask(node, post(await signedJsonRpc(node, key))), /"result":5,"id":1/);
  });
  await t.step("each request is signed separately, in a batch and on one connection", async () => {
    const plain = '{"jsonrpc":"2.0","method":"math.add","params":[2,3],"id":2,"client":"c1"}';
    const signed = async () => await signedJsonRpc(node, key);
    const [batch] = await answers(`[${await signed()},${plain},${await signed()}]`);
    const [first, second, third] = batch as unknown as { result: number; error: unknown }[];
    assert.deepEqual([first, third], [result, result]);
    assert.match(JSON.stringify(second.error), /"code":-32004,.*\bkey\b/);
    const came = await answers(await signed(), plain, await signed());
    const found = came.map(({ id, error }) => `${id}${error === undefined ? "" : " refused"}`);
    assert.deepEqual(found.sort(), ["1", "1", "2 refused"]);
  });
  await t.step("one without an id is run and not answered, as usual", async () => {
    assert.deepEqual(await answers(await signedJsonRpc(node, key, { id: undefined })), []);
    await node.log.until("call.executed", { via: "json-rpc", client: "c1" }, 7);
  });
  await t.step("with another key, or for another name, it is refused", async () => {
    const wrong = await signedJsonRpc(node, await newKey());
    assert.match(await refusal(wrong), failure("Unauthenticated", '"c1"', "ed25519:", "key"));
    assert.match(await refusal(await signedJsonRpc(node, other)), /^Unauthenticated: client "c1"/);
    const named = await signedJsonRpc(node, key, { client: "c2" });
    assert.match(await refusal(named), failure("Unauthenticated", '"c2"', "ed25519:", "key"));
  });
  await t.step(
    "nor can it be shown again, elsewhere or at another time, or be changed",
    async () => {
      const request = await signedJsonRpc(node, key);
      assert.deepEqual(await answers(request), [result]);
      assert.match(await refusal(request), failure("Unauthenticated", "nonce"));
      const elsewhere = await signedJsonRpc(node, key, { to: "10.0.0.9:8181" });
      assert.match(
        await refusal(elsewhere),
        failure("Unauthenticated", "10.0", "proof"),
      );
      const late = await signedJsonRpc(node, key, { time: Date.now() - 90_000 });
      assert.match(
        await refusal(late),
        failure("Unauthenticated", /\bsigned\b.* \d{4}-\d\d-\d\dT/),
      );
      const changed = (await signedJsonRpc(node, key)).replace("[2,3]", "[2,4]");
      assert.match(await refusal(changed), failure("Unauthenticated", "signature", "key"));
      const asText = await signedJsonRpc(node, key, {}, textStatement);
      assert.match(await refusal(asText), failure("Unauthenticated", "signature", "key"));
    },
  );
  await t.step("malformed input says what is wrong", async () => {
    const { value, ...rest } = JSON.parse(await signedJsonRpc(node, key));
    const cases: [request: object, says: RegExp][] = [
      [{ ...rest }, failure("Malformed Message", '"value"', "missing")],
      [{ ...rest, value: "[" }, failure("Malformed Message", '"value"', "JSON")],
      [
        { ...rest, value: "[".repeat(500) },
        failure("Malformed Message", '"value"', "JSON", "128"),
      ],
      [{ ...rest, value: "{}" }, failure("Malformed Message", '"jsonrpc"', '"2.0"', "missing")],
      [{ ...rest, value, key: undefined }, failure("Malformed Message", '"key"', /public.key/)],
      [{ ...rest, value, signature: 1 }, failure("Malformed Message", '"signature"')],
    ];
    for (const [request, says] of cases) {
      const [{ error }] = await answers(JSON.stringify(request));
      assert.match((error as { message: string }).message, says);
    }
    const short = await signedJsonRpc(node, key, { nonce: "1" });
    assert.match(await refusal(short), mentions('"nonce"', "16", "64 characters"));
  });
});

Deno.test("a caller that proved its key in JSON-RPC, from anywhere, may send more afterwards", async () => {
  const { key } = started;
  const size = { args: ["str"], returns: ["int"], source: "export const size = (s) => s.length;" };
  const clients = [{ name: "c1", key: key.publicKey }];
  const deployment = { clients, services: { math: { rpcs: { add, size } } } };
  await using node = await TestNode.start({ inMemory: true, deployment });
  const large = "x".repeat(2 * limits.strangerMessageBytesMax);
  const answer = async (first: string, second: string): Promise<string> => {
    const transport = await node.transport("203.0.113.7");
    await transport.write(bytesOf(first + second));
    await transport.closeWrite();
    const heard = new TextDecoder().decode(await readAll(transport));
    transport.close();
    return heard;
  };
  const second = await signedJsonRpc(node, key, {
    method: "math.size",
    params: [large],
    id: 2,
  });
  const first = await signedJsonRpc(node, key);
  assert.match(await answer(first, second), new RegExp(`"result":${large.length},"id":2`));
  const stranger = await signedJsonRpc(node, await newKey());
  assert.match(await answer(stranger, second), mentions("32768 bytes"));
});
