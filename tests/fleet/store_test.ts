/** A fleet's store at a real NATS server: without JetStream, full, deleted; and what is removed from it. */
import assert from "node:assert/strict";
import { DeployRejected } from "../../lib/errors/mod.ts";
import { FleetView, Follower, StatePublisher } from "../../lib/fleet/mod.ts";
import { removeUnused } from "../../lib/fleet/unused.ts";
import { generatePem, scriptIdOf, SigningKey } from "../../lib/identity/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { NatsLink } from "../../lib/transport/nats/mod.ts";
import { NatsServer } from "../_support/nodes/nats_server.ts";
import { until } from "../_support/nodes/node.ts";
import { needing } from "../_support/programs.ts";
import { contentOf, fleet, root } from "./nats/_following_node.ts";
import { mentions } from "../_support/mentions.ts";

const key = await SigningKey.fromPem(await generatePem());

async function deploy(link: NatsLink, text: string): Promise<StatePublisher> {
  const { content, bytes } = await contentOf(text);
  const publisher = await StatePublisher.open(link, { fleet, root });
  await publisher.prepare(content, { key, readScript: () => Promise.resolve({ bytes }) });
  await publisher.write(content, { deployment: { id: crypto.randomUUID(), deployer: "ann" }, key });
  return publisher;
}

Deno.test({
  ...needing(
    "nats-server",
    "without JetStream, a fleet works, and the reason why nothing is stored is reported",
  ),
  fn: async () => {
    await using server = await NatsServer.start({ hasStore: false });
    await using view = await FleetView.open({ url: server.url, fleet });
    const members = await view.members();
    assert.match(members.storeProblem!, /no JetStream/);
    assert.equal(await view.state(members), undefined);
    await using link = await NatsLink.open({ url: server.url });
    await assert.rejects(StatePublisher.open(link, { fleet, root }), /no JetStream/);
  },
});

Deno.test({
  ...needing(
    "nats-server",
    "states are stored and kept, what they do not name goes, and a lost bucket is made anew",
  ),
  fn: async () => {
    await using server = await NatsServer.start({ storeBytesMax: 3 << 20 });
    await using link = await NatsLink.open({ url: server.url });
    await using view = await FleetView.open({ url: server.url, fleet });
    // Before the first deployment.
    assert.deepEqual(await view.members(), { present: new Map(), refused: [], absent: [] });
    const first = await deploy(link, "one");
    const past = await first.history();
    await deploy(link, "two");
    const publisher = await StatePublisher.open(link, { fleet, root });
    assert.deepEqual((await publisher.history()).map(({ state }) => state.number), [2, 1]);
    const bucket = await link.openBucket(`farcall_${fleet}`);
    const { state: newest } = (await publisher.history())[0];
    const [one] = [await scriptIdOf((await contentOf("one")).bytes)];
    const nowMs = past[0].writtenMs;
    const soon = { states: [newest], nowMs };
    assert.equal(await removeUnused(bucket, soon), 0);
    const later = { states: [newest], nowMs: nowMs + 2 * limits.fleet.unusedKeptMs };
    assert.equal(await removeUnused(bucket, later), 2);
    assert.notEqual((await bucket.get(`blob.${one}.0`))?.operation, "PUT");
    await assert.rejects(publisher.read(past[0].state.content, 1000), {
      code: "Deploy Rejected",
      message: mentions("NATS"),
    });
    assert.equal((await publisher.read(newest.content, 1000)).length > 0, true);

    await assert.rejects(deploy(link, "x".repeat(4 << 20)), (error) => {
      assert.ok(error instanceof DeployRejected);
      assert.match(error.message, mentions("NATS", "max_file_store"));
      return true;
    });

    using stack = new DisposableStack();
    const follower = new Follower(link, {
      fleet,
      poke: `${root}.poke`,
      node: {
        name: "s1",
        labels: [],
        isDeployKey: () => true,
        readReached: () => Promise.resolve({ number: 2, hash: "other" }),
        writeReached: () => Promise.resolve(),
        run: () => Promise.resolve(),
      },
    });
    stack.defer(() => void follower.stop());
    await until("it has looked", () => follower.problem !== undefined);
    assert.match(follower.problem!, mentions(/\bstate 2\b/));
    await (bucket as unknown as { destroy(): Promise<boolean> }).destroy();
    assert.equal((await view.members()).storeProblem, undefined);
    follower.look();
    await until("it says so", () => /\bfarcall_lab\b/.test(follower.problem!));
    const third = await deploy(link, "three");
    assert.equal((await third.history()).length, 1);
    await follower.stop();
  },
});
