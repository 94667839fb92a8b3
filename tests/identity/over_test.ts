import assert from "node:assert/strict";
import { parseAddress } from "../../lib/client/mod.ts";
import { over, parseOver, schemeOf } from "../../lib/identity/mod.ts";

Deno.test("a transport is parsed from its name, and numbers of other protocols are refused", () => {
  const cases: readonly [text: string, expected: ReturnType<typeof parseOver>][] = [
    ["tcp", "tcp"],
    ["udp", { kind: "udp", protocol: 17 }],
    ["ip", { kind: "ip", protocol: 170 }],
    ["ip:148", { kind: "ip", protocol: 148 }],
    ["ip:254", { kind: "ip", protocol: 254 }],
  ];
  for (const [text, expected] of cases) assert.deepEqual(parseOver(text), expected, text);
  const others = "|IP|ip:|ip:1|ip:6|ip:17|ip:147|ip:255|ip:999|ip:17O|udp:170|tcp:6|tls".split("|");
  for (const text of others) assert.equal(parseOver(text), undefined, text);
});

Deno.test("an address has a scheme if its transport is not TCP, both ways", () => {
  const cases: readonly [scheme: string, carrier: ReturnType<typeof over> | undefined][] = [
    ["", undefined],
    ["udp://", over("udp")],
    ["ip://", over("ip")],
    ["ip+171://", over("ip", 171)],
  ];
  for (const [scheme, carrier] of cases) {
    assert.equal(schemeOf(carrier), scheme);
    assert.deepEqual(parseAddress(`${scheme}10.0.0.1:8181`), {
      host: "10.0.0.1",
      port: 8181,
      ...(carrier && { over: carrier }),
    });
  }
  assert.deepEqual(parseAddress("tcp://10.0.0.1:8181"), { host: "10.0.0.1", port: 8181 });
  assert.equal(parseAddress("http://10.0.0.1:8181"), undefined);
  assert.throws(() => parseAddress("ip+6://10.0.0.1:8181"), TypeError);
});
