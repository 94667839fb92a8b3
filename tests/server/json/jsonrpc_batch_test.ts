/** A JSON-RPC batch whose requests are all answered immediately. */
import assert from "node:assert/strict";
import type { HeldItem } from "../../../lib/helper/mod.ts";
import { limits } from "../../../lib/limits/mod.ts";
import { answerJsonRpc, type JsonRpcAsker } from "../../../lib/server/json/_jsonrpc_batch.ts";

const requestMs = 0.2;

/** Refuses each call after some work. */
class RefusedCalls {
  readonly messageBytesMax = 1 << 20;
  count = 0;

  isDiscovery(): boolean {
    return false;
  }

  run(): Promise<unknown> {
    const startMs = performance.now();
    while (performance.now() - startMs < requestMs);
    this.count += 1;
    return Promise.resolve({ kind: "exception", type: "Service Not Found", message: "" });
  }
}

Deno.test("a long batch yields to other work, and its work is charged to its connection", async () => {
  const requests = 20 * limits.sliceOfStepsMs / requestMs;
  const items = Array.from({ length: requests }, (_, id) => ({ kind: "call", id }));
  const calls = new RefusedCalls();
  const begun: number[] = [];
  let tookMs = 0;
  const asker = {
    calls,
    cost: 0,
    took: (ms: number) => tookMs += ms,
    begun: () => begun.push(calls.count),
  };
  const seen: number[] = [];
  const watch = setInterval(() => seen.push(calls.count), 0);
  const answer = await answerJsonRpc(
    { isBatch: true, items: items as unknown as HeldItem[] },
    asker as unknown as JsonRpcAsker,
  );
  clearInterval(watch);
  assert.equal(JSON.parse(new TextDecoder().decode(answer)).length, requests);
  const others = new Set(seen.filter((count) => count > 0 && count < requests));
  assert.ok(others.size >= 2, "others had their turn");
  assert.ok(tookMs >= requests * requestMs, `${tookMs} ms were charged`);
  assert.deepEqual(begun, [requests]);
});
