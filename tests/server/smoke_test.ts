import assert from "node:assert/strict";
import { TestNode } from "../_support/node.ts";

Deno.test("smoke", async () => {
  const t0 = performance.now();
  await using node = await TestNode.start({
    deployment: {
      services: {
        math: {
          rpcs: {
            add: { args: ["int", "int"], returns: ["int"], source: "export const add = (a, b) => a + b;" },
            hog: { source: "export function hog() { const a = []; for (;;) a.push(new Array(1e6).fill(1.5)); }" },
          },
        },
      },
    },
  });
  console.log("up", performance.now() - t0);
  const caller = await node.connect();
  assert.equal(await caller.call("math", "add", [1, 2]), 3);
  console.log("called", performance.now() - t0, await TestNode.executorPids());
  const t1 = performance.now();
  await assert.rejects(caller.call("math", "hog"), (e: Error) => { console.log(e.message); return true; });
  console.log("crashed", performance.now() - t1);
  assert.equal(await caller.call("math", "add", [1, 2]), 3);
  console.log(node.log.records);
});
