import assert from "node:assert/strict";
import { diffManifests } from "../../lib/deploy/diff.ts";
import { planDeployment } from "../../lib/deploy/plan.ts";
import type { Manifest, ManifestService } from "../../lib/manifest/mod.ts";
import { idOf } from "./_manifests.ts";

const manifest = (settings: Partial<ManifestService>): Manifest => ({
  format: 1,
  node: "s1",
  clients: [],
  services: [{ name: "math", tenants: [], overloads: [], ...settings }],
});

Deno.test("a plan shows every change of limits and permissions, so that nobody gains them unseen", () => {
  const before = manifest({
    limits: { timeoutMs: 10_000, instances: 2 },
    permissions: { net: ["a.example"] },
  });
  const after = manifest({
    limits: { timeoutMs: 5000, memoryBytes: 256 * 1024 ** 2 },
    permissions: { net: ["b.example"], sys: ["hostname"] },
  });
  const diff = diffManifests(before, after);
  assert.equal(diff.isUnchanged, false);
  assert.deepEqual(diff.settings, [
    "limits of math: timeout 10s → 5s, + memory 256MiB, - instances 2",
    "permissions of math: + net b.example, - net a.example, + sys hostname",
  ]);
  assert.deepEqual(diff.others, []);
});

Deno.test("the permissions of a first deployment are shown as well", () => {
  const diff = diffManifests(undefined, manifest({ permissions: { read: ["/data"] } }));
  assert.deepEqual(diff.settings, ["permissions of math: + read /data"]);
});

Deno.test("callers are shown overload by overload, with a warning about those that lose access", () => {
  const overloads = (...allowed: (readonly string[] | undefined)[]): ManifestService["overloads"] =>
    allowed.map((allow, index) => ({
      rpc: "add",
      args: [["int"], ["str"], ["bool"], ["float"]][index],
      returns: [],
      script: idOf("A"),
      ...(allow && { allow }),
    }));
  const tenants = ["c1", "c2"];
  const before = manifest({ tenants, overloads: overloads(undefined, ["c1"], ["c1"]) });
  const after = manifest({ tenants, overloads: overloads(["c2"], undefined, [], ["c1"]) });
  assert.deepEqual(diffManifests(before, after).settings, [
    "callers of math.add(int): all tenants → c2",
    "callers of math.add(str): c1 → all tenants",
    "callers of math.add(bool): c1 → nobody",
    "callers of math.add(float): c1",
  ]);
  const facts = new Map([[idOf("A"), { bytes: 1, source: "a.ts" }]]);
  const { warnings } = planDeployment(
    [{ node: "s1", address: "s1:1", generation: 1, manifest: before, has: new Set() }],
    { manifests: new Map([["s1", after]]), scripts: facts },
  );
  assert.deepEqual(warnings, [
    "math.add(int) is closed to c1 (on s1)",
    "math.add(bool) is closed to c1 (on s1)",
  ]);
});

Deno.test("settings that stay are not shown", () => {
  const same = manifest({ limits: { instances: 2 }, permissions: { env: ["HOME"] } });
  const diff = diffManifests(same, same);
  assert.deepEqual([diff.isUnchanged, diff.settings], [true, []]);
});

Deno.test("permissions in another order are reported", () => {
  const before = manifest({ permissions: { net: ["a.example", "b.example"] } });
  const after = manifest({ permissions: { net: ["b.example", "a.example"] } });
  assert.deepEqual(diffManifests(before, after).others, ["the order of net of math"]);
});
