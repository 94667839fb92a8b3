/** Deployments that lock out others: for how long, and who may end them. */
import assert from "node:assert/strict";
import { type TestConnection, TestNode } from "../../_support/nodes/node.ts";
import { text, version } from "./_versions.ts";
import { mentions } from "../../_support/mentions.ts";

const patience = { timeoutMs: 60_000 };

function begin(
  connection: TestConnection,
  id: string,
  options: { generation?: number; takesOver?: boolean } = {},
): Promise<unknown> {
  const { generation = 1, takesOver } = options;
  const deployment = { id, deployer: id };
  return connection.raw.request({ op: "begin", deployment, generation, takesOver }, patience);
}

const byBob = {
  code: "Deploy Rejected",
  message: mentions(/bob .*127\.0\.0\.1:\d+/, "init --take-over", /at 20.*Z/, /\binit\b/),
};
const isUnderWay = { code: "Deploy Rejected", message: /\balice\b/ };

Deno.test("a deployer can take over at any step before the commit, and the other learns who did", async (t) => {
  for (const phase of ["begun", "sending", "staged"]) {
    await t.step(phase, async () => {
      await using node = await TestNode.start({ deployment: version("old") });
      await using alice = await node.connection();
      await using bob = await node.connection();
      await begin(alice, "alice");
      const manifest = await alice.send(version("hers"));
      if (phase === "staged") await alice.stage(manifest, "alice");
      await assert.rejects(begin(bob, "bob"), isUnderWay);
      await begin(bob, "bob", { takesOver: true });
      const { fields } = await node.log.until("deploy.taken-over", { deployer: "bob" });
      assert.match(`${fields.message}`, /\b(alice|tester)\b.* 127/);
      await assert.rejects(alice.send(version("hers again")), byBob);
      await assert.rejects(alice.stage(manifest, "alice"), byBob);
      await assert.rejects(alice.commit(), byBob);
      await assert.rejects(begin(alice, "alice", { takesOver: true }), byBob);
      // Nor does it resume on another connection; the deployment staged here had another id.
      await using back = await node.connection();
      if (phase !== "staged") {
        await assert.rejects(begin(back, "alice", { takesOver: true }), byBob);
      }
      await alice.abort();
      await bob.stage(await bob.send(version("his")), "bob");
      assert.equal(await bob.commit(), 2);
      assert.equal(await bob.call("who.who", [], text), "his");
    });
  }
});

Deno.test("a deployment that is being staged can be taken over, too", async () => {
  await using node = await TestNode.start({ deployment: version("old") });
  await using alice = await node.connection();
  await using bob = await node.connection();
  const manifest = await alice.send(version("hers"));
  const staging = alice.stage(manifest, "alice");
  const outcome = staging.then(() => undefined, (error) => error);
  const taking = begin(bob, "bob", { takesOver: true });
  const error = await outcome;
  await taking;
  // If another one was staged meanwhile, it learns so at its next step.
  if (error === undefined) await assert.rejects(alice.commit(), byBob);
  else assert.match(error.message, byBob.message);
  assert.equal(node.node.generation, 1);
});

Deno.test("taking over requires the current generation and deploy rights", async () => {
  await using node = await TestNode.start({ deployment: version("old"), inMemory: true });
  await using alice = await node.connection();
  await using bob = await node.connection();
  await using stranger = await node.connectionFrom("198.51.100.1", 3);
  await begin(alice, "alice");
  await assert.rejects(begin(bob, "bob", { generation: 7, takesOver: true }), isUnderWay);
  await assert.rejects(begin(stranger, "eve", { takesOver: true }), { code: "Unauthenticated" });
  await alice.stage(await alice.send(version("hers")), "alice");
  assert.equal(await alice.commit(), 2);
});

Deno.test("a deployment times out, however busy its deployer is, and reports it", async () => {
  const bounds = { deploymentTimeoutMs: 300, stageTimeoutMs: 60_000 };
  await using node = await TestNode.start({ bounds, deployment: version("old") });
  await using alice = await node.connection();
  await using bob = await node.connection();
  await begin(alice, "alice");
  let puts = 0;
  await assert.rejects(async () => {
    for (;; puts++) await alice.send(version(`part ${puts}`));
  }, { code: "Deploy Rejected", message: mentions("300 ms", /\binit\b/) });
  assert.ok(puts > 0, "it was busy");
  await node.log.until("deploy.timed-out", { deployer: "alice" });
  await begin(bob, "bob");
});
