import assert from "node:assert/strict";
import { type NodeObservation, type Plan, planDeployment } from "../../lib/deploy/plan.ts";
import { formatBytes, formatPlan, planToJson } from "../../lib/deploy/plan_text.ts";
import { publicKey } from "../../lib/identity/key.ts";
import type { Manifest } from "../../lib/manifest/manifest.ts";
import { client, idOf, manifest } from "./_manifests.ts";
import { lineWith } from "../_support/mentions.ts";

const scripts = new Map([
  [idOf("A"), { bytes: 312, source: "services/math/add.ts" }],
  [idOf("B"), { bytes: 290, source: "services/math/concat.ts" }],
  [idOf("C"), { bytes: 420, source: "services/math/mean.ts" }],
  [idOf("D"), { bytes: 123_456, source: "services/text/tables.ts" }],
]);

function observe(
  node: string,
  generation: number,
  runs: Manifest | undefined,
  has: string,
): NodeObservation {
  const address = `127.0.0.1:${node === "s1" ? 8181 : 8282}`;
  const ids = new Set([...has].map(idOf));
  const observation = { node, address, generation, has: ids };
  return runs === undefined ? observation : { ...observation, manifest: runs };
}

function plan(wanted: Record<string, Manifest>, ...observations: NodeObservation[]): Plan {
  return planDeployment(observations, { manifests: new Map(Object.entries(wanted)), scripts });
}

function text(...lines: string[]): string {
  return lines.map((line) => line + "\n").join("");
}

const add = "add(int, int) -> int A";
const concat = "add(str, str) -> str B";
const mean = "mean(List[float]) -> float C";

Deno.test("a first deployment's plan lists nodes, scripts and sizes", () => {
  const wanted = manifest({ "math: c1 c2": [add, concat, mean] });
  assert.equal(
    formatPlan(plan({ s1: wanted }, observe("s1", 0, undefined, ""))),
    text(
      "s1 127.0.0.1:8181  first generation, sends 3 scripts, 1022 B",
      "  + math.add(int, int) -> int        services/math/add.ts     312 B",
      "  + math.add(str, str) -> str        services/math/concat.ts  290 B",
      "  + math.mean(List[float]) -> float  services/math/mean.ts    420 B",
      "  tenants of math: + c1, + c2",
      "  clients: + c1 (127.0.0.1), + c2 (127.0.0.1)",
    ),
  );
});

Deno.test("a plan lists what is added, changed, removed and kept, on each node", () => {
  const before = manifest({
    "math: c1 c2": ["mean(List[float]) -> float Z", "primes(int) -> List[int] Y", concat],
    "text: c1": ["old(str) -> str X"],
  });
  const after = manifest({ "math: c1 c3": [add, mean, "primes(int) -> List[int] Y", concat] });
  const s2 = manifest({ "math: c1 c2": [concat] }, { node: "s2" });
  const planned = plan(
    { s1: after, s2 },
    observe("s1", 3, before, "BXYZA"),
    observe("s2", 3, s2, "B"),
  );
  assert.equal(
    formatPlan(planned),
    text(
      "s1 127.0.0.1:8181  generation 3 → 4, sends 1 script, 420 B",
      "  + math.add(int, int) -> int        services/math/add.ts   already there",
      "  ~ math.mean(List[float]) -> float  services/math/mean.ts  420 B",
      "  - text.old(str) -> str",
      "  = 2 unchanged",
      "  tenants of math: + c3, - c2",
      "s2 127.0.0.1:8282  unchanged (generation 3)",
      "! text.old(str) is removed; tenants that can call it now: c1 (on s1)",
    ),
  );
  assert.equal(planned.isUnchanged, false);
  assert.equal(planned.nodes[1].isUnchanged, true);
  assert.equal(planned.nodes[1].generationAfter, 3);
  assert.deepEqual(planned.nodes[0].send, [idOf("C")]);
  assert.equal(planned.sendBytes, 420);
});

