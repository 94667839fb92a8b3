/** Scripts that change on a node's disk while it runs. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { TestNode, until } from "../_support/nodes/node.ts";
import { failureOf, Nodes, Rollout, stateOf } from "./_rollout.ts";

const damages: Record<string, (path: string) => Promise<void>> = {
  "another script in its place": (path) =>
    Deno.writeTextFile(path, `export const who = () => "evil";\n`),
  "a byte that has fallen over": async (path) => {
    const bytes = await Deno.readFile(path);
    bytes[bytes.length - 5] ^= 1;
    await Deno.writeFile(path, bytes);
  },
  "nothing there any more": (path) => Deno.remove(path),
};

for (const [what, damage] of Object.entries(damages)) {
  Deno.test(`what has changed on the disk is named and not run: ${what}`, async () => {
    await using nodes = await Nodes.start(1);
    await using rollout = await Rollout.create();
    const [node] = nodes.all;
    await rollout.deploy(nodes.ports, "good");
    assert.equal((await stateOf(node.node.port)).says, "good");
    const { manifest } = await stateOf(node.node.port);
    const { script } = manifest!.services[0].overloads[0];
    await damage(join(node.root, "services", `${script}.js`));
    // Loaded scripts keep running; a new executor loads from the disk.
    assert.equal((await stateOf(node.node.port)).says, "good");
    for (const pid of await TestNode.executorPids()) Deno.kill(pid, "SIGKILL");
    await until("the executor is gone", async () => (await TestNode.executorPids()).length === 0);
    for (let attempt = 0; attempt < 3; attempt++) {
      const { text } = await failureOf(stateOf(node.node.port));
      assert.match(
        text,
        new RegExp(
          `^Unavailable: service "of_s1" has no executor on this node: who\\(\\) -> str: its script is gone ` +
            `from this node's disk, or damaged there \\(.*/services/${script}\\.js\\); run init again`,
        ),
      );
    }
    const { plan, applied } = await rollout.deploy(nodes.ports, "good");
    assert.equal(plan.sendCount, 1);
    assert.deepEqual(applied.map(({ generation }) => generation), [2]);
    assert.equal((await stateOf(node.node.port)).says, "good", "healed, and at once");
  });
}
