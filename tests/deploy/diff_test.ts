import assert from "node:assert/strict";
import { diffManifests, type NodeDiff } from "../../lib/deploy/diff.ts";
import type { Manifest } from "../../lib/manifest/manifest.ts";
import { client, manifest } from "./_manifests.ts";

function changes(diff: NodeDiff): string[] {
  return diff.services.flatMap((service) => [
    `${service.change} ${service.name}`,
    ...service.overloads.map(({ change, rpc, args }) => `  ${change} ${rpc}(${args.join(", ")})`),
  ]);
}

const math = ["add(int, int) -> int A", "add(str, str) -> str B", "mean(List[float]) -> float C"];

Deno.test("a first deployment adds everything", () => {
  const diff = diffManifests(undefined, manifest({ "math: c1": math }));
  assert.deepEqual(changes(diff), [
    "added math",
    "  added add(int, int)",
    "  added add(str, str)",
    "  added mean(List[float])",
  ]);
  assert.deepEqual(diff.services[0].tenantsGained, ["c1"]);
  assert.deepEqual(diff.clients.added.map(({ name }) => name), ["c1", "c2"]);
  assert.deepEqual(diff.others, []);
  assert.equal(diff.isUnchanged, false);
});

Deno.test("the same manifest again changes nothing", () => {
  const diff = diffManifests(manifest({ "math: c1": math }), manifest({ "math: c1": math }));
  assert.equal(diff.isUnchanged, true);
  assert.deepEqual(changes(diff), [
    "unchanged math",
    "  unchanged add(int, int)",
    "  unchanged add(str, str)",
    "  unchanged mean(List[float])",
  ]);
  assert.deepEqual(diff.others, []);
});

Deno.test("overloads are distinguished by their arguments", () => {
  const before = manifest({ "math: c1": math, "text: c1": ["old(str) -> str D"] });
  const after = manifest({
    "math: c1": ["add(int, int) -> int Z", "add(str, str) -> int B", "add(float) -> float A"],
    "new: c1": ["f() -> None A"],
  });
  const diff = diffManifests(before, after);
  assert.deepEqual(changes(diff), [
    "changed math",
    "  changed add(int, int)",
    "  changed add(str, str)",
    "  added add(float)",
    "  removed mean(List[float])",
    "added new",
    "  added f()",
    "removed text",
    "  removed old(str)",
  ]);
  assert.equal(diff.services[0].overloads[1].before?.returns[0], "str");
  assert.equal(diff.services[0].overloads[1].after?.returns[0], "int");
});

Deno.test("gained and lost tenants are shown for each service", () => {
  const before = manifest({ "math: c1 c2": math, "text: c1": [] });
  const after = manifest({ "math: c1 c3": math, "text: c1": [] });
  const { services } = diffManifests(before, after);
  assert.deepEqual([services[0].tenantsGained, services[0].tenantsLost], [["c3"], ["c2"]]);
  assert.deepEqual(services.map(({ change }) => change), ["changed", "unchanged"]);
});

Deno.test("a client with another address is a change of that client", () => {
  const before = manifest({}, { clients: ["a", "b 10.0.0.1", "c"].map(client) });
  const after = manifest({}, { clients: ["a 127.0.0.1 99", "b 10.0.0.1", "d"].map(client) });
  const { clients, isUnchanged } = diffManifests(before, after);
  assert.deepEqual(clients, {
    added: [client("d")],
    removed: [client("c")],
    changed: [{ before: client("a"), after: client("a 127.0.0.1 99") }],
  });
  assert.equal(isUnchanged, false);
});

for (
  const [what, before, after] of [
    [
      "the order of the clients",
      manifest({}, { clients: ["a", "b"].map(client) }),
      manifest({}, { clients: ["b", "a"].map(client) }),
    ],
    [
      "the order of the services",
      manifest({ "a: c": [], "b: c": [] }),
      manifest({ "b: c": [], "a: c": [] }),
    ],
    ["the order of the tenants of a", manifest({ "a: c d": [] }), manifest({ "a: d c": [] })],
    [
      "the order of the overloads of a",
      manifest({ "a: c": math }),
      manifest({ "a: c": [...math].reverse() }),
    ],
    [`the node's name, "s2" before`, manifest({}, { node: "s2" }), manifest({})],
    ["other settings", manifest({}), { ...manifest({}), limits: {} } as Manifest],
  ] as const
) {
  Deno.test(`${what}: a change that is not in the lists is not passed over`, () => {
    const diff = diffManifests(before, after);
    assert.equal(diff.isUnchanged, false);
    assert.deepEqual(diff.others, [what]);
  });
}

Deno.test("an insertion between others does not count as a reordering", () => {
  const before = manifest({ "a: c": [math[0], math[2]] });
  assert.deepEqual(diffManifests(before, manifest({ "a: c": math })).others, []);
  assert.deepEqual(diffManifests(manifest({ "a: c": math }), before).others, []);
});
