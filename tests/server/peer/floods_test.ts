/** Connections that send without a pause. Other callers are served. */
import assert from "node:assert/strict";
import { encodeJson } from "../../../lib/encoding/mod.ts";
import { FrameKind, preface } from "../../../lib/protocol/mod.ts";
import { generateCertificate } from "../../../lib/identity/certificate.ts";
import { frame } from "../../_support/frames.ts";
import { bytesOf, temporaryFolder } from "../../_support/nodes/node.ts";
import { NodeProcess } from "../../_support/nodes/node_process.ts";

const add = { args: ["int", "int"], returns: ["int"] };

function many(count: number, make: (index: number) => Uint8Array): Uint8Array {
  return Uint8Array.from(Array.from({ length: count }, (_, index) => [...make(index)]).flat());
}

const hello = Uint8Array.of(
  ...preface,
  ...frame(FrameKind.hello, {
    body: encodeJson({ version: 1, software: "x", messageBytesMax: 1 << 20 }),
  }),
);
const route = encodeJson({ service: "math", rpc: "none", argumentTypes: [], returnTypes: [] });

const floods: Readonly<Record<string, { first: Uint8Array; again: Uint8Array }>> = {
  "pongs": { first: hello, again: many(10_000, () => frame(FrameKind.pong)) },
  "routes": {
    first: hello,
    again: many(500, () => frame(FrameKind.route, { route: 1, body: route })),
  },
  "refused calls": {
    first: Uint8Array.of(...hello, ...frame(FrameKind.route, { route: 1, body: route })),
    again: many(
      5000,
      (index) => frame(FrameKind.call, { call: index + 1, route: 1, body: new Uint8Array(4) }),
    ),
  },
  "refused notifications": {
    first: new Uint8Array(0),
    again: bytesOf('{"jsonrpc":"2.0","method":"a.b"}\n'.repeat(3000)),
  },
  "HTTP chunks of one byte": {
    first: bytesOf(
      "POST /math/add HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" +
        "transfer-encoding: chunked\r\n\r\n",
    ),
    again: bytesOf("1\r\n \r\n".repeat(20_000)),
  },
  "HTTP requests": {
    first: new Uint8Array(0),
    again: bytesOf("GET /none HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(2000)),
  },
};

type Connect = () => Promise<Deno.Conn>;

/** Sends the same bytes without a pause, reconnecting when the node closes, until it is stopped. */
class Flood {
  #isStopped = false;
  #conn: Deno.Conn | undefined;
  readonly #ended: Promise<void>;
  /** Resolves when the node stops reading at full speed. */
  readonly begun = Promise.withResolvers<void>();

  constructor(connect: Connect, { first, again }: { first: Uint8Array; again: Uint8Array }) {
    this.#ended = this.#flood(connect, first, again);
  }

  async #flood(connect: Connect, first: Uint8Array, again: Uint8Array): Promise<void> {
    while (!this.#isStopped) {
      try {
        using conn = await connect();
        this.#conn = conn;
        const reading = drain(conn);
        await conn.write(first);
        while (!this.#isStopped) {
          for (let offset = 0; offset < again.length;) {
            offset += await conn.write(again.subarray(offset));
          }
          this.begun.resolve();
        }
        await reading;
      } catch {
        this.begun.resolve();
      }
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    try {
      this.#conn?.close();
    } catch {
      // Already closed.
    }
    await this.#ended;
  }
}

async function drain(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  try {
    while (await conn.read(buffer) !== null);
  } catch {
    // Already closed.
  }
}

Deno.test("callers that send without pause, one or 21, do not starve others", async (t) => {
  await using folder = await temporaryFolder();
  await using node = await NodeProcess.start(folder.path);
  await using client = await node.connection();
  await client.deploy({
    clients: [{ name: "c1", ip: "127.0.0.1" }],
    services: {
      math: { rpcs: { add: { ...add, source: "export const add = (a, b) => a + b;" } } },
    },
  });
  const plain = () => Deno.connect({ hostname: "127.0.0.1", port: node.port });
  for (const [name, flood] of Object.entries(floods)) {
    for (const count of [1, 20]) {
      await t.step(`${name}, ${count} at once`, async () => {
        const running = Array.from({ length: count }, () => new Flood(plain, flood));
        try {
          await running[0].begun.promise;
          // Each call takes some turns of the loop: a node that yields none would answer only after the flood, which
          // never ends.
          for (let index = 0; index < 4; index++) {
            assert.equal(await client.call("math.add", [index, 1], add), index + 1);
            await using fresh = await node.connection();
            assert.equal(await fresh.call("math.add", [index, 2], add), index + 2);
          }
        } finally {
          await Promise.all(running.map((each) => each.stop()));
        }
      });
    }
  }
});

Deno.test("a caller that sends without pause over TLS does not starve others", async (t) => {
  await using folder = await temporaryFolder();
  const nowMs = Date.now();
  const { certificate, key } = await generateCertificate({
    hosts: ["127.0.0.1"],
    fromMs: nowMs - 3_600_000,
    toMs: nowMs + 3_600_000,
  });
  const files = [`${folder.path}/node.crt`, `${folder.path}/node.key`];
  await Deno.writeTextFile(files[0], certificate);
  await Deno.writeTextFile(files[1], key, { mode: 0o600 });
  await using node = await NodeProcess.start(`${folder.path}/root`, undefined, files);
  const address = { hostname: "127.0.0.1", port: node.port, caCerts: [certificate] };
  const secure = () => Deno.connectTls(address);
  const request = bytesOf('{"header":"RPC-REQ","value":{"service":"m","rpc":"r","arguments":[]}}');
  for (const name of ["pongs", "HTTP chunks of one byte", "refused notifications"]) {
    await t.step(name, async () => {
      const running = Array.from({ length: 5 }, () => new Flood(secure, floods[name]));
      try {
        await running[0].begun.promise;
        for (let index = 0; index < 4; index++) {
          using conn = await secure();
          await conn.write(request);
          const answer = await new Response(conn.readable).text();
          assert.match(answer, /"RPC-EX"/);
        }
      } finally {
        await Promise.all(running.map((each) => each.stop()));
      }
    });
  }
});