Deno.test("a changed return type is shown, with a warning for its tenants", () => {
  const before = manifest({ "math: c1 c2": ["add(int, int) -> float A", "log(str) -> None B"] });
  const after = manifest({ "math: c1 c2": [add, "log(str) -> int, str B"] });
  const s2 = { node: "s2" };
  const planned = plan(
    { s1: after, s2: { ...after, ...s2 } },
    observe("s1", 1, before, "AB"),
    observe("s2", 7, { ...before, ...s2 }, "AB"),
  );
  const lines = [
    "  ~ math.add(int, int) -> int  returned float before",
    "  ~ math.log(str) -> int, str  returned None before",
  ];
  assert.equal(
    formatPlan(planned),
    text(
      "s1 127.0.0.1:8181  generation 1 → 2, sends no script",
      ...lines,
      "s2 127.0.0.1:8282  generation 7 → 8, sends no script",
      ...lines,
      "! math.add(int, int) returns int instead of float; tenants that can call it now: c1, c2 (on s1, s2)",
      "! math.log(str) returns int, str instead of None; tenants that can call it now: c1, c2 (on s1, s2)",
    ),
  );
});

Deno.test("a deployment that changes nothing says so on every node", () => {
  const wanted = manifest({ "math: c1": [add] });
  const planned = plan({ s1: wanted }, observe("s1", 5, wanted, "A"));
  assert.equal(planned.isUnchanged, true);
  assert.equal(formatPlan(planned), "s1 127.0.0.1:8181  unchanged (generation 5)\n");
});

Deno.test("a node that lost a script gets it again", () => {
  const wanted = manifest({ "math: c1": [add, concat] });
  const planned = plan({ s1: wanted }, observe("s1", 5, wanted, "B"));
  assert.equal(planned.isUnchanged, false);
  assert.equal(
    formatPlan(planned),
    text(
      "s1 127.0.0.1:8181  generation 5 → 6, sends 1 script, 312 B",
      "  = 2 unchanged",
      "  scripts that were lost or damaged there are sent again",
    ),
  );
});

Deno.test("clients, descriptions and orders that change are shown", () => {
  const before = manifest({ "math: a": [add] }, { clients: ["a", "b", "c ::1 9"].map(client) });
  const after = manifest({ "math: a": [add] }, {
    clients: ["c ::1 10", "a 10.0.0.1 99", "d"].map(client),
  });
  const described = {
    ...after,
    services: after.services.map((service) => ({ ...service, description: "sums" })),
  };
  assert.equal(
    formatPlan(plan({ s1: described }, observe("s1", 1, before, "A"))),
    text(
      "s1 127.0.0.1:8181  generation 1 → 2, sends no script",
      "  = 1 unchanged",
      "  clients: + d (127.0.0.1), - b, ~ c ([::1]:9 → [::1]:10), ~ a (127.0.0.1 → 10.0.0.1:99)",
      "  changed: the description of math",
      "  changed: the order of the clients",
    ),
  );
});

Deno.test("an rpc that becomes idempotent, or is so no longer, is a change of its own", () => {
  const plain = manifest({ "math: a": [add] });
  const idempotent = {
    ...plain,
    services: plain.services.map((service) => ({
      ...service,
      overloads: service.overloads.map((each) => ({ ...each, isIdempotent: true as const })),
    })),
  };
  for (
    const [before, after, says] of [
      [plain, idempotent, "idempotent"],
      [idempotent, plain, "no longer idempotent"],
    ] as const
  ) {
    assert.equal(
      formatPlan(plan({ s1: after }, observe("s1", 1, before, "A"))),
      text(
        "s1 127.0.0.1:8181  generation 1 → 2, sends no script",
        `  ~ math.add(int, int) -> int  ${says}`,
      ),
    );
  }
});

Deno.test("a script that several overloads share is sent once", () => {
  const wanted = manifest({
    "math: c1": [add, "plus(int) -> int A"],
    "more: c1": ["f() -> None A"],
  });
  const planned = plan({ s1: wanted }, observe("s1", 0, undefined, ""));
  assert.deepEqual(planned.nodes[0].send, [idOf("A")]);
  assert.equal(planned.sendBytes, 312);
});

Deno.test("a plan of thousands of lines becomes a readable summary", () => {
  const overloads = Array.from({ length: 2000 }, (_, index) => `f${index}() -> int A`);
  const before = manifest({ "many: c1": [...overloads.slice(0, 25), "gone() -> int A"] });
  const after = manifest({ "many: c1": overloads });
  const names = ["s1", "s2", "s3", "s4", "s5"];
  const planned = plan(
    Object.fromEntries([...names, "s6"].map((name) => [name, after])),
    ...names.map((name) => observe(name, 3, before, "A")),
    observe("s6", 7, after, "A"),
  );
  const lines = formatPlan(planned, { linesMax: 60 }).split("\n");
  assert.match(
    lines[0],
    /^s1 \S+ {2}generation 3 → 4, .*: {2}\+ 1975, - 1, = 25$/,
  );
  assert.match(lines[5], /^s6 \S+ {2}unchanged \(generation 7\)$/);
  assert.equal(lines[6], "  + many.f25() -> int  services/math/add.ts  already there  on 5 nodes");
  assert.equal(lines[26], "  … 1956 more; --verbose shows all, with tenants, clients and settings");
  assert.match(lines[27], /^! many\.gone\(\) .*\bc1\b/);
  assert.equal(lines.length, 29);
  assert.ok(formatPlan(planned).split("\n").length > 9_000, "and all of it when asked");
});

