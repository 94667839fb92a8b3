import assert from "node:assert/strict";
import { good, goodWith, mistakesIn, parse } from "./helpers.ts";

const withSettings = (settings: string): string =>
  goodWith(["    tenants: [c1, c2]\n", `    tenants: [c1, c2]\n${settings}\n`]);

Deno.test("a service's limits, instances and permissions reach the model in base units", () => {
  const text = withSettings(
    "    instances: 2\n" +
      "    limits: { timeout: 10s, heap: 64MiB, memory: 256MiB, calls: 100, queue: 1000, idle: 5m,\n" +
      "      result: 1MiB, log: 50 }\n" +
      "    permissions: { net: [api.example.com:443], read: /data, env: [HOME], sys: [hostname] }",
  );
  const { limits, permissions } = parse(text).services.get("math")!;
  const MiB = 1024 ** 2;
  assert.deepEqual(limits, {
    timeoutMs: 10_000,
    heapBytes: 64 * MiB,
    memoryBytes: 256 * MiB,
    callsMax: 100,
    queueMax: 1000,
    instances: 2,
    idleMs: 300_000,
    resultBytesMax: MiB,
    logLinesPerSecondMax: 50,
  });
  assert.deepEqual(permissions, {
    net: ["api.example.com:443"],
    read: ["/data"],
    env: ["HOME"],
    sys: ["hostname"],
  });
});

Deno.test("a service that asks for nothing has no settings, so that its manifest stays the same", () => {
  const service = parse(goodWith()).services.get("math")!;
  assert.equal("limits" in service || "permissions" in service, false);
});

Deno.test("a setting that is wrong is found with its place, and says what is right", () => {
  const cases: [settings: string, mistake: RegExp][] = [
    ["    instances: two", /^12:16 "instances" is "two", expected a whole number of at least 1/],
    ["    limits: { timeout: 10 }", /^12:24 "timeout" is "10", expected a duration .*10s/],
    ["    limits: { memory: 64MB }", /^12:23 "memory" is "64MB", expected a size .*64MiB/],
    ["    limits: { tiemout: 10s }", /^12:15 unknown key "tiemout".*timeout/],
    [
      "    limits: { instances: 2 }",
      /^12:15 unknown key "instances".*\("instances" stands among the keys of a service\)$/,
    ],
    ["    limits: { heap: 1KiB }", /^12:21 heap 1KiB is too small .* at least 16MiB/],
    ["    limits: { memory: 1MiB }", /^12:23 memory 1MiB is too small .* at least 64MiB/],
    ["    limits: { timeout: 1ms }", /^12:24 timeout 1ms is too small .* at least 10ms/],
    ["    limits: { result: 1B }", /^12:23 result 1B is too small .* at least 1KiB/],
    ["    limits: { calls: [1] }", /^12:22 "calls" is a list, expected a whole number/],
    ["    limits: 10s", /^12:13 expected limits of service "math" as a map/],
    ['    permissions: { net: ["https://a.example/"] }', /^12:26 .* is not a host or host:port/],
    ['    permissions: { net: ["*"] }', /^12:26 .* is not a host or host:port/],
    ["    permissions: { read: [data] }", /^12:27 "data" is not an absolute path/],
    ["    permissions: { read: [/data/../etc] }", /^12:27 .* is not an absolute path/],
    ["    permissions: { read: [/../etc] }", /^12:27 .* is not an absolute path/],
    ["    permissions: { net: [a.example:99999] }", /^12:26 .* is not a host or host:port/],
    ["    limits: { heap: 1.5GB }", /^12:21 .*write 1\.5GiB/],
    ["    instances:", /^12:5 "instances" is empty, expected a whole number/],
    ["    permissions: { env: [$HOME] }", /^12:26 "\$HOME" is not the name of a variable/],
    ["    permissions: { sys: [hostnam] }", /^12:26 .*did you mean "hostname"\?/],
    ["    permissions: { run: [ls] }", /^12:20 unknown key "run"/],
  ];
  for (const [settings, expected] of cases) {
    const mistakes = mistakesIn(withSettings(settings));
    assert.equal(mistakes.length, 1, `${settings}: ${mistakes.join("; ")}`);
    assert.match(mistakes[0], expected);
  }
});

Deno.test("permissions have one spelling and one order, so that a file in another is no deployment", () => {
  const text = withSettings(
    "    permissions: { read: [/b/, /a//c], net: [B.example, a.example:0443] }",
  );
  assert.deepEqual(parse(text).services.get("math")!.permissions, {
    net: ["a.example:443", "b.example"],
    read: ["/a/c", "/b"],
  });
});

Deno.test("isolation is call, or left out", () => {
  const withIsolation = (value: string) =>
    goodWith(["    rpcs:", `    isolation: ${value}\n    rpcs:`]);
  assert.equal(parse(withIsolation("call")).services.get("math")!.isolation, "call");
  assert.equal(parse(good).services.get("math")!.isolation, undefined);
  for (const value of ["calls", "true", "[call]", ""]) {
    assert.match(
      mistakesIn(withIsolation(value)).join(),
      /"isolation" is .*, expected call/,
      value,
    );
  }
});
