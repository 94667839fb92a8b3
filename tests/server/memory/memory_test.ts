/** Memory that a node holds for its callers: counted at its cost, bounded, and released. */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { limits } from "../../../lib/limits/mod.ts";
import type { NodeMemory } from "../../../lib/server/memory/node_memory.ts";
import type { Transport } from "../../../lib/transport/mod.ts";
import { compileSignature } from "../../../lib/types/mod.ts";
import { FrameKind } from "../../../lib/protocol/mod.ts";
import {
  bytesOf,
  newKey,
  type TestDeployment,
  TestNode,
  until,
} from "../../_support/nodes/node.ts";
import { RawCaller, requestFrame } from "../../_support/raw_caller.ts";
import { readAll } from "../../transport/transport_suite.ts";
import { call, deployment, hello, MiB, route } from "./_memory_frames.ts";
import { frame } from "../../_support/frames.ts";
import { failure, mentions } from "../../_support/mentions.ts";

/** Writes until the peer has closed the connection. */
async function sendAll(transport: Transport, parts: Iterable<Uint8Array>): Promise<void> {
  try {
    for (const part of parts) await transport.write(part);
  } catch {
    // It has been closed.
  }
}

/** Ways for a stranger to make a node hold memory. */
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
  Deno.test(`a caller naming an unknown client makes a node keep 64 KiB at most: ${name}`, async () => {
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
    // A reply in transit may be added.
    assert.ok(most <= 2 * limits.strangerBytesMax, `${most} bytes were held`);
    await until("nothing is held", () => memory.bytes === 0);
    await using client = await node.connection("c1");
    const got = await client.call("data.make", [10], { args: ["int"], returns: ["bytes"] });
    assert.equal((got as Uint8Array).length, 10);
  });
}

Deno.test("input after a proof waits outside of the node until the proof is checked", async () => {
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
  const large = frame(FrameKind.call, {
    call: 2,
    body: new Uint8Array([0, 0, 0, 0, ...argument]),
  });
  await caller.send(proof, wait, large);
  assert.equal((await caller.next()).kind, FrameKind.response);
  await until("the call is held", () => node.node.memory.bytes > 4 * MiB);
});

Deno.test("unread results are charged to their client, and no more are kept than it may have", async () => {
  const bounds = { clientBytesMax: 16 * MiB };
  await using node = await TestNode.start({ bounds, deployment });
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
    // The client learns that it has to read; another client is served.
    const types = { args: ["int"], returns: ["bytes"] };
    // It may already hold more than a connection initially needs.
    const callAgain = async (): Promise<void> => {
      await using same = await node.connection("c1");
      await same.call("data.make", [MiB], types);
    };
    await assert.rejects(callAgain(), (error: Error) => {
      assert.match(error.message, mentions('"c1"', /\b1\d MiB/, "16 MiB", "answers"));
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

/** Requests with one argument. */
function requestsOf(list: string): Record<string, string> {
  const value = { client: "c1", service: "data", rpc: "size" };
  const head = "POST /data/size HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" +
    "connection: close\r\nfarcall-client: c1\r\n";
  return {
    text: JSON.stringify({ header: "RPC-REQ", value })
      .replace("}}", `,"arguments":[${list}]}}`),
    "JSON-RPC": `{"jsonrpc":"2.0","id":1,"client":"c1","method":"data.size","params":[${list}]}`,
    HTTP: `${head}content-length: ${list.length + 2}\r\n\r\n[${list}]`,
  };
}

for (const [name, request] of Object.entries(requestsOf(`[${"1,".repeat(400_000)}1]`))) {
  Deno.test(`large requests count for what they cost, in ${name}`, async () => {
    // This process sends all of them: a refusal may arrive late.
    const bounds = { lingerMs: 60_000 };
    await using node = await TestNode.start({ bounds, deployment, limits: ["node-memory=16MiB"] });
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
      const answers = await Promise.all(Array.from({ length: 24 }, ask));
      const served = answers.filter((answer) => /400001/.test(answer));
      const refused = answers.filter((answer) =>
        /Overloaded.*(\d+ .iB .*\barguments|--limit node-memory=)/.test(answer)
      );
      const other = answers.filter((answer) =>
        !served.includes(answer) && !refused.includes(answer)
      );
      assert.deepEqual(other, []);
      // Sent in lockstep, all may be refused: one alone, below, is not.
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

Deno.test("a request is refused in its protocol if memory runs out with its last piece", async () => {
  await using node = await TestNode.start({ deployment, limits: ["node-memory=16MiB"] });
  const memory = node.node.memory as NodeMemory;
  const own = memory.ofAddress("127.0.0.1").join();
  const list = `[${"1,".repeat(10_000)}1]`;
  for (const [name, request] of Object.entries(requestsOf(list))) {
    const bytes = bytesOf(request);
    const transport = await node.transport();
    await transport.write(bytes.subarray(0, -8));
    await until("all but the last piece is held", () => own.bytes >= list.length - 8);
    own.add(memory.bytesPerAccountMax);
    await transport.write(bytes.subarray(-8));
    await transport.closeWrite();
    const answer = new TextDecoder().decode(await readAll(transport));
    assert.match(answer, /Overloaded.*\b127\.0\.0\.1 .*\barguments\b/, `${name}: ${answer}`);
    own.release(memory.bytesPerAccountMax);
    transport.close();
    await until("nothing is held", () => memory.bytes === 0);
  }
  own.leave();
});

Deno.test("a call in frames that exceeds the memory is refused before it has arrived, and the connection continues", async () => {
  await using node = await TestNode.start({ deployment, limits: ["node-memory=8MiB"] });
  const transport = await node.transport();
  using caller = new RawCaller(transport);
  await caller.greet(undefined, "c1");
  await caller.send(route(0, {}));
  const large = frame(FrameKind.call, { call: 7, body: new Uint8Array(16 * MiB) });
  await caller.send(large.subarray(0, 6 * MiB));
  assert.match(await caller.refusal(), failure("Overloaded", '"c1"', "4 MiB"));
  await caller.send(large.subarray(6 * MiB));
  const argument = compileSignature({ args: ["int"], returns: [] }).encodeArguments([3]);
  await caller.send(call(8, argument));
  const { kind, call: number } = await caller.next();
  assert.deepEqual([kind, number], [FrameKind.result, 8]);
});

Deno.test("unread items of a stream are charged until their script reads them, or the call ends", async () => {
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
  const item = frame(FrameKind.item, { route: 1, call: 1, body: new Uint8Array(400_000) });
  await caller.send(item);
  // Only for a few turns of the loop, until the executor has read it.
  const endMs = performance.now() + 60_000;
  while (memory.bytes <= before + 400_000) {
    assert.ok(performance.now() < endMs, "the item is held");
    await new Promise((resolve) => setImmediate(resolve));
  }
  await caller.send(frame(FrameKind.cancel, { call: 1 }));
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
