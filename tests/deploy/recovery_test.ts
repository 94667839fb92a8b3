/** A node that is lost between stage and commit. */
import assert from "node:assert/strict";
import { limitsWith } from "../../lib/limits/mod.ts";
import { join } from "node:path";
import { loadConfiguration } from "../../lib/config/mod.ts";
import { deploy, readHistory } from "../../lib/deploy/mod.ts";
import type { FarcallError } from "../../lib/errors/mod.ts";
import { temporaryFolder, TestNode } from "../_support/nodes/node.ts";
import { first, NodeProxy } from "../_support/nodes/node_proxy.ts";

/** An init.yaml for two nodes, both with a service that returns a text. */
async function write(folder: string, ports: readonly number[], text: string): Promise<string> {
  const file = join(folder, "init.yaml");
  await Deno.writeTextFile(
    join(folder, "who.ts"),
    `export const who = () => ${JSON.stringify(text)};`,
  );
  await Deno.writeTextFile(
    file,
    `network:
  servers:
    s1: { ip: 127.0.0.1, port: ${ports[0]} }
    s2: { ip: 127.0.0.1, port: ${ports[1]} }
  clients: { c1: { ip: 127.0.0.1 } }
services:
  who:
    providers: [s1, s2]
    tenants: [c1]
    rpcs:
      who: { args: [], returns: str, src: who.ts }
`,
  );
  return file;
}

async function ask(node: TestNode): Promise<unknown> {
  await using connection = await node.connection("c1");
  return await connection.call("who.who", [], { returns: ["str"] });
}

for (const loss of ["cut", "cut after"] as const) {
  Deno.test(`a node is lost at the commit (${loss}) and is brought along`, async () => {
    await using folder = await temporaryFolder();
    await using s1 = await TestNode.start();
    await using s2 = await TestNode.start();
    const direct = await write(folder.path, [s1.node.port, s2.node.port], "old");
    await deploy(await loadConfiguration(direct), { deployer: "tester" });
    await using proxy = new NodeProxy(s2.node.port, first("commit", loss));
    const file = await write(folder.path, [s1.node.port, proxy.port], "new");
    const { applied } = await deploy(await loadConfiguration(file), { deployer: "tester" });
    assert.deepEqual(applied, [{ name: "s1", generation: 2 }, { name: "s2", generation: 2 }]);
    assert.deepEqual([await ask(s1), await ask(s2)], ["new", "new"]);
    const [last] = await readHistory(await loadConfiguration(file));
    assert.deepEqual(last.nodes.map(({ node, isCurrent }) => [node, isCurrent]), [
      ["s1", true],
      ["s2", true],
    ]);
  });
}

Deno.test("a step that a returned node refuses is retried, since others have committed", async () => {
  const bounds = limitsWith({ deployRecoveryRetryMs: 20 });
  await using folder = await temporaryFolder();
  await using s1 = await TestNode.start();
  await using s2 = await TestNode.start();
  const direct = await write(folder.path, [s1.node.port, s2.node.port], "old");
  await deploy(await loadConfiguration(direct), { deployer: "tester", bounds });
  await using proxy = new NodeProxy(s2.node.port, (step, nth) => {
    if (step === "commit" && nth === 1) return "cut";
    // Like a disk that is full for a moment.
    return step === "stage" && nth === 2 ? "refuse" : undefined;
  });
  const file = await write(folder.path, [s1.node.port, proxy.port], "new");
  await deploy(await loadConfiguration(file), { deployer: "tester", bounds });
  assert.deepEqual([await ask(s1), await ask(s2)], ["new", "new"]);
});

Deno.test("init reports what a lost node may run, and repairs it later", async () => {
  const bounds = limitsWith({ deployRecoveryMs: 300, deployRecoveryRetryMs: 20 });
  await using folder = await temporaryFolder();
  await using s1 = await TestNode.start();
  await using s2 = await TestNode.start();
  const direct = await write(folder.path, [s1.node.port, s2.node.port], "old");
  await deploy(await loadConfiguration(direct), { deployer: "tester", bounds });
  await using proxy = new NodeProxy(s2.node.port, first("commit", "gone"));
  const cut = await loadConfiguration(await write(folder.path, [s1.node.port, proxy.port], "new"));
  await assert.rejects(deploy(cut, { deployer: "tester", bounds }), (error: FarcallError) => {
    assert.deepEqual(error.details.slice(-2), [
      "s1: committed, runs generation 2",
      "s2: lost, runs generation 1 as before, or generation 2 if it had committed already; " +
      "run init again when it is back",
    ]);
    return true;
  });
  assert.deepEqual([await ask(s1), await ask(s2)], ["new", "old"]);
  await s2.log.until("deploy.aborted");
  const back = await loadConfiguration(
    await write(folder.path, [s1.node.port, s2.node.port], "new"),
  );
  const { applied } = await deploy(back, { deployer: "tester", bounds });
  assert.deepEqual(applied, [{ name: "s2", generation: 2 }]);
  assert.deepEqual([await ask(s1), await ask(s2)], ["new", "new"]);
});
