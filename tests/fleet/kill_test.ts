/** A node killed at any moment of a deployment comes back with either the old generation or the new. */
import assert from "node:assert/strict";
import { limitsWith } from "../../lib/limits/mod.ts";
import { Fleet, type FleetNode } from "../../lib/deploy/fleet.ts";
import { planAndApply } from "../../lib/deploy/deploy.ts";
import { manifestOf, temporaryFolder, type TestDeployment } from "../_support/nodes/node.ts";
import { NodeProcess } from "../_support/nodes/node_process.ts";
import { Random } from "../wire/_values.ts";
import { type NodeState, stateOf } from "./_rollout.ts";

const rounds = Number(Deno.env.get("FARCALL_KILL_ROUNDS") ?? 3);
/** Nodes killed concurrently. */
const lanes = 3;

/** The changing service, beside an unchanged one. */
function version(text: string): TestDeployment {
  const who = (says: string) => ({
    rpcs: { who: { returns: ["str"], source: `export const who = () => "${says}";` } },
  });
  return { services: { changes: who(text), stays: who("always") } };
}

const steps = ["observe", "send", "stage", "commit"] as const;

/** Deploys to one node, and calls `onStep` when a step begins. */
async function deployTo(
  port: number,
  text: string,
  onStep: (step: typeof steps[number]) => void = () => {},
): Promise<number> {
  const { manifest, scripts } = await manifestOf(version(text));
  const facts = [...scripts].map(([id, { length }]) =>
    [id, { bytes: length, source: "" }] as const
  );
  const wanted = { manifests: new Map([["s1", manifest]]), scripts: new Map(facts) };
  const node: FleetNode = { address: { name: "s1", host: "127.0.0.1", port } };
  await using fleet = new Fleet({ bounds });
  const { applied } = await planAndApply(fleet, [node], wanted, {
    deployer: "tester",
    scripts,
    progress: {
      step: (name, done) => {
        if (name !== "bundle" && done === 0) onStep(name);
      },
    },
  });
  return applied[0]?.generation ?? 0;
}

const bounds = limitsWith({ deployRecoveryMs: 600, deployRecoveryRetryMs: 20 });

/** One node across many restarts. */
async function torment(random: Random, lane: number, count: number): Promise<Tally> {
  const tally = { old: 0, new: 0, acknowledged: 0 };
  await using root = await temporaryFolder();
  let node = await NodeProcess.start(root.path);
  try {
    await deployTo(node.port, `${lane} first`);
    for (let round = 0; round < count; round++) {
      const before = await stateOf(node.port);
      const text = `${lane} ${round}`;
      const { port } = node;
      // Killed at the start of a step, or some milliseconds later.
      const fatal = steps[random.below(steps.length)];
      const delayMs = random.below(fatal === "stage" ? 80 : 12);
      const isBroughtAlong = random.below(4) === 0;
      const restartDies = random.below(4) === 0;
      const reached = Promise.withResolvers<void>();
      const deploying = deployTo(port, text, (step) => {
        if (step === fatal) reached.resolve();
      }).catch(() => undefined);
      await reached.promise;
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
      await node.kill();
      // A node that is back before its deployer gives up is completed, if the deployer had begun to commit.
      if (!isBroughtAlong) await deploying;
      if (restartDies) await NodeProcess.startAndKill(root.path, random.below(200));
      node = await NodeProcess.start(root.path, port);
      const acknowledged = await deploying;
      const after = await stateOf(port);
      check(before, after, text, acknowledged);
      tally[after.says === text ? "new" : "old"] += 1;
      if (acknowledged !== undefined) tally.acknowledged += 1;
      const healed = await deployTo(port, text);
      const last = await stateOf(port);
      assert.equal(last.says, text);
      assert.equal(last.generation, before.generation + 1, "one deployment, one generation");
      assert.ok(healed === 0 || healed === last.generation);
    }
  } finally {
    await node.kill();
  }
  return tally;
}

/** The outcomes of the rounds. */
interface Tally {
  old: number;
  new: number;
  acknowledged: number;
}

/** Exactly the previous deployment, or exactly the new one; and the new one if it was acknowledged. */
function check(
  before: NodeState,
  after: NodeState,
  text: string,
  acknowledged: number | undefined,
): void {
  if (after.generation === before.generation) {
    assert.deepEqual(after, before);
    assert.equal(acknowledged, undefined, "what was acknowledged is lost");
    return;
  }
  assert.equal(after.says, text);
  assert.equal(after.generation, before.generation + 1);
  assert.equal(after.kept.at(-1), after.generation);
  assert.deepEqual(after.manifest?.services.map(({ name }) => name), ["changes", "stays"]);
  assert.deepEqual(after.manifest?.services[1], before.manifest?.services[1]);
  if (acknowledged !== undefined) assert.equal(acknowledged, after.generation);
}

Deno.test("a node killed at any moment of any deployment is old or new, and recovers", async () => {
  const seed = Number(Deno.env.get("FARCALL_SEED") ?? Math.floor(Math.random() * 2 ** 31));
  // deno-lint-ignore no-console
  console.info(`FARCALL_SEED=${seed}`);
  const count = Math.ceil(rounds / lanes);
  const tallies = await Promise.all(
    Array.from({ length: lanes }, (_, lane) => torment(new Random(seed + lane), lane, count)),
  );
  // deno-lint-ignore no-console
  console.info(JSON.stringify(tallies));
  // With few rounds, all may end alike by chance.
  if (rounds < 40) return;
  for (const what of ["old", "new"] as const) {
    assert.ok(tallies.some((tally) => tally[what] > 0), `never ${what}`);
  }
});
