/** What a node holds in memory for its callers: counted as what it costs, bounded, and let go of. */
import assert from "node:assert/strict";
import { limits } from "../../lib/limits/mod.ts";
import { controlGroupLimit, shareOf } from "../../lib/server/memory/available_memory.ts";
import type { Transport } from "../../lib/transport/mod.ts";
import { compileSignature } from "../../lib/types/mod.ts";
import { encodeJson } from "../../lib/encoding/mod.ts";
import { frameHeaderBytes, FrameKind, preface, writeFrameHeader } from "../../lib/protocol/mod.ts";
import {
  bytesOf,
  changedLimits,
  newKey,
  temporaryFolder,
  type TestDeployment,
  TestNode,
  until,
} from "../_support/node.ts";
import { NodeProcess } from "../_support/node_process.ts";
import { RawCaller, requestFrame } from "../_support/raw_caller.ts";
import { readAll } from "../transport/transport_suite.ts";

const MiB = 1024 ** 2;
const deployment: TestDeployment = {
  clients: [{ name: "c1", ip: "127.0.0.1" }, { name: "c2", ip: "127.0.0.1" }],
  services: {
    data: {
      tenants: ["c1", "c2"],
      rpcs: {
        make: {
          args: ["int"],
          returns: ["bytes"],
          source: "export const make = (length) => new Uint8Array(length);\n",
        },
        size: {
          args: ["List[int]"],
          returns: ["int"],
          source: "export const size = (list) => list.length;\n",
        },
        wait: {
          args: ["str"],
          source: "export const wait = () => new Promise((done) => setTimeout(done, 60_000));\n",
        },
      },
    },
  },
};
const make = { service: "data", rpc: "make", argumentTypes: ["int"], returnTypes: ["bytes"] };

function frame(kind: number, { route = 0, call = 0 }, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(frameHeaderBytes + body.length);
  writeFrameHeader(bytes, 0, { bodyBytes: body.length, kind, route, call });
  bytes.set(body, frameHeaderBytes);
  return bytes;
}

function route(number: number, of: object): Uint8Array {
  return frame(FrameKind.route, { route: number }, encodeJson({ ...make, ...of }));
}

function call(number: number, payload: Uint8Array): Uint8Array {
  return frame(FrameKind.call, { call: number }, Uint8Array.of(0, 0, 0, 0, ...payload));
}

function hello(client: string): Uint8Array {
  const said = { version: 1, software: "x", messageBytesMax: 1 << 25, client };
  return Uint8Array.of(...preface, ...frame(FrameKind.hello, {}, encodeJson(said)));
}

/** Writes until the other side has ended the connection. */
async function sendAll(transport: Transport, parts: Iterable<Uint8Array>): Promise<void> {
  try {
    for (const part of parts) await transport.write(part);
  } catch {
    // It has.
  }
}

/** What a stranger has a node keep, and how. */
const strangersLoads: Record<string, () => Iterable<Uint8Array>> = {
  *"routes of many empty types"() {
    for (let number = 0; number < 100; number++) {
      yield route(number, { argumentTypes: Array(10_000).fill("") });
    }
  },
  *"many small routes"() {
    for (let number = 0; number < 4096; number++) yield route(number, {});
  },
  *"routes of one long name"() {
    for (let number = 0; number < 100; number++) {
      yield route(number, { rpc: `${number}`.padStart(10_000, "é") });
    }
  },
  *"answers that are not read"() {
    yield route(0, { rpc: "x".repeat(5000) });
    for (let number = 1; number < 1000; number++) yield call(number, new Uint8Array(4));
  },
};

for (const [name, load] of Object.entries(strangersLoads)) {
  Deno.test(`who names a client that there is not has a node keep 64 KiB at most: ${name}`, async () => {
    await using node = await TestNode.start({ deployment });
    const { memory } = node.node;
    const stranger = await node.transport();
    let most = 0;
    const watch = setInterval(() => most = Math.max(most, memory.bytes), 1);
    try {
      await sendAll(stranger, [hello("nobody")]);
      await sendAll(stranger, load());
      const said = new TextDecoder().decode(await readAll(stranger));
      assert.match(said, /Overloaded/);
    } finally {
      clearInterval(watch);
      stranger.close();
    }
    // An answer on its way may come on top.
    assert.ok(most <= 2 * limits.strangerBytesMax, `${most} bytes were held`);
    await until("nothing is held", () => memory.bytes === 0);
    await using client = await node.connection("c1");
    const got = await client.call("data.make", [10], { args: ["int"], returns: ["bytes"] });
    assert.equal((got as Uint8Array).length, 10);
  });
}

