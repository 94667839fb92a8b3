import assert from "node:assert/strict";
import { goodWith, goodWithServices, mistakesIn, parse } from "./helpers.ts";

const overload = "{ args: [int, int], returns: [int], src: services/math/add.ts }";
const closed = (allow: string): string =>
  goodWith([overload, overload.replace(" }", `, allow: ${allow} }`)]);

/** The permitted clients of each overload of math.add. */
function allowed(text: string): unknown[] {
  return parse(text).services.get("math")!.rpcs.get("add")!.overloads.map(({ allow }) => allow);
}

Deno.test("allow of an overload, and of an rpc for overloads without their own", () => {
  assert.deepEqual(allowed(goodWith()), [undefined, undefined]);
  assert.deepEqual(allowed(closed("[c2, c1]")), [["c1", "c2"], undefined]);
  assert.deepEqual(allowed(closed("c2")), [["c2"], undefined]);
  assert.deepEqual(allowed(closed("[]")), [[], undefined]);
  const both = goodWithServices(
    "services:\n  math:\n    providers: [s1]\n    tenants: [c1, c2]\n    rpcs:\n      add:\n" +
      "        allow: [c1]\n        overloads:\n" +
      `          - ${overload}\n` +
      "          - { args: [str], src: a.ts, allow: [c2] }\n",
  );
  assert.deepEqual(allowed(both), [["c1"], ["c2"]]);
});

Deno.test("allow of a shared rpc is checked against the tenants of each service", () => {
  const shared = (allow: string): string =>
    goodWithServices(
      "services:\n  math: { providers: [s1], tenants: [c1, c2], rpcs: [add] }\n" +
        "  more: { providers: [s1], tenants: [c1], rpcs: [add] }\n" +
        `rpc:\n  add: { args: [], src: a.ts, allow: ${allow} }\n`,
    );
  assert.deepEqual(allowed(shared("[c1]")), [["c1"]]);
  assert.deepEqual(mistakesIn(shared("[c1, c2]")), [
    '12:43 "c2", allowed to call rpc "add", is not a tenant of service "more", expected one of c1 ' +
    '(did you mean "c1"?)',
  ]);
});

Deno.test("an allow that admits nobody by mistake is reported with the right form", () => {
  const mistakes: [allow: string, expected: string[]][] = [
    ["[c3]", [
      '14:82 "c3", allowed to call rpc "add", is not a tenant of service "math", ' +
      'expected one of c1, c2 (did you mean "c1"?)',
    ]],
    ["[c1, c1]", [
      '14:86 client "c1" is named twice, first in line 14, column 82 (remove one of the two)',
    ]],
    ["", [
      '14:74 "allow" is empty (list the tenants that may call it, or write allow: [] to exclude everyone)',
    ]],
    ["{ c1: true }", [
      '14:81 expected a list of clients as "allow", got a map (write allow: [c1, c2])',
    ]],
    ["[7]", [
      '14:82 expected the name of a client, got the number 7 (if a name is meant, put it in quotes: "7")',
    ]],
  ];
  for (const [allow, expected] of mistakes) assert.deepEqual(mistakesIn(closed(allow)), expected);
  assert.deepEqual(mistakesIn(goodWith([overload, overload.replace(" }", ", tenants: [c1] }")])), [
    '14:74 unknown key "tenants", expected one of args, names, returns, src, description, idempotent, allow, ' +
    'examples (did you mean "allow"?)',
  ]);
});
