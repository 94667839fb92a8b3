/** What a web page can send to a node on the browser's machine, all of it without effect. */
import assert from "node:assert/strict";
import { preface } from "../../../lib/protocol/mod.ts";
import { goldenDeployment } from "../../_golden_node.ts";
import { bytesOf, type TestConnection, TestNode } from "../../_support/nodes/node.ts";
import { readAll } from "../../transport/transport_suite.ts";

const text = '{"header":"RPC-REQ","value":{"client":"c1","service":"math","rpc":"add",' +
  '"arguments":["2","3"],"argument-types":["int","int"],"return-types":["int"]}}';

/** A request as a browser sends it, with a body. */
function request(line: string, fields: Readonly<Record<string, string>>, body = ""): Uint8Array {
  const all = { host: "127.0.0.1:8181", "content-length": `${body.length}`, ...fields };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return bytesOf(`${line} HTTP/1.1\r\n${head}\r\n${body}`);
}

async function answerTo(node: TestNode, bytes: Uint8Array): Promise<string> {
  const transport = await node.transport();
  try {
    await transport.write(bytes);
    await transport.closeWrite();
    return new TextDecoder().decode(await readAll(transport));
  } finally {
    transport.close();
  }
}

const json = { "content-type": "application/json" };
const page = { origin: "http://evil.example", "sec-fetch-site": "cross-site" };
const form = { ...page, "content-type": "application/x-www-form-urlencoded" };

const attempts: Record<string, { says: Uint8Array; status: number }> = {
  "fetch() with JSON, without having asked": {
    says: request("POST /math/add", { ...page, ...json }, "[2, 3]"),
    status: 403,
  },
  "fetch() with JSON, asking first": {
    says: request("OPTIONS /math/add", { ...page, "access-control-request-method": "POST" }),
    status: 403,
  },
  "fetch() without CORS, which cannot say that it is JSON": {
    says: request("POST /math/add", { ...page, "content-type": "text/plain" }, "[2, 3]"),
    status: 403,
  },
  "a form of a browser that sends no origin": {
    says: request("POST /math/add", { "content-type": "text/plain" }, "[2, 3]"),
    status: 415,
  },
  "a form whose body is a request of the text framing": {
    says: request("POST /", form, text),
    status: 403,
  },
  "the same without an origin, behind a line break": {
    says: request("POST /rpc", { "content-type": "text/plain" }, `\r\n${text}\r\n`),
    status: 415,
  },
  "JSON-RPC from a page": {
    says: request(
      "POST /rpc",
      { ...page, ...json },
      '{"jsonrpc":"2.0","method":"math.add","params":[2,3],"id":1}',
    ),
    status: 403,
  },
  "a sandboxed frame, or a file": {
    says: request("POST /math/add", { ...json, origin: "null" }, "[2, 3]"),
    status: 403,
  },
  "a page of another port of this machine": {
    says: request("POST /math/add", { ...json, origin: "http://127.0.0.1:3000" }, "[2, 3]"),
    status: 403,
  },
  "a page whose name was made to point here (DNS rebinding)": {
    says: request(
      "POST /math/add",
      { ...json, host: "evil.example:8181", origin: "http://evil.example:8181" },
      "[2, 3]",
    ),
    status: 421,
  },
  "the same, with a name that begins as an address of this machine does": {
    says: request("POST /math/add", { ...json, host: "127.0.0.1.evil.example" }, "[2, 3]"),
    status: 421,
  },
  "the same, for what may be called": {
    says: request("GET /openapi.json", { host: "evil.example" }),
    status: 421,
  },
  "what may be called, from a foreign page": {
    says: request("GET /openapi.json", page),
    status: 403,
  },
  "a WebSocket": {
    says: request("GET /math/add", {
      ...page,
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }),
    status: 403,
  },
};

Deno.test("a page in a browser on this machine cannot call, whatever it sends", async (t) => {
  await using node = await TestNode.start({ deployment: goldenDeployment });
  for (const [name, { says, status }] of Object.entries(attempts)) {
    await t.step(name, async () => {
      const answer = await answerTo(node, says);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.equal(answer.split("HTTP/1.1 ").length, 2, "the body was taken for no other request");
      assert.doesNotMatch(answer, /access-control-allow-origin/);
    });
  }
  assert.deepEqual(node.log.all("call.executed"), []);
});

Deno.test("non-HTTP bytes that a page can make a browser send have no effect", async () => {
  await using node = await TestNode.start({ deployment: goldenDeployment });
  // A TLS handshake (https://127.0.0.1:8181), and STUN over TCP (a TURN server in RTCPeerConnection).
  for (const first of [[0x16, 0x03, 0x01], [0x00, 0x03, 0x00, 0x08, 0x21, 0x12, 0xa4, 0x42]]) {
    const answer = await answerTo(node, Uint8Array.of(...first, ...bytesOf(text)));
    assert.match(answer, /"Malformed Message"/);
  }
  assert.deepEqual(node.log.all("call.executed"), []);
});

Deno.test("nothing can be deployed over HTTP", async () => {
  await using node = await TestNode.start({ deployment: goldenDeployment });
  const operations = [
    "observe",
    "put",
    "begin",
    "stage",
    "commit",
    "abort",
    "history",
    "check",
    "status",
  ];
  for (const operation of operations) {
    const rpc = `{"jsonrpc":"2.0","method":"${operation}","params":[],"id":1}`;
    assert.match(await answerTo(node, request("POST /rpc", json, rpc)), /"error"/);
    const named = `{"jsonrpc":"2.0","op":"${operation}","method":"farcall.${operation}","id":1}`;
    assert.match(await answerTo(node, request("POST /rpc", json, named)), /"error"/);
    assert.match(
      await answerTo(node, request(`POST /${operation}`, json, "[]")),
      /^HTTP\/1.1 404 /,
    );
    const farcall = await answerTo(node, request(`POST /farcall/${operation}`, json, "[]"));
    assert.match(farcall, /^HTTP\/1.1 404 /);
  }
  // A connection keeps its first framing.
  const call = request("POST /math/add", json, "[2, 3]");
  const answer = await answerTo(node, Uint8Array.of(...call, ...preface, ...bytesOf(text)));
  assert.match(answer, /^HTTP\/1\.1 200 [^]*\n5\nHTTP\/1\.1 400 /);
  assert.equal(node.node.generation, 1);
});

Deno.test("only pages of allowed origins may call", async () => {
  await using node = await TestNode.start({
    deployment: goldenDeployment,
    allowedOrigins: ["https://app.example.com"],
  });
  const from = (origin: string): Promise<string> =>
    answerTo(node, request("POST /math/add", { ...json, origin }, "[2, 3]"));
  assert.match(
    await from("https://app.example.com"),
    /^HTTP\/1\.1 200 [^]*\r\naccess-control-allow-origin: https:\/\/app\.example\.com\r\n[^]*\n5\n$/,
  );
  for (
    const origin of ["http://app.example.com", "https://app.example.com:8443", "https://x.com"]
  ) {
    assert.match(await from(origin), /^HTTP\/1\.1 403 /);
  }
  await using connection: TestConnection = await node.connection();
  assert.equal(
    await connection.call("math.add", [2, 3], { args: ["int", "int"], returns: ["int"] }),
    5,
  );
});