Deno.test("what comes behind a proof waits outside of the node until that is checked", async () => {
  const key = await newKey();
  await using node = await TestNode.start({
    deployment: { ...deployment, clients: [{ name: "c1", key: key.publicKey }] },
  });
  const transport = await node.transport();
  using caller = new RawCaller(transport);
  await caller.greet(key.publicKey, "c1");
  const proof = requestFrame(1, await caller.proof(key));
  const argument = compileSignature({ args: ["str"], returns: [] }).encodeArguments([
    "x".repeat(4 * MiB),
  ]);
  const wait = route(0, { rpc: "wait", argumentTypes: ["str"], returnTypes: [] });
  const large = frame(
    FrameKind.call,
    { call: 2 },
    new Uint8Array([0, 0, 0, 0, ...argument]),
  );
  await caller.send(proof, wait, large);
  assert.equal((await caller.next()).kind, FrameKind.response);
  await until("the call is held", () => node.node.memory.bytes > 4 * MiB);
});

Deno.test("results that are not read count for their client, and no more are kept than it may have", async () => {
  using _ = changedLimits({ clientBytesMax: 16 * MiB });
  await using node = await TestNode.start({ deployment });
  const { memory } = node.node;
  const lazy = await Promise.all(Array.from({ length: 10 }, () => node.transport()));
  const argument = compileSignature({ args: ["int"], returns: [] }).encodeArguments([MiB]);
  try {
    for (const transport of lazy) {
      await transport.write(hello("c1"));
      await transport.write(route(0, {}));
      for (let number = 1; number <= 20; number++) await transport.write(call(number, argument));
    }
    await node.log.until("call.refused", { exception: "Message Too Large" });
    await until("all are answered", () => node.log.records.filter(isExecuted).length === 200);
    assert.ok(memory.bytes > 10 * MiB && memory.bytes < 20 * MiB, `${memory.bytes} bytes are held`);
    // The client hears that it has to read; another one is served.
    await using same = await node.connection("c1");
    const types = { args: ["int"], returns: ["bytes"] };
    await assert.rejects(same.call("data.make", [MiB], types), (error: Error) => {
      assert.match(
        error.message,
        /client "c1" has 1\d MiB .* 16 MiB are allowed, .* read the answers/,
      );
      return true;
    });
    await using other = await node.connection("c2");
    assert.equal((await other.call("data.make", [MiB], types) as Uint8Array).length, MiB);
  } finally {
    for (const transport of lazy) transport.close();
  }
  await until("nothing is held", () => memory.bytes === 0);
});

function isExecuted({ event }: { event: string }): boolean {
  return event === "call.executed";
}

const list = `[${"1,".repeat(400_000)}1]`;
const requests: Record<string, string> = {
  text: JSON.stringify({ header: "RPC-REQ", value: { client: "c1", service: "data", rpc: "size" } })
    .replace("}}", `,"arguments":[${list}]}}`),
  "JSON-RPC": `{"jsonrpc":"2.0","id":1,"client":"c1","method":"data.size","params":[${list}]}`,
  HTTP:
    "POST /data/size HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\n" +
    `farcall-client: c1\r\ncontent-length: ${list.length + 2}\r\n\r\n[${list}]`,
};

for (const [name, request] of Object.entries(requests)) {
  Deno.test(`large requests count for what they cost, in ${name}`, async () => {
    // All of them are sent by this process: whoever is refused may hear it late.
    using _ = changedLimits({ lingerMs: 60_000 });
    await using node = await TestNode.start({ deployment, limits: ["node-memory=16MiB"] });
    const { memory } = node.node;
    let most = 0;
    const watch = setInterval(() => most = Math.max(most, memory.bytes), 1);
    const ask = async (): Promise<string> => {
      const transport = await node.transport();
      try {
        await transport.write(bytesOf(request)).catch(() => {});
        await transport.closeWrite().catch(() => {});
        return new TextDecoder().decode(await readAll(transport));
      } finally {
        transport.close();
      }
    };
    try {
      const answers = await Promise.all(Array.from({ length: 40 }, ask));
      const served = answers.filter((answer) => /400001/.test(answer));
      const refused = answers.filter((answer) =>
        /Overloaded.*(has \d+ .iB of arguments|this node holds .*--limit node-memory=)/.test(answer)
      );
      assert.equal(served.length + refused.length, 40, answers.join("\n").slice(0, 2000));
      // Sent in step, all may be refused: one alone, below, is not.
      assert.ok(refused.length > 0, `${served.length} were served`);
      assert.ok(most <= 16 * MiB, `${most} bytes were held`);
      await until("nothing is held", () => memory.bytes === 0);
      assert.match(await ask(), /400001/);
    } finally {
      clearInterval(watch);
    }
    await until("nothing is held", () => memory.bytes === 0);
  });
}