Deno.test("clients' changed keys are shown by their first characters", () => {
  const key = publicKey("ed25519:PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw");
  const before = manifest({}, { clients: [client("a"), { name: "b", key }] });
  const after = manifest({}, {
    clients: [{ ...client("a"), key }, { name: "b", ip: "::1", port: 7, key }, { name: "c", key }],
  });
  assert.match(
    formatPlan(plan({ s1: after }, observe("s1", 1, before, ""))),
    lineWith(
      "clients: + c (ed25519:PUAXw-hD…)",
      /~ a \(127\.0\.0\.1 → 127\.0\.0\.1 .*ed25519:PUAXw-hD…\), ~ b \(ed25519/,
      /~ b \(ed25519:PUAXw-hD… → \[::1\]:7 .*ed25519:PUAXw-hD…\)$/,
    ),
  );
});

Deno.test("of many clients, the first are named", () => {
  const clients = Array.from({ length: 50 }, (_, index) => client(`c${index}`));
  const wanted = manifest({ "math: c1": [add] }, { clients });
  const lines = formatPlan(plan({ s1: wanted }, observe("s1", 0, undefined, ""))).split("\n");
  assert.match(lines[3], /\+ c19 \(127\.0\.0\.1\), … 30 more$/);
});

Deno.test("one overlong signature does not push every column off the screen", () => {
  const long = `f(${Array.from({ length: 30 }, () => "int").join(", ")}) -> int A`;
  const wanted = manifest({ "math: c1": [long, add] });
  const lines = formatPlan(plan({ s1: wanted }, observe("s1", 0, undefined, ""))).split("\n");
  assert.match(lines[1], /-> int {2}services\/math\/add.ts {2}312 B$/);
  assert.equal(lines[2], "  + math.add(int, int) -> int  services/math/add.ts  312 B");
});

Deno.test("a program reads the same plan as JSON", () => {
  const before = manifest({ "math: c1": [concat, "old() -> None A"] });
  const after = manifest({ "math: c2": [concat, mean] });
  const json = planToJson(plan({ s1: after }, observe("s1", 3, before, "AB")));
  assert.deepEqual(JSON.parse(JSON.stringify(json)), {
    isUnchanged: false,
    sendCount: 1,
    sendBytes: 420,
    warnings: ["math.old() is removed; tenants that can call it now: c1 (on s1)"],
    nodes: [{
      node: "s1",
      address: "127.0.0.1:8181",
      isUnchanged: false,
      isSignedAnew: false,
      generationBefore: 3,
      generationAfter: 4,
      send: [{ script: idOf("C"), source: "services/math/mean.ts", bytes: 420 }],
      sendBytes: 420,
      repairs: [],
      overloads: [
        {
          change: "added",
          service: "math",
          rpc: "mean",
          args: ["List[float]"],
          returns: ["float"],
          script: idOf("C"),
        },
        { change: "removed", service: "math", rpc: "old", args: [], returns: [], script: null },
      ],
      unchangedCount: 1,
      tenants: [{ service: "math", gained: ["c2"], lost: ["c1"] }],
      clients: { added: [], removed: [], changed: [] },
      settings: [],
      packages: [],
      others: [],
    }],
  });
});

Deno.test("a plan for an unknown node or script is an internal error, not a guess", () => {
  const wanted = manifest({ "math: c1": ["add() -> int Q"] });
  assert.throws(() => plan({}, observe("s1", 0, undefined, "")), TypeError);
  assert.throws(() => plan({ s1: wanted }, observe("s1", 0, undefined, "")), TypeError);
});

Deno.test("sizes are shown as people read them", () => {
  const shown = [0, 1023, 1024, 1229, 1024 * 1024 - 1, 1024 * 1024, 5_000_000].map(formatBytes);
  assert.deepEqual(shown, ["0 B", "1023 B", "1.0 KiB", "1.2 KiB", "1.0 MiB", "1.0 MiB", "4.8 MiB"]);
});
