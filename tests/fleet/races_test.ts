/** Concurrent deployments. */
import assert from "node:assert/strict";
import { deploy } from "../../lib/deploy/mod.ts";
import { type FateOf, first, NodeProxy } from "../_support/nodes/node_proxy.ts";
import { failureOf, Nodes, Rollout, stateOf } from "./_rollout.ts";
import { mentions, nothingChanged } from "../_support/mentions.ts";

const rounds = Number(Deno.env.get("FARCALL_RACE_ROUNDS") ?? 1);
/** Until two have met, at most. */
const roundsMax = 20;

Deno.test("of two simultaneous init one wins on every node, and the other learns who deploys since when", async () => {
  await using nodes = await Nodes.start(3);
  await using rollout = await Rollout.create();
  let refusedCount = 0;
  for (let round = 0; round < rounds || (refusedCount === 0 && round < roundsMax); round++) {
    const texts = [`a${round}`, `b${round}`];
    // Neither may lock a node that the other needs, whatever the order in their files.
    const configurations = [
      await rollout.configuration(nodes.ports, texts[0]),
      await rollout.configuration(nodes.ports, texts[1], "descending"),
    ];
    const before = await nodes.states();
    const outcomes = await Promise.allSettled(
      configurations.map((configuration, index) =>
        deploy(configuration, { deployer: `deployer ${index}` })
      ),
    );
    const winners = outcomes.flatMap(({ status }, index) => status === "fulfilled" ? [index] : []);
    assert.notEqual(winners.length, 0, `both lost: ${Deno.inspect(outcomes)}`);
    const after = await nodes.states();
    const said = new Set(after.map(({ says }) => says));
    assert.equal(said.size, 1, `a mix: ${[...said]}`);
    assert.ok(winners.some((winner) => said.has(texts[winner])));
    for (const [index, { generation }] of after.entries()) {
      assert.equal(generation, before[index].generation + winners.length);
    }
    const lost = outcomes.find((outcome) => outcome.status === "rejected");
    if (lost === undefined) continue;
    refusedCount += 1;
    const { code, text } = await failureOf(Promise.reject(lost.reason));
    assert.equal(code, 22);
    assert.match(text, mentions(`deployer ${winners[0]} `, "127.0.0.1"));
    assert.match(text, / since 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/);
    assert.match(text, nothingChanged);
  }
  assert.notEqual(refusedCount, 0, "they met at least once");
});

Deno.test("of two init that reach different nodes first, one still wins", async () => {
  await using nodes = await Nodes.start(2);
  await using rollout = await Rollout.create();
  const late: FateOf = async (step) => {
    if (step !== "observe") await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await using slowOne = new NodeProxy(nodes.ports[0], late);
  await using slowTwo = new NodeProxy(nodes.ports[1], late);
  const outcomes = await Promise.allSettled([
    rollout.deploy([nodes.ports[0], slowTwo.port], "a"),
    rollout.deploy([slowOne.port, nodes.ports[1]], "b"),
  ]);
  const winners = outcomes.flatMap(({ status }, index) => status === "fulfilled" ? [index] : []);
  assert.equal(winners.length, 1, Deno.inspect(outcomes));
  const text = ["a", "b"][winners[0]];
  assert.deepEqual((await nodes.states()).map(({ says }) => says), [text, text]);
});

/** Runs one deployment when the first `begin` of another one passes, and then lets that one continue. */
async function overtaken(
  nodes: Nodes,
  rollout: Rollout,
  slow: readonly string[],
  quick: readonly string[],
): Promise<{ code: number; text: string }> {
  const overtake = async (): Promise<void> => {
    await rollout.deploy(nodes.ports, quick, { deployer: "quick one" });
  };
  let overtaking: Promise<void> | undefined;
  await using one = new NodeProxy(nodes.ports[0], async (step) => {
    if (step === "begin") await (overtaking ??= overtake());
  });
  await using two = new NodeProxy(nodes.ports[1], async (step) => {
    if (step === "begin") await (overtaking ??= overtake());
  });
  return await failureOf(rollout.deploy([one.port, two.port], slow, { deployer: "slow one" }));
}

Deno.test("a plan is not carried out when another deployment has changed a node since", async () => {
  await using nodes = await Nodes.start(2);
  await using rollout = await Rollout.create();
  await rollout.deploy(nodes.ports, "old");
  const { code, text } = await overtaken(nodes, rollout, ["slow", "slow"], ["quick", "quick"]);
  assert.equal(code, 22);
  assert.match(
    text,
    mentions(
      "generation 2",
      /since 20.*Z/,
      /\bquick.one\b.*127\.0\.0\.1/,
      "generation 1",
      /\binit\b/,
    ),
  );
  assert.deepEqual((await nodes.states()).map(({ says }) => says), ["quick", "quick"]);
});

Deno.test("two files that change different nodes are not mixed", async () => {
  await using nodes = await Nodes.start(2);
  await using rollout = await Rollout.create();
  await rollout.deploy(nodes.ports, "old");
  const { text } = await overtaken(nodes, rollout, ["old", "slow"], ["quick", "old"]);
  assert.match(text, /\bquick.one\b/);
  assert.deepEqual((await nodes.states()).map(({ says }) => says), ["quick", "old"]);
  // At the same moment, too.
  for (let round = 0; round < rounds; round++) {
    const base = `base${round}`;
    await rollout.deploy(nodes.ports, base);
    const wanted = [[base, `b${round}`], [`a${round}`, base]];
    const outcomes = await Promise.allSettled(
      wanted.map((each) => rollout.deploy(nodes.ports, each)),
    );
    const said = (await nodes.states()).map(({ says }) => says);
    const allowed = wanted.filter((_, index) => outcomes[index].status === "fulfilled");
    assert.ok(
      allowed.some((each) => each.join() === said.join()),
      `${said} after ${Deno.inspect(outcomes.map(({ status }) => status))}`,
    );
  }
});

Deno.test("a node that has not noticed its deployer's disconnection accepts it again", async () => {
  await using nodes = await Nodes.start(2);
  await using rollout = await Rollout.create();
  await using proxy = new NodeProxy(nodes.ports[1], first("commit", "orphan"));
  const { applied } = await rollout.deploy([nodes.ports[0], proxy.port], "new");
  assert.deepEqual(applied.map(({ generation }) => generation), [1, 1]);
  assert.deepEqual((await stateOf(nodes.ports[1])).says, "new");
});
