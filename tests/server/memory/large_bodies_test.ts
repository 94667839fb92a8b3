/**
 * Large arguments and results pass through a node in memory that is reused and handed over: no call may ever see
 * another's bytes, whatever ends in the middle of a body, and a peer that does not read delays nobody.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Farcall } from "../../../lib/client/mod.ts";
import { Cancelled, DeadlineExceeded } from "../../../lib/errors/mod.ts";
import { FrameKind } from "../../../lib/protocol/mod.ts";
import { compileSignature } from "../../../lib/types/mod.ts";
import { TestNode, until } from "../../_support/nodes/node.ts";
import { call, deployment as data, hello, MiB, route } from "./_memory_frames.ts";
import { frame } from "../../_support/frames.ts";

const deployment = {
  ...data,
  services: {
    ...data.services,
    echo: {
      tenants: ["c1", "c2"],
      rpcs: {
        bytes: { args: ["bytes"], returns: ["bytes"], source: "export const bytes = (a) => a;\n" },
        text: { args: ["str"], returns: ["str"], source: "export const text = (a) => a;\n" },
        later: {
          args: ["bytes", "int"],
          returns: ["bytes"],
          source:
            "export const later = (a, ms) => new Promise((done) => setTimeout(() => done(a), ms));\n",
        },
      },
    },
  },
};

/** A caller that knows the signatures: it encodes arguments before its calls return. */
async function connected(node: TestNode, client: string): Promise<Farcall> {
  const caller = await node.connect({ as: client });
  await caller.call("echo", "bytes", [new Uint8Array(1)]);
  return caller;
}

/** Unique bytes. */
function bytesFor(number: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) {
    bytes[index] = number * 31 + (index >>> 8) * 7 + index;
  }
  return bytes;
}

/** Sizes that arrive in one read or in several, and are written in several parts. */
const sizes = [20_000, 40_000, 64 * 1024, 200_000, MiB, 2 * MiB + 77];

async function echoBytes(caller: Farcall, number: number, length: number): Promise<void> {
  const sent = bytesFor(number, length);
  const calling = caller.call("echo", "bytes", [sent]);
  // A caller may reuse its array immediately.
  sent.fill(0);
  const got = await calling as Uint8Array;
  assert.ok(equal(got, bytesFor(number, length)), `call ${number} of ${length} bytes`);
  assert.equal(got.buffer.byteLength, length, "a result shares its memory with nothing");
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

async function echoText(caller: Farcall, number: number, length: number): Promise<void> {
  const text = `${number}é`.repeat(Math.ceil(length / 4));
  assert.ok(await caller.call("echo", "text", [text]) === text, `call ${number} of a text`);
}

/** A call that ends in the middle of one of its bodies, or while its script runs. */
async function giveUp(caller: Farcall, number: number, length: number): Promise<void> {
  const controller = new AbortController();
  const isLate = number % 2 === 0;
  const options = isLate ? { timeoutMs: 1 + number % 7 } : { signal: controller.signal };
  const calling = caller.call("echo", "later", [bytesFor(number, length), number % 3], options);
  if (!isLate) setTimeout(() => controller.abort(), number % 5);
  try {
    assert.ok(equal(await calling as Uint8Array, bytesFor(number, length)));
  } catch (error) {
    assert.ok(error instanceof Cancelled || error instanceof DeadlineExceeded, String(error));
  }
}

Deno.test("no call sees another's bytes, whatever is cancelled in the middle of a body", async () => {
  // Most calls wait for their executor in the memory that they came in.
  const bounds = { serviceDefaults: { callsMax: 4 } };
  await using node = await TestNode.start({ deployment, bounds });
  const callers = await Promise.all(
    ["c1", "c1", "c2"].map((client) => connected(node, client)),
  );
  const works = [echoBytes, giveUp, echoText, giveUp];
  let number = 0;
  for (const length of sizes) {
    await Promise.all(Array.from({ length: 24 }, () => {
      number += 1;
      return works[number % works.length]!(callers[number % callers.length]!, number, length);
    }));
  }
  for (const caller of callers) await caller.close();
  await until("nothing is held", () => node.node.memory.bytes === 0);
});

Deno.test("a caller that does not read its large results, or stops in the middle of its arguments, delays nobody", async () => {
  await using node = await TestNode.start({ deployment });
  const stalled = await node.transport();
  const cut = await node.transport();
  const argument = compileSignature({ args: ["int"], returns: [] }).encodeArguments([4 * MiB]);
  try {
    await stalled.write(hello("c1"));
    await stalled.write(route(0, {}));
    for (let number = 1; number <= 8; number++) await stalled.write(call(number, argument));
    const bytes = compileSignature({ args: ["bytes"], returns: [] });
    const payload = bytes.encodeArguments([new Uint8Array(2 * MiB)]);
    const large = frame(FrameKind.call, {
      call: 1,
      body: new Uint8Array([0, 0, 0, 0, ...payload]),
    });
    await cut.write(hello("c1"));
    await cut.write(route(0, { service: "echo", rpc: "bytes", argumentTypes: ["bytes"] }));
    await cut.write(large.subarray(0, MiB));
    await until("both have the node hold something", () => node.node.memory.bytes > 4 * MiB);
    const other = await connected(node, "c2");
    for (let number = 0; number < 20; number++) {
      await echoBytes(other, number, number % 2 === 0 ? 10 : 300_000);
    }
    // The split body continues where it was, and is complete.
    await cut.write(large.subarray(MiB));
    const received = { bytes: 0 };
    const buffer = new Uint8Array(256 * 1024);
    while (received.bytes < 2 * MiB) {
      const count = await cut.read(buffer);
      assert.ok(count !== null, "the node ended the connection");
      received.bytes += count;
    }
  } finally {
    stalled.close();
    cut.close();
  }
});
