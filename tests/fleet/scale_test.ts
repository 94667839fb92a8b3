/** Many nodes and many overloads in one init.yaml. */
import assert from "node:assert/strict";
import { loadConfiguration } from "../../lib/config/mod.ts";
import { deploy, formatPlan } from "../../lib/deploy/mod.ts";
import { limitsWith } from "../../lib/limits/mod.ts";
import { Project } from "../_support/nodes/fleet.ts";
import { Nodes } from "./_rollout.ts";
import { lineWith, mentions } from "../_support/mentions.ts";

const nodesCount = Number(Deno.env.get("FARCALL_SCALE_NODES") ?? 6);
const overloadsPerNode = Number(Deno.env.get("FARCALL_SCALE_OVERLOADS") ?? 6);
const overloadsCount = nodesCount * overloadsPerNode;

Deno.test(`${nodesCount} nodes and ${overloadsCount} overloads are deployed in one go`, async (t) => {
  await using nodes = await Nodes.start(nodesCount);
  await using project = await Project.create();
  const write = async (file: string, step: number): Promise<void> => {
    let yaml = "network:\n  servers:\n";
    for (const [index, port] of nodes.ports.entries()) {
      yaml += `    n${index}: { ip: 127.0.0.1, port: ${port} }\n`;
    }
    yaml += "  clients: { c1: { ip: 127.0.0.1 } }\nservices:\n";
    for (let node = 0; node < nodesCount; node++) {
      yaml += `  service_${node}:\n    providers: [n${node}]\n    tenants: [c1]\n    rpcs:\n`;
      for (let rpc = 0; rpc < overloadsPerNode; rpc++) {
        const src = `f/${node * overloadsPerNode + rpc}.ts`;
        yaml += `      rpc_${rpc}: { args: [int], returns: [int], src: ${src} }\n`;
      }
    }
    await project.write(file, yaml);
    for (let index = 0; index < overloadsCount; index += step) {
      const added = step === 1 ? index : index + 1;
      await project.write(
        `f/${index}.ts`,
        `export default (value: number): number => value + ${added};\n`,
      );
    }
  };
  /** The progress of each step, in order. */
  let progress: Record<string, [done: number, total: number][]> = {};
  const run = async (file: string) =>
    await deploy(await loadConfiguration(project.path(file)), {
      deployer: "tester",
      // All nodes share this thread: what one waits for, others keep from coming.
      bounds: limitsWith({ deployStepTimeoutMs: 600_000, pongTimeoutMs: 600_000 }),
      progress: {
        step: (name, done, total) => (progress[name] ??= []).push([done, total]),
      },
    });

  await t.step("at once, with a readable plan, and one connection per node", async () => {
    await write("init.yaml", 1);
    const { plan, applied } = await run("init.yaml");
    assert.equal(applied.length, nodesCount);
    assert.ok(applied.every(({ generation }) => generation === 1));
    assert.equal(plan.sendCount, overloadsCount);
    const lines = formatPlan(plan, { linesMax: 40 }).trimEnd().split("\n");
    assert.ok(lines.length <= nodesCount + 25, `${lines.length} lines`);
    assert.match(
      lines[0],
      lineWith(
        /^n0 127\.0\.0\.1:\d+ {2}/,
        "first",
        `${overloadsPerNode} scripts`,
        new RegExp(`: {2}\\+ ${overloadsPerNode}$`),
      ),
    );
    assert.match(lines.at(-1)!, mentions("--verbose"));
    for (const node of nodes.all) {
      assert.equal(node.log.all("connection.accepted").length, 1);
    }
  });

  await t.step("the progress of every step goes from nothing to all", () => {
    for (const step of ["observe", "send", "stage", "commit"]) {
      const expected = Array.from({ length: nodesCount + 1 }, (_, done) => [done, nodesCount]);
      assert.deepEqual(progress[step], expected, step);
    }
    assert.deepEqual(progress.bundle[0], [0, overloadsCount]);
    progress = {};
  });

  await t.step("calls are answered on the first node and the last", async () => {
    for (const index of [0, nodesCount - 1]) {
      const farcall = await nodes.all[index].connect();
      const expected = 1000 + index * overloadsPerNode + 3;
      assert.equal(await farcall.call(`service_${index}`, "rpc_3", [1000]), expected);
    }
  });

  await t.step("afterwards only the nodes that change are staged", async () => {
    await write("init.yaml", overloadsCount / 4);
    const { plan, applied } = await run("init.yaml");
    assert.equal(plan.sendCount, 4);
    assert.deepEqual(
      applied.map(({ name }) => name),
      [0, 1, 2, 3].map((part) => `n${Math.floor(part * nodesCount / 4)}`),
    );
    assert.deepEqual(progress.stage.at(-1), [4, 4]);
  });
});
