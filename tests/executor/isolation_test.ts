import assert from "node:assert/strict";
import type { LimitChanges } from "../../lib/limits/mod.ts";
import { fakeDeployment } from "../_support/fake_service.ts";
import { manifestOf, type TestDeployment, TestNode, until } from "../_support/nodes/node.ts";
import { mentions } from "../_support/mentions.ts";

const text = { returns: ["str"] };
const deployment: TestDeployment = {
  services: {
    alone: {
      rpcs: {
        id: {
          returns: ["str"],
          source: "const id = crypto.randomUUID();\nexport default () => id;",
        },
        remember: {
          args: ["str"],
          returns: ["str"],
          source:
            "let last = 'nothing';\nexport default (now) => { const was = last; last = now; return was; };",
        },
        wait: {
          args: ["int"],
          returns: ["str"],
          source:
            "const id = crypto.randomUUID();\nexport const wait = (ms) => new Promise((done) => setTimeout(done, ms, id));",
        },
        loop: { source: "export function loop() { for (;;); }" },
      },
    },
  },
};

/** A node that runs each of the service's calls in a process of its own. */
async function isolated(instances: number, bounds?: LimitChanges): Promise<TestNode> {
  const node = await TestNode.start({ bounds });
  await using deployer = await node.connection();
  await deployer.send(deployment);
  const { manifest } = await manifestOf(deployment);
  const [service] = manifest.services;
  const services = [{ ...service, isolation: "call" as const, limits: { instances } }];
  await deployer.stage({ ...manifest, services });
  await deployer.commit();
  return node;
}

Deno.test("with isolation: call, no state passes from one call to another, however many there are", async () => {
  for (const instances of [1, 3]) {
    await using node = await isolated(instances);
    await using connection = await node.connection();
    const { services: [{ isolation }] } = await connection.raw.request(
      { op: "status" },
      { timeoutMs: 60_000 },
    );
    assert.equal(isolation, "call", "status tells");
    const calls = Array.from({ length: 5 }, () => connection.call("alone.id", [], text));
    assert.equal(new Set(await Promise.all(calls)).size, calls.length, "each has its own process");
    const said = { args: ["str"], returns: ["str"] };
    for (const secret of ["one", "two"]) {
      assert.equal(await connection.call("alone.remember", [secret], said), "nothing");
    }
    assert.equal(node.log.all("executor.ended").length, 0, "that they are replaced is no failure");
  }
});

Deno.test("with isolation: call, a late or abandoned call costs no other, and its process ends", async () => {
  await using node = await isolated(2, { executorUnresponsiveMs: 100 });
  await using connection = await node.connection();
  await assert.rejects(connection.call("alone.loop", [], { timeoutMs: 300 }), {
    code: "Deadline Exceeded",
  });
  const abort = new AbortController();
  const waiting = { args: ["int"], ...text };
  const given = connection.call("alone.wait", [60_000], { ...waiting, signal: abort.signal });
  const other = connection.call("alone.wait", [300], waiting);
  await connection.raw.request({ op: "describe" }, { timeoutMs: 60_000 });
  abort.abort();
  await assert.rejects(given, { code: "Cancelled" });
  const ids = [await other, await connection.call("alone.id", [], text)];
  assert.equal(new Set(ids).size, 2);
  await until(
    "no more run than it has instances",
    async () => (await TestNode.executorPids()).length <= 2,
  );
});

Deno.test("with isolation: call, an idle service has no process, and a stopped node leaves none", async () => {
  {
    await using node = await isolated(1, { serviceDefaults: { idleMs: 100 } });
    await using connection = await node.connection();
    await connection.call("alone.id", [], text);
    await until("it rests", async () => (await TestNode.executorPids()).length === 0);
    await connection.call("alone.id", [], text);
  }
  assert.deepEqual(await TestNode.executorPids(), []);
});

Deno.test("an unknown isolation is refused: its service must not run without it", async () => {
  await using node = await TestNode.start();
  await using deployer = await node.connection();
  await deployer.send(fakeDeployment);
  const { manifest } = await manifestOf(fakeDeployment);
  const services = manifest.services.map((service) => ({ ...service, isolation: "machine" }));
  await assert.rejects(deployer.stage({ ...manifest, services }), {
    code: "Deploy Rejected",
    message: mentions('"fake"'),
  });
});
