import assert from "node:assert/strict";
import {
  limitsUnder,
  parseAdvertised,
  parseGrantRule,
  parseLimitRule,
  problemsOf,
} from "../../../lib/server/operator.ts";
import type { ManifestService } from "../../../lib/manifest/mod.ts";
import { mentions } from "../../_support/mentions.ts";
import { TestNode } from "../../_support/nodes/node.ts";

function service(settings: Partial<ManifestService>): ManifestService {
  return { name: "math", tenants: [], overloads: [], ...settings };
}

function problems(
  settings: Partial<ManifestService>,
  limits: string[],
  grants: string[],
): string[] {
  const rules = { limits: limits.map(parseLimitRule), grants: grants.map(parseGrantRule) };
  return problemsOf(rules, service(settings));
}

Deno.test("an advertised address has one spelling", () => {
  assert.equal(parseAdvertised("203.0.113.5:8181"), "203.0.113.5:8181");
  assert.equal(parseAdvertised("[2001:DB8:0:0::5]:80"), "[2001:db8::5]:80");
  assert.equal(parseAdvertised("[::ffff:10.0.0.1]:80"), "10.0.0.1:80");
  for (const nobody of ["0.0.0.0:80", "[::]:80", "[0:0::0]:80", "[::ffff:0.0.0.0]:80"]) {
    assert.throws(
      () => parseAdvertised(nobody),
      { name: "TypeError", message: mentions(nobody) },
      nobody,
    );
  }
  const spelledOtherwise = ["127.1:1", "0:1", "010.0.0.1:1"];
  for (
    const wrong of [
      ...spelledOtherwise,
      "203.0.113.5",
      "a:1",
      "1.2.3.4:0",
      "1.2.3.999:1",
      "[::x]:1",
      "::1:1",
      "",
    ]
  ) {
    assert.throws(() => parseAdvertised(wrong), TypeError, wrong);
  }
});

Deno.test("operators' limits and grants are parsed, for all services and for one", () => {
  const GiB = 1024 ** 3;
  assert.deepEqual(parseLimitRule("memory=1GiB"), {
    service: undefined,
    name: "memory",
    value: GiB,
  });
  assert.deepEqual(parseLimitRule("math:timeout=90s"), {
    service: "math",
    name: "timeout",
    value: 90_000,
  });
  assert.deepEqual(parseGrantRule("math:net=a.example:443, b.example"), {
    service: "math",
    kind: "net",
    values: ["a.example:443", "b.example"],
  });
});

Deno.test("a malformed limit or grant is refused with the right form, never ignored", () => {
  for (
    const text of ["memory", "memory=lots", "memory=5", "mem=1GiB", "math:memory:1GiB", "=1", ""]
  ) {
    assert.throws(() => parseLimitRule(text), TypeError, text);
  }
  const wrong = ["math", "math:net", "math:net=", "net=a.example", "math:run=ls", "math:net=a,,b"];
  for (const text of [...wrong, "math:net=*", "math:read=data", "math:ffi=/lib"]) {
    assert.throws(() => parseGrantRule(text), TypeError, text);
  }
});

/** The minimum of each limit, and a value below it. */
const leastLimits = [
  ["heap=16MiB", "heap=1KiB"],
  ["memory=64MiB", "memory=1MiB"],
  ["result=1KiB", "result=1B"],
  ["timeout=10ms", "timeout=1ms"],
  ["node-memory=2MiB", "node-memory=1KiB"],
  ["connections=2", "connections=1"],
  ["connections-per-address=1", "connections-per-address=0"],
  ["executors=1", "executors=0"],
  ["calls=1", "calls=0"],
  ["queue=1", "queue=0"],
  ["instances=1", "instances=0"],
  ["idle=1ms", "idle=0s"],
  ["log=1", "log=0"],
  ["http-idle=1ms", "http-idle=0s"],
] as const;

Deno.test("an unusably low limit is refused, and the named minimum works", async () => {
  for (const [least, less] of leastLimits) {
    parseLimitRule(least);
    const [name, value] = least.split("=");
    const says = less.includes("=0") ? /\b1|\b0/ : new RegExp(`\\b${value}$`);
    assert.throws(() => parseLimitRule(less), { name: "TypeError", message: says }, name);
  }
  const together = leastLimits.map(([least]) => least)
    // A busy machine may take any time; and the deployer has a connection, too.
    .filter((least) => !/^(timeout|connections-per-address)=/.test(least));
  await using node = await TestNode.start({ limits: together });
  const source = "export const twice = (text) => text + text;";
  const rpcs = { twice: { args: ["str"], returns: ["str"], source } };
  await using connection = await node.connection();
  await connection.deploy({ services: { text: { rpcs } } });
  const types = { args: ["str"], returns: ["str"] };
  assert.equal(await connection.call("text.twice", ["x".repeat(400)], types), "x".repeat(800));
});

