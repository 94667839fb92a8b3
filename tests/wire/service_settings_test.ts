import assert from "node:assert/strict";
import { limits } from "../../lib/limits/mod.ts";
import {
  checkManifest,
  formatQuantity,
  fullLimits,
  limitSpecs,
  parseQuantity,
} from "../../lib/manifest/mod.ts";

Deno.test("durations, sizes and counts are read as people write them", () => {
  assert.equal(parseQuantity("500ms", "duration"), 500);
  assert.equal(parseQuantity("1.5s", "duration"), 1500);
  assert.equal(parseQuantity("2m", "duration"), 120_000);
  assert.equal(parseQuantity("1h", "duration"), 3_600_000);
  assert.equal(parseQuantity("64KiB", "bytes"), 65_536);
  assert.equal(parseQuantity("0.5GiB", "bytes"), 536_870_912);
  assert.equal(parseQuantity("100", "count"), 100);
});

Deno.test("an ambiguous number is refused", () => {
  for (const text of ["10", "10 sec", "-1s", "0s", "1e3s", "s", "", "10S"]) {
    assert.equal(parseQuantity(text, "duration"), undefined, text);
  }
  for (const text of ["64MB", "64", "64mib", "9999999999GiB"]) {
    assert.equal(parseQuantity(text, "bytes"), undefined, text);
  }
  for (const text of ["1.5", "0", "-3", "10s", "many"]) {
    assert.equal(parseQuantity(text, "count"), undefined, text);
  }
});

Deno.test("formatted numbers can be parsed again", () => {
  for (
    const [value, unit] of [[1500, "duration"], [7_200_000, "duration"], [1, "bytes"]] as const
  ) {
    assert.equal(parseQuantity(formatQuantity(value, unit), unit), value);
  }
  assert.equal(formatQuantity(256 * 1024 ** 2, "bytes"), "256MiB");
  assert.equal(formatQuantity(90_000, "duration"), "90s");
});

Deno.test("every limit has a name, a default and an upper bound", () => {
  const fields = limitSpecs.map(({ field }) => field).sort();
  assert.deepEqual(fields, Object.keys(limits.serviceDefaults).sort());
  assert.deepEqual(fields, Object.keys(limits.serviceBounds).sort());
  for (const field of fields) {
    assert.ok(limits.serviceDefaults[field] <= limits.serviceBounds[field], field);
  }
  assert.equal(fullLimits({ callsMax: 3 }).callsMax, 3);
  assert.equal(fullLimits({}).callsMax, limits.serviceDefaults.callsMax);
});

Deno.test("a manifest cannot contain a limit or a permission that init.yaml could not express", () => {
  const manifest = (settings: Record<string, unknown>) => ({
    format: 1,
    node: "s1",
    clients: [],
    services: [{ name: "math", tenants: [], overloads: [], ...settings }],
  });
  const good = {
    limits: { instances: 2 },
    permissions: { net: ["a.example:443"], read: ["/data"] },
  };
  assert.deepEqual(checkManifest(manifest(good)).services[0].permissions, good.permissions);
  const wrong = [
    { limits: { instances: 0 } },
    { limits: { instances: 1.5 } },
    { limits: { instances: "2" } },
    { limits: { processes: 2 } },
    { limits: [] },
    { permissions: { run: ["ls"] } },
    { permissions: { net: [] } },
    { permissions: { net: ["*"] } },
    { permissions: { net: ["a,b"] } },
    { permissions: { read: ["data"] } },
    { permissions: { env: ["A=B"] } },
    { permissions: { read: ["/data/../etc"] } },
    { permissions: { write: ["/../etc"] } },
    { permissions: { read: ["/data//x"] } },
    { permissions: { net: ["a.example:99999"] } },
    { permissions: { net: ["unix:socket"] } },
    { permissions: { sys: ["hostnam"] } },
    { permissions: { sys: "hostname" } },
    { permissions: { read: ["/data\u0000/x"] } },
  ];
  for (const settings of wrong) {
    assert.throws(
      () => checkManifest(manifest(settings)),
      { code: "Deploy Rejected" },
      JSON.stringify(settings),
    );
  }
});
