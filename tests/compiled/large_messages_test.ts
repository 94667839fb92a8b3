/**
 * The largest messages and scripts, sent to an executable during other calls; `tests/server/memory/event_loop_test.ts`
 * covers `deno run`.
 */
import assert from "node:assert/strict";
import { Cli } from "../_support/commands/cli.ts";
import { callLoads, deployLoads, largeDeployment } from "../_support/large_loads.ts";
import { connectionTo, temporaryFolder, type TestConnection } from "../_support/nodes/node.ts";
import { executable } from "./_executable.ts";

/**
 * The longest wait of a bystander, as a share of the load's duration: all of it, when the node did all work by itself.
 * A busy machine prolongs both. Shorter waits than this minimum pass.
 */
const waitShareMax = 1 / 2;
const waitMsMin = 500;
const attempts = 3;

Deno.test("compiled: a caller is served during the largest messages and scripts", async (t) => {
  await using made = await executable();
  await using root = await temporaryFolder();
  await using node = await new Cli(made).serve(["--port", "0", "--root", root.path]);
  await using bystander = await connectionTo(node.port);
  await bystander.deploy(largeDeployment);
  for (const { name, run, answer } of [...callLoads, ...deployLoads]) {
    await t.step(name, async () => {
      for (let attempt = 1;; attempt++) {
        const startedMs = performance.now();
        const load = run(node.port);
        const waitMs = await longestWait(bystander, load);
        assert.match(await load, answer);
        const tookMs = performance.now() - startedMs;
        if (waitMs <= Math.max(waitMsMin, tookMs * waitShareMax)) return;
        assert.ok(attempt < attempts, `a bystander waited ${waitMs} of ${tookMs} ms`);
      }
    });
  }
});

/** Calls until a load is over. @returns The longest duration of a call, in milliseconds. */
async function longestWait(bystander: TestConnection, load: Promise<unknown>): Promise<number> {
  let isOver = false;
  load.then(() => {}, () => {}).then(() => {
    isOver = true;
  });
  let longestMs = 0;
  while (!isOver) {
    const startedMs = performance.now();
    const types = { args: ["int", "int"], returns: ["int"] };
    assert.equal(await bystander.call("bystander.add", [2, 3], types), 5);
    longestMs = Math.max(longestMs, performance.now() - startedMs);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return longestMs;
}
