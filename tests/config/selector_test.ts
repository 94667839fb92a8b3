import assert from "node:assert/strict";
import { mistakesIn, parse } from "./helpers.ts";

const fleet = 'nats: { url: "nats://10.0.0.1:4222", fleet: lab }';

function text(providers: string, network = fleet): string {
  return `network:
  ${network}
  clients: {}
services:
  math:
    providers: ${providers}
    tenants: []
    rpcs: { add: { args: [int], returns: int, src: a.ts } }
`;
}

Deno.test("providers are selected among a fleet's nodes: all, or those with labels", () => {
  const cases = [
    ["all", { kind: "all" }],
    ["{ labels: [gpu, cam] }", { kind: "labels", labels: ["gpu", "cam"] }],
    ["{ labels: gpu }", { kind: "labels", labels: ["gpu"] }],
  ] as const;
  for (const [written, expected] of cases) {
    const { services, servers, nats } = parse(text(written));
    assert.deepEqual(services.get("math")!.selector, expected);
    assert.deepEqual([servers.size, nats?.fleet], [0, "lab"]);
  }
});

Deno.test("a server named all is meant by its name", () => {
  const named = "servers: { all: { ip: 127.0.0.1, port: 8181 } }";
  const service = parse(text("all", named)).services.get("math")!;
  assert.deepEqual([service.providers, service.selector], [["all"], undefined]);
});

Deno.test("selectors that select nothing are mistakes at their positions", () => {
  const servers = "servers: { s1: { ip: 127.0.0.1, port: 8181 } }";
  const cases: readonly [text: string, line: number, says: RegExp][] = [
    [text("all", servers), 6, /fleet/],
    [text("{ labels: [gpu] }", servers), 6, /fleet/],
    [text("{ labels: [] }"), 6, /labels.*empty/],
    [text('{ labels: ["a b"] }'), 6, /label/],
    [text("{ labels: [gpu], zone: a }"), 6, /zone|labels/],
  ];
  for (const [written, line, says] of cases) {
    const mistakes = mistakesIn(written);
    assert.equal(mistakes.length, 1, mistakes.join("\n"));
    assert.match(mistakes[0]!, new RegExp(`^${line}:`));
    assert.match(mistakes[0]!, says);
  }
});
