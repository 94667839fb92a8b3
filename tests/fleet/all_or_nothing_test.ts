/** A deployment that fails on one node, in any way, at any step before the commit, changes no node. */
import assert from "node:assert/strict";
import { limitsWith } from "../../lib/limits/mod.ts";
import { temporaryFolder, TestNode, until } from "../_support/nodes/node.ts";
import { NodeProcess } from "../_support/nodes/node_process.ts";
import {
  type Fate,
  first,
  NodeProxy,
  proxyRefusal,
  type Step,
} from "../_support/nodes/node_proxy.ts";
import { failureOf, Nodes, Rollout, stateOf } from "./_rollout.ts";
import { mentions, nothingChanged } from "../_support/mentions.ts";

/** The steps before the commit. */
const steps: readonly Step[] = ["observe", "begin", "put", "stage"];

/** The message for each kind of failure. */
const failures: readonly [fate: Fate, says: RegExp][] = [
  ["refuse", new RegExp(proxyRefusal)],
  ["cut", mentions("s2", "lost")],
  ["cut after", mentions("s2", "lost")],
  ["hang", mentions("s2", "deadline")],
  ["hang after", mentions("s2", "deadline")],
  ["garbage", /s2 \(.*\)/],
];

Deno.test("whatever one node of three does before the commit, all stay as they were", async (t) => {
  await using nodes = await Nodes.start(3);
  await using rollout = await Rollout.create();
  const [one, two, three] = nodes.ports;
  await rollout.deploy(nodes.ports, "old");
  const before = await nodes.states();
  const pids = await TestNode.executorPids();
  let round = 0;
  for (const step of steps) {
    for (const [fate, says] of failures) {
      await t.step(`${fate} at ${step}`, async () => {
        const isHanging = fate.startsWith("hang");
        // The others start executors while they stage.
        let deployStepTimeoutMs = step === "stage" ? 4000 : 1000;
        for (;;) {
          const bounds = limitsWith(
            isHanging ? { deployStepTimeoutMs, deployAbortTimeoutMs: 50 } : {},
          );
          round += 1;
          await using proxy = new NodeProxy(two, first(step, fate));
          const { code, text } = await failureOf(
            rollout.deploy([one, proxy.port, three], `new${round}`, { bounds }),
          );
          assert.match(text, nothingChanged);
          assert.ok(!proxy.asked.some(({ step }) => step === "commit"), "nobody committed");
          // A node that cuts the connection before its greeting counts as unreachable.
          const isUnreachable = step === "observe" && text.startsWith("Node Unreachable: s2 ");
          // A lost node is reported as lost; one that refuses, or sends garbage, as refusing.
          const isLost = /^Connection Lost: s2 \(.*\) /.test(text);
          const isRefused = /^Deploy Rejected: s2 \(.*\) /.test(text);
          const isOfS2 = isUnreachable || isLost || isRefused;
          // On a busy machine others are late, too.
          if (isHanging && !isOfS2 && deployStepTimeoutMs < 60_000) {
            deployStepTimeoutMs *= 4;
            continue;
          }
          assert.ok(isOfS2, text);
          assert.equal(code, isRefused ? 22 : 20, text);
          if (fate.startsWith("cut")) assert.ok(!isRefused, text);
          if (fate === "refuse") assert.ok(isRefused, text);
          if (!isUnreachable) assert.match(text, says);
          break;
        }
        await until("the staged executors have ended", async () => {
          return JSON.stringify(await TestNode.executorPids()) === JSON.stringify(pids);
        });
      });
    }
    await t.step(`nothing has changed: ${step}`, async () => {
      assert.deepEqual(await nodes.states(), before);
    });
  }
  await t.step("after all this the next deployment succeeds on all", async () => {
    const { applied } = await rollout.deploy(nodes.ports, "last");
    assert.deepEqual(applied.map(({ generation }) => generation), [2, 2, 2]);
    assert.deepEqual((await nodes.states()).map(({ says }) => says), ["last", "last", "last"]);
  });
});

Deno.test("a node that is slow at every step is awaited, and all commit", async () => {
  await using nodes = await Nodes.start(2);
  await using rollout = await Rollout.create();
  await using proxy = new NodeProxy(nodes.ports[1], async () => {
    await new Promise((resolve) => setTimeout(resolve, 100));
  });
  const { applied } = await rollout.deploy([nodes.ports[0], proxy.port], "slow");
  assert.deepEqual(applied.map(({ generation }) => generation), [1, 1]);
  assert.deepEqual((await nodes.states()).map(({ says }) => says), ["slow", "slow"]);
});

Deno.test("a node that dies at any step: the others stay, and so does it when it is back", async (t) => {
  await using nodes = await Nodes.start(1);
  await using rollout = await Rollout.create();
  await using root = await temporaryFolder();
  let node = await NodeProcess.start(root.path);
  await using stack = new AsyncDisposableStack();
  stack.defer(() => node.kill());
  await rollout.deploy([...nodes.ports, node.port], "old");
  for (const [index, step] of steps.entries()) {
    await t.step(step, async () => {
      const { port } = node;
      const before = [...await nodes.states(), await stateOf(port)];
      await using proxy = new NodeProxy(port, async (each) => {
        if (each === step) await node.kill();
      });
      const { code, text } = await failureOf(
        rollout.deploy([...nodes.ports, proxy.port], `new${index}`),
      );
      assert.ok(code === 20 || code === 22, text);
      assert.match(text, /s2.*127\.0\.0\.1/);
      assert.match(text, nothingChanged);
      node = await NodeProcess.start(root.path, port);
      assert.deepEqual([...await nodes.states(), await stateOf(port)], before);
    });
  }
  const { applied } = await rollout.deploy([...nodes.ports, node.port], "last");
  assert.deepEqual(applied.map(({ generation }) => generation), [2, 2]);
});

Deno.test("a node that freezes while it stages discards it when it resumes", async () => {
  await using nodes = await Nodes.start(1);
  await using rollout = await Rollout.create();
  await using root = await temporaryFolder();
  await using node = await NodeProcess.start(root.path);
  const ports = [...nodes.ports, node.port];
  await rollout.deploy(ports, "old");
  const before = [...await nodes.states(), await stateOf(node.port)];
  {
    const bounds = limitsWith({ deployStepTimeoutMs: 4000, deployAbortTimeoutMs: 50 });
    await using proxy = new NodeProxy(node.port, (step) => {
      if (step === "stage") node.freeze();
    });
    const { text } = await failureOf(
      rollout.deploy([...nodes.ports, proxy.port], "new", { bounds }),
    );
    assert.match(text, mentions("s2", "deadline"));
    assert.match(text, nothingChanged);
  }
  node.thaw();
  assert.deepEqual([...await nodes.states(), await stateOf(node.port)], before);
  // Once it has noticed that the connection is gone.
  await until("the next deployment is taken", async () => {
    return await rollout.deploy(ports, "new").then(() => true, () => false);
  });
  assert.deepEqual((await stateOf(node.port)).says, "new");
});

Deno.test("scripts that a failed deployment has sent are not sent again", async () => {
  await using nodes = await Nodes.start(2);
  await using rollout = await Rollout.create();
  await using proxy = new NodeProxy(nodes.ports[1], first("stage", "refuse"));
  const ports = [nodes.ports[0], proxy.port];
  await failureOf(rollout.deploy(ports, "new"));
  const { plan } = await rollout.deploy(ports, "new");
  assert.equal(plan.sendCount, 0);
  assert.equal(proxy.asked.filter(({ step }) => step === "put").length, 1);
});
