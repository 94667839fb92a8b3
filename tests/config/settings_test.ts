import assert from "node:assert/strict";
import { good, goodWith, mistakesIn, parse } from "./helpers.ts";
import { diagnostic, mentions } from "../_support/mentions.ts";

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

Deno.test("a wrong setting is reported with its position and the right form", () => {
  const cases: [settings: string, mistake: RegExp][] = [
    ["    instances: two", diagnostic("12:16", '"instances"', '"two"', "number")],
    ["    limits: { timeout: 10 }", diagnostic("12:24", '"timeout"', '"10"', "duration", "10s")],
    ["    limits: { memory: 64MB }", diagnostic("12:23", '"memory"', '"64MB"', "64MiB", "size")],
    ["    limits: { tiemout: 10s }", diagnostic("12:15", '"tiemout"', "unknown")],
    [
      "    limits: { instances: 2 }",
      diagnostic("12:15", '"instances"', "service"),
    ],
    ["    limits: { heap: 1KiB }", diagnostic("12:21", "1KiB", "16MiB")],
    ["    limits: { memory: 1MiB }", diagnostic("12:23", "1MiB", "64MiB")],
    ["    limits: { timeout: 1ms }", diagnostic("12:24", "1ms", "10ms")],
    ["    limits: { result: 1B }", diagnostic("12:23", "result", "1B", "1KiB")],
    ["    limits: { calls: [1] }", diagnostic("12:22", '"calls"', "number")],
    ["    limits: 10s", diagnostic("12:13", '"math"')],
    ['    permissions: { net: ["https://a.example/"] }', diagnostic("12:26", "port", "host")],
    ['    permissions: { net: ["*"] }', diagnostic("12:26", "port", "host")],
    ["    permissions: { read: [data] }", diagnostic("12:27", '"data"', "absolute")],
    ["    permissions: { read: [/data/../etc] }", diagnostic("12:27", "absolute")],
    ["    permissions: { read: [/../etc] }", diagnostic("12:27", "absolute")],
    ["    permissions: { net: [a.example:99999] }", diagnostic("12:26", "port", "host")],
    ["    limits: { heap: 1.5GB }", /^12:21 .*write 1\.5GiB/],
    ["    instances:", diagnostic("12:5", '"instances"', "empty")],
    ["    permissions: { env: [$HOME] }", diagnostic("12:26", '"$HOME"')],
    ["    permissions: { sys: [hostnam] }", diagnostic("12:26", '"hostname"')],
    ["    permissions: { run: [ls] }", diagnostic("12:20", '"run"', "unknown")],
  ];
  for (const [settings, expected] of cases) {
    const mistakes = mistakesIn(withSettings(settings));
    assert.equal(mistakes.length, 1, `${settings}: ${mistakes.join("; ")}`);
    assert.match(mistakes[0], expected);
  }
});

Deno.test("permissions have one spelling and one order, so that reordering them changes nothing", () => {
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
      mentions('"isolation"', /\bcall\b/),
      value,
    );
  }
});
