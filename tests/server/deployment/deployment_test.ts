/** What a commit changes on a node, and what it keeps. */
import assert from "node:assert/strict";
import type { FarcallError } from "../../../lib/errors/mod.ts";
import { scriptIdOf } from "../../../lib/identity/mod.ts";
import {
  bytesOf,
  manifestOf,
  temporaryFolder,
  type TestDeployment,
  TestNode,
  until,
} from "../../_support/nodes/node.ts";
import { text, version } from "./_versions.ts";
import { mentions } from "../../_support/mentions.ts";

Deno.test("a commit swaps scripts: calls in flight end on the old one, new ones run on the new one", async () => {
  await using node = await TestNode.start({ isWarm: true, deployment: version("old") });
  await using caller = await node.connection();
  const typed = { args: ["int"], returns: ["str"] };
  assert.equal(await caller.call("who.who", [], text), "old");
  const [old] = await TestNode.executorPids();
  const inFlight = Array.from({ length: 20 }, () => caller.call("who.wait", [400], typed));
  // The node has read those before this one.
  assert.equal(await caller.call("who.who", [], text), "old");
  await node.deploy(version("new"));
  assert.equal(await caller.call("who.who", [], text), "new");
  assert.equal(await caller.call("who.wait", [1], typed), "new");
  assert.deepEqual(new Set(await Promise.all(inFlight)), new Set(["old"]));
  await until(
    "the old executor has ended",
    async () => !(await TestNode.executorPids()).includes(old),
  );
});

Deno.test("calls throughout many deployments: none fails, and none sees an older generation", async () => {
  await using node = await TestNode.start({ isWarm: true, deployment: version("0") });
  let isOver = false;
  const seen: number[][] = [];
  const load = async (): Promise<void> => {
    await using caller = await node.connection();
    const mine: number[] = [];
    seen.push(mine);
    while (!isOver) mine.push(Number(await caller.call("who.who", [], text)));
  };
  const loads = [load(), load(), load()];
  for (let generation = 1; generation <= 5; generation++) {
    await node.deploy(version(String(generation)));
  }
  isOver = true;
  await Promise.all(loads);
  for (const mine of seen) {
    assert.deepEqual(mine, mine.toSorted((a, b) => a - b));
    assert.ok(new Set(mine).size > 2, "calls were made between deployments");
  }
});

Deno.test("an unchanged service keeps its process and its state", async () => {
  const counter = {
    rpcs: {
      count: {
        returns: ["int"],
        source: "let count = 0;\nexport const count_ = 0;\nexport default () => ++count;",
      },
    },
  };
  const deploymentOf = (name: string): TestDeployment => ({
    services: { counter, ...version(name).services },
  });
  await using node = await TestNode.start({ isWarm: true, deployment: deploymentOf("old") });
  const caller = await node.connect();
  assert.equal(await caller.call("counter", "count"), 1);
  const before = await TestNode.executorPids();
  await node.deploy(deploymentOf("new"));
  assert.equal(await caller.call("counter", "count"), 2);
  assert.equal(await caller.call("who", "who"), "new");
  await until("of two processes one has been replaced", async () => {
    const after = await TestNode.executorPids();
    return after.length === 2 && after.filter((pid) => before.includes(pid)).length === 1;
  });
  // New tenants and descriptions start no executor.
  const { manifest } = await manifestOf(deploymentOf("new"));
  const services = manifest.services.map((service) => ({ ...service, description: "new words" }));
  const pids = await TestNode.executorPids();
  await using connection = await node.connection();
  await connection.stage({ ...manifest, services });
  await connection.commit();
  assert.deepEqual(await TestNode.executorPids(), pids);
  assert.equal(await caller.call("counter", "count"), 3);
});

Deno.test("a removed service is gone, and so is its process", async () => {
  const both = { services: { ...version("a", "a").services, ...version("b", "b").services } };
  await using node = await TestNode.start({ isWarm: true, deployment: both });
  const caller = await node.connect();
  assert.equal(await caller.call("a", "who"), "a");
  await node.deploy(version("b", "b"));
  await assert.rejects(caller.call("a", "who"), { code: "Service Not Found" });
  await until("one process is left", async () => (await TestNode.executorPids()).length === 1);
  await node.deploy({ services: {} });
  await assert.rejects(caller.call("b", "who"), { code: "Service Not Found" });
  await until("no process is left", async () => (await TestNode.executorPids()).length === 0);
});

Deno.test("a restarted node serves its last generation, without any init", async () => {
  await using root = await temporaryFolder();
  const stateOf = async (node: TestNode): Promise<unknown> => {
    const caller = await node.connect();
    return [await caller.call("who", "who"), node.node.generation, node.node.name];
  };
  {
    await using node = await TestNode.start({
      isWarm: true,
      root: root.path,
      deployment: version("first"),
    });
    await node.deploy(version("second"));
    assert.deepEqual(await stateOf(node), ["second", 2, "s1"]);
  }
  {
    await using node = await TestNode.start({ root: root.path });
    assert.deepEqual(await TestNode.executorPids(), [], "nothing runs before it is asked for");
    assert.deepEqual(await stateOf(node), ["second", 2, "s1"]);
    await node.deploy(version("third"));
  }
  await using node = await TestNode.start({ root: root.path });
  assert.deepEqual(await stateOf(node), ["third", 3, "s1"]);
});

Deno.test("a node with a name refuses deployments for another name", async () => {
  await using node = await TestNode.start({ name: "s7" });
  const error: FarcallError = await node.deploy(version("x")).then(
    () => assert.fail("it was taken"),
    (error) => error,
  );
  assert.equal(error.code, "Deploy Rejected");
  assert.match(error.message, mentions('"s7"', '"s1"'));
  assert.equal(await node.deploy({ ...version("x"), node: "s7" }), 1);
  await using connection = await node.connection();
  const observed = await connection.raw.request({ op: "observe", scripts: [] }, {
    timeoutMs: 60_000,
  });
  assert.equal(observed.node, "s7");
  assert.equal(observed.generation, 1);
  assert.equal(observed.manifest?.services[0].name, "who");
});

Deno.test("observe names missing scripts, each once, and refuses malformed ids", async () => {
  await using node = await TestNode.start({ isWarm: true, deployment: version("x") });
  await using connection = await node.connection();
  const { scripts } = await manifestOf(version("x"));
  const missing = await scriptIdOf(bytesOf("missing"));
  const ask = async (ids: readonly string[]) =>
    (await connection.raw.request(
      { op: "observe", scripts: ids as typeof missing[] },
      { timeoutMs: 60_000 },
    )).missing;
  assert.deepEqual(await ask([...scripts.keys(), missing, missing]), [missing]);
  await assert.rejects(ask(["../x"]), { code: "Deploy Rejected", message: /"\.\.\/x"/ });
});
