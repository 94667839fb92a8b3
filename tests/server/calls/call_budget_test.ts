/** A client's rate limit, and its bound on calls in flight. */
import assert from "node:assert/strict";
import type { FarcallError } from "../../../lib/errors/mod.ts";
import { TokenBucket } from "../../../lib/server/calls/_client_rate.ts";
import { formatRate, parseRate } from "../../../lib/manifest/call_rate.ts";
import { bytesOf, type TestDeployment, TestNode, until } from "../../_support/nodes/node.ts";
import { readAll } from "../../transport/transport_suite.ts";
import { mentions } from "../../_support/mentions.ts";

const hour = 3_600_000;
const deployment: TestDeployment = {
  clients: [
    { name: "slow", ip: "127.0.0.1", rate: { calls: 1, periodMs: hour, burst: 2 } },
    { name: "free", ip: "127.0.0.1" },
    { name: "other", ip: "127.0.0.1" },
  ],
  services: {
    any: {
      tenants: ["slow", "free", "other"],
      rpcs: {
        one: { returns: ["int"], source: "export const one = () => 1;\n" },
        size: {
          args: ["bytes"],
          returns: ["int"],
          source: "export const size = (bytes) => bytes.length;\n",
        },
        hold: {
          args: ["bytes"],
          source: "export const hold = () => new Promise((done) => setTimeout(done, 60_000));\n",
        },
      },
    },
  },
};

const refused = mentions('"slow"', "1/h", "burst 2", /\b\d{7} ms/);

Deno.test("a bucket allows its burst at once, and then its rate", () => {
  const bucket = new TokenBucket({ calls: 10, periodMs: 1000, burst: 3 });
  assert.deepEqual([0, 0, 0, 0].map((nowMs) => bucket.take(nowMs)), [0, 0, 0, 100]);
  assert.equal(bucket.take(60), 40);
  assert.equal(bucket.take(100), 0);
  assert.equal(bucket.take(100), 100);
  // However long it is idle, it holds its burst and no more.
  assert.deepEqual([hour, hour, hour, hour].map((nowMs) => bucket.take(nowMs)), [0, 0, 0, 100]);
  // A clock that seems to go back adds nothing.
  assert.equal(bucket.take(hour - 1000), 100);
  const rare = new TokenBucket({ calls: 5, periodMs: hour, burst: 1 });
  assert.deepEqual([0, 0].map((nowMs) => rare.take(nowMs)), [0, hour / 5]);
});

Deno.test("a rate is formatted as it is parsed", () => {
  for (const text of ["100/s", "30/m", "1/h"]) {
    const rate = parseRate(text)!;
    assert.equal(formatRate({ ...rate, burst: rate.calls }), text);
    assert.equal(formatRate({ ...rate, burst: 7 }), `${text}, burst 7`);
  }
  for (
    const text of [
      "",
      "100",
      "/s",
      "0/s",
      "1.5/s",
      "-1/s",
      "100/d",
      "100/s/s",
      "1e3/s",
      "99999999/s",
    ]
  ) {
    assert.equal(parseRate(text), undefined, text);
  }
});

Deno.test("a client beyond its rate learns when to retry, in every framing", async () => {
  for (const framing of ["frames", "text", "JSON-RPC", "HTTP"]) {
    await using node = await TestNode.start({ deployment });
    const say = async (text: string): Promise<string> => {
      const transport = await node.transport();
      await transport.write(bytesOf(text));
      await transport.closeWrite();
      const answer = new TextDecoder().decode(await readAll(transport));
      transport.close();
      return answer;
    };
    const call = async (client: string): Promise<string> => {
      const value = { client, service: "any", rpc: "one", arguments: [] };
      if (framing === "text") return await say(JSON.stringify({ header: "RPC-REQ", value }));
      if (framing === "JSON-RPC") {
        return await say(`{"jsonrpc":"2.0","method":"any.one","id":7,"client":"${client}"}`);
      }
      if (framing === "HTTP") {
        return await say(
          "POST /any/one HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" +
            `content-length: 2\r\nfarcall-client: ${client}\r\n\r\n[]`,
        );
      }
      await using connection = await node.connection(client);
      return await connection.call("any.one", [], { returns: ["int"] }).then(
        (value) => `"${value}"`,
        ({ code, message }: FarcallError) => `${code}: ${message}`,
      );
    };
    for (let index = 0; index < 2; index++) assert.match(await call("slow"), /["\n:]1\b/);
    const refusal = (await call("slow")).replaceAll('\\"', '"');
    assert.match(refusal, refused);
    assert.match(
      refusal,
      framing === "HTTP" ? /^HTTP\/1\.1 503 [^]*\r\nretry-after: 1/ : /Overloaded/,
    );
    for (let index = 0; index < 5; index++) assert.match(await call("free"), /["\n:]1\b/);
  }
});

Deno.test("a client's calls in flight are bounded, per connection and in all", async () => {
  const bounds = { clientBytesMax: 10_000_000 };
  await using node = await TestNode.start({
    bounds,
    deployment,
    limits: ["node-memory=20000000B"],
  });
  const bytes = { args: ["bytes"] };
  const size = { ...bytes, returns: ["int"] };
  await using slow = await node.connection("slow");
  await using free = await node.connection("free");
  const held = new AbortController();
  const holding = free.call("any.hold", [new Uint8Array(9_000_000)], {
    ...bytes,
    signal: held.signal,
  });
  // The node reads a connection's frames in order.
  await assert.rejects(free.call("any.size", [new Uint8Array(2_000_000)], size), {
    code: "Overloaded",
    message: mentions('"free"', "10 MiB"),
  });
  assert.equal(await free.call("any.size", [new Uint8Array(500_000)], size), 500_000);
  // A holder of half leaves the other half to others.
  assert.equal(await slow.call("any.size", [new Uint8Array(9_000_000)], size), 9_000_000);
  await using other = await node.connection("other");
  const also = other.call("any.hold", [new Uint8Array(9_000_000)], {
    ...bytes,
    signal: held.signal,
  });
  await until("both are held", () => node.node.memory.bytes > 18_000_000);
  await assert.rejects(slow.call("any.size", [new Uint8Array(3_000_000)], size), {
    code: "Overloaded",
    message: mentions("node", "20 MiB", "--limit node-memory=39MiB"),
  });
  held.abort();
  await assert.rejects(holding, { code: "Cancelled" });
  await assert.rejects(also, { code: "Cancelled" });
  // A call larger than the whole bound is told so.
  await assert.rejects(free.call("any.size", [new Uint8Array(12_000_000)], size), {
    code: "Overloaded",
  });
  assert.equal(await free.call("any.size", [new Uint8Array(9_000_000)], size), 9_000_000);
});
