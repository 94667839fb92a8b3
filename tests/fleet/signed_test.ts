/** Signed deployments of whole fleets: everything that init.yaml can express is signed as nodes read it. */
import assert from "node:assert/strict";
import { loadConfiguration } from "../../lib/config/mod.ts";
import { deploy, isWhole, rollback, verifyNodes } from "../../lib/deploy/mod.ts";
import type { PublicKey } from "../../lib/identity/mod.ts";
import { Project } from "../_support/nodes/fleet.ts";
import { newKey, TestConnection, TestNode } from "../_support/nodes/node.ts";
import { first, NodeProxy } from "../_support/nodes/node_proxy.ts";
import { Rollout } from "./_rollout.ts";
import { NodeConnection } from "../../lib/client/mod.ts";

/** Every field of a manifest, in an unusual order. */
function everything(port: number, key: PublicKey): string {
  return `network:
  servers: { s1: { port: ${port}, ip: 127.0.0.1 } }
  clients:
    c1: { rate: 100/s, burst: 500, ip: 127.0.0.1, port: 5001 }
    office: { ip: 10.0.0.0/8 }
    holder: { key: "${key}", ip: "fd00::7" }
services:
  work:
    permissions: { env: [LANG], net: ["api.example.com:443", "a.example.com"] }
    limits: { memory: 256MiB, timeout: 10s, calls: 100 }
    instances: 2
    tenants: [holder, c1]
    providers: [s1]
    description: "does — «things»: \\u2028 \\u0007 \\\\ \\" 𝄞"
    rpcs:
      twice:
        description: twice as much
        idempotent: true
        allow: [c1]
        overloads:
          - src: twice.ts
            returns: int
            names: [n]
            args: [int]
            examples:
              - { returns: 4, args: [2] }
              - { throws: "no", args: [-1] }
          - { args: ["List[int]", "Dict[str, Optional[float]]"], returns: [], src: none.ts }
`;
}

Deno.test("everything that init.yaml can express is signed as the node reads it", async () => {
  const key = await newKey();
  await using project = await Project.create({
    "twice.ts": `import { no } from "./no.ts";
      export function twice(n: number): number { if (n < 0) throw no; return 2 * n; }`,
    "no.ts": `export const no = new Error("no");`,
    "none.ts": "export const twice = (..._: unknown[]) => {};",
  });
  const deployKeys = [key.publicKey];
  const grants = ["work:env=LANG", "work:net=api.example.com:443,a.example.com"];
  await using node = await TestNode.start({ deployKeys, grants });
  await project.write("init.yaml", everything(node.node.port, key.publicKey));
  const configuration = await loadConfiguration(project.path("init.yaml"));
  const options = { deployer: "ann@lab", key };
  await deploy(configuration, options);
  await project.write("none.ts", "export const twice = (..._: unknown[]) => undefined;");
  await deploy(configuration, options);
  // The sources are signed, too: otherwise they would not be believed.
  const step = (name: string): void => assert.notEqual(name, "bundle");
  const { plan } = await deploy(configuration, { ...options, progress: { step } });
  assert.deepEqual(plan.nodes[0].manifest.sources?.files.map(({ imports }) => imports), [
    undefined,
    undefined,
    [0],
  ]);
  await rollback(configuration, { ...options, generation: 1 });
  const { host, port } = node.node;
  const [found] = await verifyNodes([{ address: { name: "s1", host, port } }], {
    key,
    trusted: new Set(deployKeys),
  });
  assert.ok(isWhole(found), JSON.stringify(found));
  assert.deepEqual(
    found.generations.map(({ signedBy, rollbackTo, notes }) => [signedBy, rollbackTo, ...notes]),
    [[key.publicKey, undefined], [key.publicKey, undefined], [key.publicKey, 1]],
  );
});

Deno.test("a node lost while it commits is completed with its original signature", async (t) => {
  const key = await newKey();
  const deployKeys = [key.publicKey];
  for (const fate of ["cut", "cut after", "orphan"] as const) {
    await t.step(fate, async () => {
      // The node is reached through a proxy, whose address is known once it listens.
      const advertised: string[] = [];
      await using direct = await TestNode.start({ deployKeys });
      await using node = await TestNode.start({ deployKeys, advertised });
      await using proxy = new NodeProxy(node.node.port, first("commit", fate));
      advertised.push(`127.0.0.1:${proxy.port}`);
      await using rollout = await Rollout.create();
      const ports = [direct.node.port, proxy.port];
      const { applied } = await rollout.deploy(ports, "new", { key });
      assert.deepEqual(applied.map(({ generation }) => generation), [1, 1]);
      const { host, port } = node.node;
      const raw = await NodeConnection.open({ host, port }, { key });
      await using connection = new TestConnection(raw, key);
      const { generations } = await connection.raw.request({ op: "history" }, {
        timeoutMs: 60_000,
      });
      assert.deepEqual(generations.map(({ deployment }) => deployment?.signed?.key), deployKeys);
      const [found] = await verifyNodes([{ address: { name: "s2", host, port } }], { key });
      assert.ok(isWhole(found), JSON.stringify(found));
    });
  }
});
