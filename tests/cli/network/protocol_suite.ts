/** Calls without farcall: one JSON object over TCP, by hand or from any language. */
import assert from "node:assert/strict";
import type { ServedNode } from "../../_support/commands/cli.ts";
import type { FleetPart } from "../../_support/nodes/fleet.ts";
import { needing } from "../../_support/programs.ts";

const request = '{"header":"RPC-REQ","value":{"client":"c1","service":"math","rpc":"add",' +
  '"arguments":["2","3"],"argument-types":["int","int"],"return-types":["int"]}}';
const response =
  /^{"header":"RPC-RES","value":{"return-values":\["5"\],"script":"[0-9a-f]{64}"}}\n$/;

/** Ten lines of Python, with its standard library only. */
const pythonScript = `import json
import socket
import sys

value = {"client": "c1", "service": "math", "rpc": "add", "arguments": ["2", "3"],
         "argument-types": ["int", "int"], "return-types": ["int"]}
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as node:
    node.sendall(json.dumps({"header": "RPC-REQ", "value": value}).encode())
    answer = json.load(node.makefile())
print(answer["value"]["return-values"][0])
`;

interface Hostile {
  /** The caller's input before it falls silent. */
  readonly sends: string | Uint8Array<ArrayBuffer>;
  /** Its output; empty if the node only closes the connection. */
  readonly hears: RegExp;
  /** The log record. */
  readonly logs: RegExp;
}

const exception = (type: string): RegExp =>
  new RegExp(
    `^\\{"header":"RPC-EX","value":\\{"exception-type":"${type}","exception-message":".*\\n$`,
  );

const malformed = /(call|connection)\.(refused|broke) .*from=127\.0\.0\.1:\d+ .*Malformed Message/;

const hostiles: Record<string, Hostile> = {
  "a browser": {
    sends: "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    hears: /^HTTP\/1.1 404 Not Found\r\n[^]*POST \/SERVICE\/RPC/,
    logs: /call\.refused .*from=127\.0\.0\.1:\d+ .*RPC Not Found/,
  },
  "a page of another site": {
    sends: "POST /math/add HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://evil.example\r\n\r\n",
    hears: /^HTTP\/1.1 403 Forbidden\r\n/,
    logs: /call\.refused .*Unauthenticated/,
  },
  "an HTTP request of two lengths": {
    sends: "POST /math/add HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 6\r\n" +
      "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    hears: /^HTTP\/1.1 400 Bad Request\r\n/,
    logs: malformed,
  },
  "an endless HTTP head": {
    sends: `GET /openapi.json HTTP/1.1\r\nx: ${"x".repeat(1024 * 1024)}`,
    hears: /^HTTP\/1.1 431 /,
    logs: /call\.refused .*Message Too Large/,
  },
  "JSON-RPC that is not JSON": {
    sends: '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]',
    hears: /^\{"jsonrpc":"2.0","error":\{"code":-32700,.*,"id":null\}\n$/,
    logs: malformed,
  },
  "garbage": {
    sends: new Uint8Array(8192).map((_, index) => index * 41 + 1),
    hears: exception("Malformed Message"),
    logs: malformed,
  },
  "JSON that is no request": {
    sends: '{"hello": "world"}',
    hears: exception("Malformed Message"),
    logs: malformed,
  },
  "a request that is cut off": {
    sends: request.slice(0, -20),
    hears: exception("Malformed Message"),
    logs: /call\.refused .*Malformed Message.*\bbrackets\b/,
  },
  "an oversized request": {
    sends: `{"header":"RPC-REQ","value":{"service":"${"x".repeat(17 * 1024 * 1024)}`,
    hears: exception("Message Too Large"),
    logs: /call\.refused .*Message Too Large/,
  },
  "JSON that is nested too deeply": {
    sends: `{"value":${"[".repeat(200)}`,
    hears: exception("Malformed Message"),
    logs: malformed,
  },
  "a frame of another protocol": {
    sends: new Uint8Array([0xfc, 1, 2, 3, 4, 5, 6, 7, 8]),
    hears: /^/,
    logs: malformed,
  },
  "nobody": { sends: "", hears: /^$/, logs: /connection\.accepted/ },
};

/** Calls without farcall; needs only s1, and stops it at the end. */
export const withoutFarcall: FleetPart = {
  name: "a node is called without farcall",
  async run(t, fleet) {
    await fleet.succeed(["init", "--only", "s1"]);
    const { s1 } = fleet;

    await t.step({
      ...needing("nc", "nc and printf"),
      fn: async () => {
        const line = `printf '${request}' | nc 127.0.0.1 ${s1.port}`;
        assert.match(await output("/bin/sh", "-c", line), response);
      },
    });

    await t.step({
      ...needing("python3", "ten lines of Python"),
      fn: async () => {
        assert.equal(pythonScript.trimEnd().split("\n").length, 10);
        assert.equal(await output("python3", "-c", pythonScript, `${s1.port}`), "5\n");
      },
    });

    await t.step("every original exception has its exact name", async () => {
      const ask = (value: Record<string, unknown>): Promise<string> =>
        exchange(s1, JSON.stringify({ header: "RPC-REQ", value: { client: "c1", ...value } }));
      const add = { service: "math", rpc: "add", arguments: ["2", "3"] };
      assert.match(await ask(add), response);
      const mean = { service: "math", rpc: "mean", arguments: ["[]"] };
      assert.match(await ask(mean), exception("Execution Exception"));
      assert.match(await ask({ ...add, arguments: ["2"] }), exception("Invalid Arguments"));
      assert.match(await ask({ ...add, service: "mth" }), exception("Service Not Found"));
      assert.match(await ask({ ...add, rpc: "ad" }), exception("RPC Not Found"));
      assert.match(await ask({ ...add, client: "c9" }), exception("Client Not Registered"));
    });

    for (const [who, { sends, hears, logs }] of Object.entries(hostiles)) {
      await t.step(
        `${who} gets an exception or is cut off, and the node keeps running`,
        async () => {
          const { stderr } = s1.process;
          const start = stderr.text.length;
          assert.match(await exchange(s1, sends), hears);
          await stderr.until(logs, start);
          assert.match(await exchange(s1, request), response);
        },
      );
    }

    await t.step("and the node still stops as it should", async () => {
      assert.equal((await s1.stop()).code, 0);
    });
  },
};

/** Sends, closes its direction, and reads until the node closes, too. */
async function exchange(
  node: ServedNode,
  message: string | Uint8Array<ArrayBuffer>,
): Promise<string> {
  using conn = await Deno.connect({ hostname: node.host, port: node.port });
  const bytes = typeof message === "string" ? new TextEncoder().encode(message) : message;
  const sending = send(conn, bytes);
  const heard: Uint8Array<ArrayBuffer>[] = [];
  const buffer = new Uint8Array(64 * 1024);
  try {
    for (let count; (count = await conn.read(buffer)) !== null;) heard.push(buffer.slice(0, count));
  } catch (error) {
    // The node may cut off a peer that keeps sending.
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  await sending;
  return await new Blob(heard).text();
}

async function send(conn: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  try {
    for (let offset = 0; offset < bytes.length;) {
      offset += await conn.write(bytes.subarray(offset));
    }
    await conn.closeWrite();
  } catch {
    // It was cut off; its output so far counts.
  }
}

async function output(command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