Deno.test("a service may request what the operator allows, and is told the flag for more", () => {
  const asks = { limits: { instances: 8, timeoutMs: 10_000 } };
  assert.deepEqual(problems(asks, [], []), []);
  assert.deepEqual(problems(asks, ["instances=4"], []), [
    'service "math" asks for instances 8, this node allows 4; start it with --limit math:instances=8',
  ]);
  assert.deepEqual(problems(asks, ["instances=4", "math:instances=8"], []), []);
  assert.deepEqual(problems(asks, ["math:instances=2", "instances=16"], []).length, 1);
  assert.deepEqual(problems(asks, ["other:instances=1"], []), []);
  assert.deepEqual(problems({ limits: { instances: 65 } }, [], []), [
    'service "math" asks for instances 65, this node allows 64; start it with --limit math:instances=65',
  ]);
  assert.deepEqual(problems({ limits: { instances: 65 } }, ["instances=65"], []), []);
});

Deno.test("a service gets only its own grants", () => {
  const asks = { permissions: { net: ["api.example:443"], read: ["/data/in"], sys: ["hostname"] } };
  assert.deepEqual(problems(asks, [], []), [
    'service "math" asks for net api.example:443, which is not granted; start the node with --grant math:net=api.example:443',
    'service "math" asks for read /data/in, which is not granted; start the node with --grant math:read=/data/in',
    'service "math" asks for sys hostname, which is not granted; start the node with --grant math:sys=hostname',
  ]);
  const all = ["math:net=api.example:443", "math:read=/data", "math:sys=hostname,loadavg"];
  assert.deepEqual(problems(asks, [], all), []);
  assert.equal(problems(asks, [], all.map((grant) => grant.replace("math", "text"))).length, 3);
});

Deno.test("a grant covers paths below it and any port of a host, and no look-alikes", () => {
  const asked = (kind: string, wish: string, grant: string): number =>
    problems({ permissions: { [kind]: [wish] } }, [], [`math:${kind}=${grant}`]).length;
  assert.equal(asked("read", "/data/x", "/data"), 0);
  assert.equal(asked("read", "/data/x", "/data/"), 0);
  assert.equal(asked("read", "/database", "/data"), 1);
  assert.equal(asked("read", "/", "/data"), 1);
  assert.equal(asked("net", "a.example:443", "a.example"), 0);
  assert.equal(asked("net", "a.example", "a.example:443"), 1);
  assert.equal(asked("net", "b.a.example", "a.example"), 1);
  assert.equal(asked("write", "/data", "/data"), 0);
  assert.equal(asked("env", "HOME", "HOM"), 1);
});

Deno.test("a request that only starts like a granted path reaches nothing outside of it", () => {
  const grants = [parseGrantRule("math:read=/data"), parseGrantRule("math:write=/data")];
  for (
    const path of ["/data/../etc", "/data/in/../../etc", "/data/..", "/data/./in", "/data//in"]
  ) {
    for (const kind of ["read", "write"]) {
      // Bypassing checkManifest: like a generation committed by an earlier version.
      const asks = service({ permissions: { [kind]: [path] } });
      assert.equal(problemsOf({ limits: [], grants }, asks).length, 1, `${kind} ${path}`);
    }
  }
});

Deno.test("a grant that the runtime cannot enforce is refused at the node's start, not at a deployment", () => {
  for (
    const text of [
      ...["math:read=/data/../etc", "math:net=https://a.example", "math:net=a.example:0"],
      ...["math:net=a.example:65536", "math:net=a..b", "math:net=1.2.3", "math:env=$HOME"],
      "math:sys=hostnam",
    ]
  ) {
    assert.throws(() => parseGrantRule(text), TypeError, text);
  }
  assert.deepEqual(parseGrantRule("math:read=/data/, /a//b, /").values, ["/data", "/a/b", "/"]);
  assert.deepEqual(parseGrantRule("math:net=A.Example:0443,[::0001]:80").values, [
    "a.example:443",
    "[::1]:80",
  ]);
});

Deno.test("an operator's bound applies to a service that requests nothing, too", () => {
  const rules = {
    limits: ["timeout=10s", "math:calls=8", "queue=9999"].map(parseLimitRule),
    grants: [],
  };
  assert.deepEqual(limitsUnder(rules, service({})), { timeoutMs: 10_000, callsMax: 8 });
  assert.deepEqual(limitsUnder(rules, service({ limits: { timeoutMs: 5000, queueMax: 1 } })), {
    timeoutMs: 5000,
    callsMax: 8,
    queueMax: 1,
  });
  assert.deepEqual(limitsUnder({ limits: [], grants: [] }, service({})), {});
});
