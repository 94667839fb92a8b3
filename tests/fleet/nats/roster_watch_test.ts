/** Programs that stay connected call the nodes that are currently in the fleet. */
import assert from "node:assert/strict";
import type { Farcall } from "../../../lib/client/mod.ts";
import { until } from "../../_support/nodes/node.ts";
import { needing } from "../../_support/programs.ts";
import { NatsFleet } from "./_nats_fleet.ts";

const quick = { returns: ["int"], source: "export const quick = () => 1;" };

/** The nodes that reply to a call of all providers. */
async function answering(farcall: Farcall, service: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { node, error } of farcall.callAll(service, "quick")) {
    if (error === undefined) names.push(node);
  }
  return names.sort();
}

Deno.test({
  ...needing(
    "nats-server",
    "a program that stays connected calls the nodes that come, and none that left",
  ),
  fn: async (t) => {
    await using fleet = await NatsFleet.start({
      a: { rpcs: { quick } },
      cameras: { selector: { kind: "labels", labels: ["cam"] }, rpcs: { quick } },
    });
    const s1 = await fleet.serve("s1");
    await using farcall = await fleet.connect();
    assert.deepEqual(await answering(farcall, "a"), ["s1"]);

    await t.step(
      "a node that joins gets calls, of the services that its labels select",
      async () => {
        await fleet.serve("s2", { labels: ["cam"] });
        await until(
          "s2 answers",
          async () => (await answering(farcall, "a")).join() === "s1,s2",
        );
        assert.deepEqual(await answering(farcall, "cameras"), ["s2"]);
        assert.equal(await farcall.call("a", "quick", [], { server: "s2" }), 1);
      },
    );
    await t.step("a node that leaves gets no calls, and the others do", async () => {
      await s1.stop();
      await until("s1 is gone", async () => {
        const names: string[] = [];
        for await (const { node } of farcall.callAll("a", "quick")) names.push(node);
        return names.join() === "s2";
      });
      assert.equal(await farcall.call("a", "quick"), 1);
    });
    await t.step(
      "nodes are found again when the server was restarted, also by their names",
      async () => {
        await using _again = await fleet.server.restart();
        await fleet.serve("s3");
        await until(
          "s2 and s3 answer",
          async () => (await answering(farcall, "a")).join() === "s2,s3",
        );
      },
    );
  },
});