Deno.test("a call in frames for which there is no memory is refused before it has come, and the connection goes on", async () => {
  await using node = await TestNode.start({ deployment, limits: ["node-memory=8MiB"] });
  const transport = await node.transport();
  using caller = new RawCaller(transport);
  await caller.greet(undefined, "c1");
  await caller.send(route(0, {}));
  const large = frame(FrameKind.call, { call: 7 }, new Uint8Array(16 * MiB));
  await caller.send(large.subarray(0, 6 * MiB));
  assert.match(await caller.refusal(), /^Overloaded: client "c1" has .* 4 MiB are allowed/);
  await caller.send(large.subarray(6 * MiB));
  const argument = compileSignature({ args: ["int"], returns: [] }).encodeArguments([3]);
  await caller.send(call(8, argument));
  const { kind, call: number } = await caller.next();
  assert.deepEqual([kind, number], [FrameKind.result, 8]);
});

Deno.test("a node that was told nothing takes a share of what there is", async (t) => {
  const GiB = 1024 * MiB;
  assert.equal(shareOf({ systemBytes: 2 * GiB, heapBytes: 4 * GiB }), GiB);
  assert.equal(shareOf({ systemBytes: 64 * GiB, heapBytes: 4 * GiB }), 3 * GiB);
  assert.equal(shareOf({ systemBytes: undefined, heapBytes: undefined }), GiB);
  assert.equal(shareOf({ systemBytes: 100 * MiB, heapBytes: undefined }), 64 * MiB);
  const groups: Record<string, [self: string, files: Record<string, string>, least?: number]> = {
    "of a container, version 2": ["0::/\n", { "memory.max": "1000000\n" }, 1_000_000],
    "of version 2, the least of those above it": ["0::/a/b c\n", {
      "memory.max": "max\n",
      "a/memory.max": "3000000\n",
      "a/b c/memory.max": "max\n",
    }, 3_000_000],
    "of version 1": ["9:name=systemd:/\n4:cpu,memory:/a\n", {
      "memory/a/memory.limit_in_bytes": "4000000\n",
      "memory/memory.limit_in_bytes": "9223372036854771712\n",
    }, 4_000_000],
    "without a bound": ["0::/a\n", { "a/memory.max": "max\n" }],
    "where there is none": ["", {}],
  };
  for (const [name, [self, files, least]] of Object.entries(groups)) {
    await t.step({
      name: `a control group ${name}`,
      ignore: Deno.build.os !== "linux",
      async fn() {
        await using root = await temporaryFolder();
        const write = async (path: string, text: string): Promise<void> => {
          await Deno.mkdir(`${root.path}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
          await Deno.writeTextFile(`${root.path}/${path}`, text);
        };
        await write("proc/self/cgroup", self);
        for (const [path, text] of Object.entries(files)) {
          await write(`sys/fs/cgroup/${path}`, text);
        }
        assert.equal(await controlGroupLimit(root.path), least);
      },
    });
  }
});

/** Resident memory that a load may cost a node besides what it counts: V8 and the allocator let go late. */
const slackMiB = 200;

Deno.test({
  name: "what a node counts is what it costs: resident memory stays bounded under each load",
  ignore: Deno.build.os !== "linux",
  async fn(t) {
    await using folder = await temporaryFolder();
    await using process = await NodeProcess.start(folder.path);
    await using deployer = await process.connection();
    await deployer.deploy(deployment);
    const status = () => deployer.raw.request({ op: "status" }, { timeoutMs: 20_000 });
    const open: Deno.TcpConn[] = [];
    const dial = async (): Promise<Deno.TcpConn> => {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port: process.port });
      open.push(conn);
      return conn;
    };
    const gainedMiB = async (load: () => Promise<unknown>): Promise<number> => {
      const before = (await status()).memoryBytes;
      let most = before;
      let isOver = false;
      const watching = (async () => {
        while (!isOver) {
          most = Math.max(most, (await status()).memoryBytes);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      })();
      await load();
      isOver = true;
      await watching;
      return (most - before) / MiB;
    };
    const writeAll = async (conn: Deno.TcpConn, bytes: Uint8Array): Promise<void> => {
      for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await conn.write(rest));
    };
    await t.step("routes of many empty types, by who is no client", async () => {
      const gained = await gainedMiB(async () => {
        for (let round = 0; round < 4; round++) {
          const conn = await dial();
          const empty = { argumentTypes: Array(21_000).fill("") };
          try {
            await writeAll(conn, hello("nobody"));
            for (let number = 0; number < 1000; number++) {
              await writeAll(conn, route(number, empty));
            }
          } catch {
            // The node has ended it.
          }
        }
      });
      assert.ok(gained < slackMiB, `${gained} MiB`);
    });
    await t.step("results that nobody reads", async () => {
      const argument = compileSignature({ args: ["int"], returns: [] }).encodeArguments([4 * MiB]);
      const gained = await gainedMiB(async () => {
        const before = (await status()).services[0].calls;
        for (let index = 0; index < 10; index++) {
          const conn = await dial();
          await writeAll(conn, hello("c1"));
          await writeAll(conn, route(0, {}));
          for (let number = 1; number <= 40; number++) await writeAll(conn, call(number, argument));
        }
        await until("all have run", async () => (await status()).services[0].calls >= before + 400);
      });
      assert.ok(gained < limits.clientBytesMax / MiB + slackMiB, `${gained} MiB`);
      for (const conn of open.splice(0)) conn.close();
    });
    await t.step("requests of 15 MB in text", async () => {
      const value = { client: "c2", service: "data", rpc: "wait", arguments: ["x".repeat(15e6)] };
      const request = bytesOf(JSON.stringify({ header: "RPC-REQ", value }));
      let refused = 0;
      const gained = await gainedMiB(async () => {
        await Promise.all(Array.from({ length: 40 }, async () => {
          const conn = await dial();
          await writeAll(conn, request).catch(() => {});
          const buffer = new Uint8Array(1000);
          const heard = conn.read(buffer).catch(() => null);
          const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), 5000));
          const count = await Promise.race([heard, late]);
          if (/Overloaded/.test(new TextDecoder().decode(buffer.subarray(0, count ?? 0)))) {
            refused++;
          }
        }));
      });
      assert.ok(refused > 0, "some are refused");
      assert.ok(gained < limits.clientBytesMax / MiB + slackMiB, `${gained} MiB`);
    });
    for (const conn of open) {
      try {
        conn.close();
      } catch {
        // It is closed.
      }
    }
  },
});

Deno.test("a route counts for what V8 needs for it, whatever it is made of", async () => {
  const script = new URL("./_held_routes.ts", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-all", "--v8-flags=--expose-gc", script],
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  assert.equal(lines.length, 7);
  for (const line of lines) {
    const { cost, real, count } = JSON.parse(line);
    // A page of V8's heap more or less is no measure.
    assert.ok(real <= 1.1 * cost + 300_000, line);
    assert.ok(cost <= 8 * real + 1000 * count, line);
  }
});

Deno.test("items of a stream that its script does not take count until it does, or the call ends", async () => {
  await using node = await TestNode.start({ deployment: streaming });
  const { memory } = node.node;
  const transport = await node.transport();
  using caller = new RawCaller(transport);
  await caller.greet(undefined, "c1");
  const before = memory.bytes;
  await caller.send(route(0, { rpc: "take", argumentTypes: ["Stream[bytes]"], returnTypes: [] }));
  await caller.send(
    call(1, compileSignature({ args: ["Stream[bytes]"], returns: [] }).encodeArguments([[]])),
  );
  const { kind } = await caller.next();
  assert.equal(kind, FrameKind.credit);
  const item = frame(FrameKind.item, { route: 1, call: 1 }, new Uint8Array(400_000));
  await caller.send(item);
  await until("the item is held", () => memory.bytes > before + 400_000);
  await caller.send(frame(FrameKind.cancel, { call: 1 }, new Uint8Array(0)));
  await until("it is let go of", () => memory.bytes < before + 300_000);
});

const streaming: TestDeployment = {
  services: {
    data: {
      rpcs: {
        take: {
          args: ["Stream[bytes]"],
          source: "export const take = async (items) => { await items.next(); " +
            "await items.next(); await new Promise((done) => setTimeout(done, 60_000)); };\n",
        },
      },
    },
  },
};
