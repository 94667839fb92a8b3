import assert from "node:assert/strict";
import { encodeJson } from "../../lib/encoding/mod.ts";
import { encodePayload } from "../../lib/types/mod.ts";
import { FrameKind } from "../../lib/protocol/mod.ts";
import { type TestDeployment, TestNode } from "../_support/nodes/node.ts";
import { frameOf, RawCaller } from "../_support/raw_caller.ts";

const deployment: TestDeployment = {
  services: {
    calm: {
      rpcs: {
        wait: {
          args: ["int"],
          returns: ["int"],
          source: `export function wait(ms) {
            console.log("begun");
            return new Promise((done) => setTimeout(done, ms, ms));
          }`,
        },
        spin: {
          args: ["int"],
          returns: ["int"],
          source: `export async function spin(ms) {
            console.log("begun");
            // Printed lines are sent when the script yields the processor.
            await new Promise((resolve) => setTimeout(resolve));
            for (const end = performance.now() + ms; performance.now() < end;);
            return ms;
          }`,
        },
        id: {
          returns: ["str"],
          source: "const id = crypto.randomUUID();\nexport default () => id;",
        },
      },
    },
  },
};

const text = { returns: ["str"] };

/** Blocks this program, including the node, and leaves the processor to others. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** A call on the connection's only route, as frames, without a deadline of its sender's. */
function callFrame(call: number, timeoutMs: number, argument: number): Uint8Array {
  const payload = encodePayload(`[${argument}]`, []);
  const body = new Uint8Array(4 + payload.length);
  new DataView(body.buffer).setUint32(0, timeoutMs);
  body.set(payload, 4);
  return frameOf(FrameKind.call, call, body);
}

async function routed(node: TestNode, rpc: string): Promise<RawCaller> {
  const caller = new RawCaller(await node.transport());
  await caller.greet();
  const route = { service: "calm", rpc, argumentTypes: ["int"], returnTypes: ["int"] };
  await caller.send(frameOf(FrameKind.route, 0, encodeJson(route)));
  return caller;
}

Deno.test("a stall of the node itself makes no call late, and no executor stuck", async () => {
  await using node = await TestNode.start({ isWarm: true, deployment });
  await using connection = await node.connection();
  const before = await connection.call("calm.id", [], text);
  let begun = 0;
  for (const rpc of ["wait", "spin"]) {
    using caller = await routed(node, rpc);
    for (let call = 1; call <= 2; call++) {
      await caller.send(callFrame(call, 2000, 300));
      await node.log.until("script.console", {}, ++begun);
      // The reply arrives meanwhile, and so does the deadline.
      block(2100);
      const { kind } = await caller.next();
      assert.equal(kind, FrameKind.result);
    }
  }
  assert.equal(await connection.call("calm.id", [], text), before, "it is the same process");
  assert.equal(node.log.all("executor.ended").length, 0);
});

Deno.test("a late call is late, even if the node was busy before", async () => {
  await using node = await TestNode.start({ isWarm: true, deployment });
  using caller = await routed(node, "wait");
  await caller.send(callFrame(1, 1000, 60_000));
  await node.log.until("script.console");
  block(1000);
  assert.match(await caller.refusal(), /^Deadline Exceeded: /);
});

Deno.test({
  name: "an executor that the machine keeps waiting is not taken for one that does not yield",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using node = await TestNode.start({ isWarm: true, deployment });
    await using connection = await node.connection();
    const before = await connection.call("calm.id", [], text);
    const [pid] = await TestNode.executorPids();
    // While stopped, it gets no processor at all: for longer than a script may spin.
    Deno.kill(pid, "SIGSTOP");
    const abort = new AbortController();
    const given = connection.call("calm.wait", [10], {
      args: ["int"],
      returns: ["int"],
      signal: abort.signal,
    });
    given.catch(() => {});
    const waiting = connection.call("calm.id", [], text);
    await connection.raw.request({ op: "describe" }, { timeoutMs: 60_000 });
    abort.abort();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    Deno.kill(pid, "SIGCONT");
    assert.equal(await waiting, before, "it is the same process");
    assert.equal(node.log.all("executor.ended").length, 0);
  },
});
