/** Balancers and proxies in front of nodes: they use other names, speak HTTP/1.0, and keep connections open. */
import assert from "node:assert/strict";
import { limits } from "../../../lib/limits/mod.ts";
import { nodeBounds, parseLimitRule } from "../../../lib/server/operator.ts";
import { rpc, serve } from "../../../mod.ts";
import { goldenDeployment } from "../../_golden_node.ts";
import { bytesOf, TestNode } from "../../_support/nodes/node.ts";
import { readAll } from "../../transport/transport_suite.ts";
import { mentions } from "../../_support/mentions.ts";

function request(host: string, target = "/math/add"): string {
  return `POST ${target} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n` +
    "content-length: 6\r\nconnection: close\r\n\r\n[2, 3]";
}

async function answerOf(node: TestNode, text: string): Promise<string> {
  const transport = await node.transport();
  try {
    await transport.write(bytesOf(text));
    return new TextDecoder().decode(await readAll(transport));
  } finally {
    transport.close();
  }
}

Deno.test("a node accepts the names that its operator gives it, and no others", async () => {
  await using node = await TestNode.start({
    inMemory: true,
    deployment: goldenDeployment,
    hostNames: ["api.example.com", "2001:db8::5"],
    advertised: ["203.0.113.5:8181", "[2001:db8::7]:8181"],
  });
  const hosts = [
    "api.example.com",
    "API.example.com:443",
    "api.example.com.:443",
    "[2001:db8:0::5]",
    "203.0.113.5:8181",
    "[::ffff:127.0.0.1]",
    "[::ffff:cb00:7105]:",
  ];
  for (const host of [...hosts, "[2001:db8::7]:8181", "203.0.113.5"]) {
    assert.match(await answerOf(node, request(host)), /^HTTP\/1.1 200 /, host);
    const absolute = request("anything.example", `http://${host}/math/add`);
    assert.match(await answerOf(node, absolute), /^HTTP\/1.1 200 /, host);
  }
  for (
    const host of ["example.com", "api.example.com.evil.example", "xapi.example.com", "203.0.113.6"]
  ) {
    const absolute = request("api.example.com", `http://${host}/math/add`);
    const withoutHost = absolute.replace(/ HTTP\/1.1\r\nhost: .*/, " HTTP/1.0");
    for (const text of [request(host), absolute, withoutHost]) {
      const answer = await answerOf(node, text);
      assert.match(answer, /^HTTP\/1.1 421 /, host);
      assert.ok(answer.includes(`start it with --host ${host}`), answer);
    }
  }
});

Deno.test("a program names its node", async () => {
  await using node = await serve({
    port: 0,
    hosts: ["api.example.com"],
    services: { math: { add: rpc(["int", "int"], ["int"], (a, b) => a + b) } },
    log: "silent",
  });
  for (
    const [host, expected] of [["api.example.com", /^HTTP\/1.1 200 /], [
      "b.example",
      /^HTTP\/1.1 421 /,
    ]] as const
  ) {
    const conn = await Deno.connect({ hostname: node.hostname, port: node.port });
    await conn.write(bytesOf(request(host)));
    const answer = await new Response(conn.readable).text();
    assert.match(answer, expected);
    if (host === "b.example") {
      assert.match(answer, mentions('"b.example\\"', "serve()"));
    }
  }
});

Deno.test("an HTTP connection outlives the minute for which balancers keep theirs, or the operator's limit", async () => {
  assert.ok(limits.httpIdleTimeoutMs > 60_000);
  const rules = { limits: [parseLimitRule("http-idle=50ms")], grants: [] };
  assert.equal(nodeBounds(rules).httpIdleTimeoutMs, 50);
  assert.equal(nodeBounds({ limits: [], grants: [] }).httpIdleTimeoutMs, limits.httpIdleTimeoutMs);
  const bounds = { sweepEveryMs: 10 };
  const options = {
    bounds,
    inMemory: true,
    deployment: goldenDeployment,
    limits: ["http-idle=50ms"],
  } as const;
  await using node = await TestNode.start(options);
  const transport = await node.transport();
  await transport.write(bytesOf(request("s1").replace("connection: close\r\n", "")));
  // It closes silently, because there was no request.
  const answer = new TextDecoder().decode(await readAll(transport));
  assert.match(answer, /^HTTP\/1.1 200 [^]*\r\n\r\n5\n$/);
  transport.close();
});
