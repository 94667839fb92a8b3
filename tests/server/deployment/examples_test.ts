/** Examples that a node runs before it commits. */
import assert from "node:assert/strict";
import type { ManifestExample } from "../../../lib/manifest/mod.ts";
import { manifestOf, TestNode, type TestOverload } from "../../_support/nodes/node.ts";
import { failure } from "../../_support/mentions.ts";

/** Sends and stages one service with these overloads, each with its examples. */
async function stage(
  node: TestNode,
  rpcs: Readonly<Record<string, TestOverload & { examples: readonly ManifestExample[] }>>,
): Promise<number> {
  await using connection = await node.connection("c1");
  const deployment = { services: { math: { rpcs } } };
  await connection.send(deployment);
  const { manifest } = await manifestOf(deployment);
  const [service] = manifest.services;
  const overloads = service.overloads.map((overload) => ({
    ...overload,
    examples: rpcs[overload.rpc].examples,
  }));
  await connection.stage({ ...manifest, services: [{ ...service, overloads }] });
  return await connection.commit();
}

const add = {
  args: ["int", "int"],
  returns: ["int"],
  source:
    "export const add = (a, b) => { if (b === 0) throw new Error('b is zero'); return a + b; };",
};

Deno.test("passing examples let a deployment continue", async () => {
  await using node = await TestNode.start();
  const generation = await stage(node, {
    add: {
      ...add,
      examples: [
        { args: "[2,3]", returns: "[5]" },
        { args: "[9007199254740993,1]", throws: "mix BigInt" },
        { args: "[2,0]", throws: "is zero" },
        { args: "[2,0]", throws: "" },
      ],
    },
    every: {
      args: ["float", "bytes", "Dict[str, int]", "Optional[str]"],
      returns: ["float", "bytes", "Dict[str, int]", "Optional[str]"],
      source: "export const every = (a, b, c, d) => [a, b, { y: c.y, x: c.x }, d];",
      examples: [{
        args: '["NaN","AAH/",{"x":1,"y":2},null]',
        returns: '["NaN","AAH/",{"x":1,"y":2},null]',
      }],
    },
    nothing: {
      source: "export const nothing = () => {};",
      examples: [{ args: "[]", returns: "[]" }],
    },
  });
  assert.equal(generation, 1);
});

Deno.test("each failing example is reported with the expected and the actual result", async () => {
  const bounds = { exampleTimeoutMs: 2000 };
  await using node = await TestNode.start({ bounds, deployment: { services: {} } });
  const staging = stage(node, {
    add: {
      ...add,
      examples: [
        { args: "[2,3]", returns: "[5]" },
        { args: "[2,3]", returns: "[6]" },
        { args: "[2,0]", returns: "[2]" },
        { args: "[2,1]", throws: "zero" },
        { args: "[2,0]", throws: "one" },
      ],
    },
    wrong: {
      returns: ["int"],
      source: "export const wrong = () => 'x';",
      examples: [{ args: "[]", returns: "[1]" }],
    },
    late: {
      source: "export const late = () => new Promise(() => {});",
      examples: [{ args: "[]", returns: "[]" }],
    },
    minus: {
      returns: ["float"],
      source: "export const minus = () => -0;",
      examples: [{ args: "[]", returns: "[0]" }],
    },
  });
  await assert.rejects(staging, (error: Error) => {
    for (
      const expected of [
        "7 examples failed: ",
        "example 2 of math.add(int, int): add(2,3) returned 5, expected 6",
        'example 3 of math.add(int, int): add(2,0) threw "b is zero", expected 2',
        'example 4 of math.add(int, int): add(2,1) returned 3, expected an exception that says "zero"',
        'example 5 of math.add(int, int): add(2,0) threw "b is zero", expected an exception that says "one"',
        'example 1 of math.wrong(): wrong() threw "',
        "example 1 of math.late(): late() did not answer within 2 s, expected no value",
        "example 1 of math.minus(): minus() returned -0, expected 0",
      ]
    ) assert.ok(error.message.includes(expected), `${expected} in ${error.message}`);
    return true;
  });
  assert.equal(node.node.generation, 1, "what runs is what ran before");
});

Deno.test("an example that kills its executor, or never yields, only stops its deployment", async () => {
  const bounds = { exampleTimeoutMs: 500, executorUnresponsiveMs: 100 };
  await using node = await TestNode.start({ bounds });
  const staging = stage(node, {
    spin: {
      source: "export const spin = () => { for (;;); };",
      examples: [{ args: "[]", returns: "[]" }],
    },
    add: { ...add, examples: [] },
  });
  await assert.rejects(
    staging,
    failure("Deploy Rejected", "example 1", "math.spin()"),
  );
  assert.equal(await stage(node, { add: { ...add, examples: [] } }), 1);
});

Deno.test("examples run when they or their service change, and only then", async () => {
  await using node = await TestNode.start();
  const counted = {
    returns: ["int"],
    source: "let count = 0; export const counted = () => { console.log('ran'); return ++count; };",
  };
  const runs = () => node.log.all("script.console", { text: "ran" }).length;
  await stage(node, { counted: { ...counted, examples: [{ args: "[]", returns: "[1]" }] } });
  await node.log.until("script.console", { text: "ran" });
  await stage(node, { counted: { ...counted, examples: [{ args: "[]", returns: "[1]" }] } });
  assert.equal(runs(), 1, "nothing was new");
  await stage(node, { counted: { ...counted, examples: [{ args: "[]", returns: "[2]" }] } });
  await node.log.until("script.console", { text: "ran" }, 2);
});
