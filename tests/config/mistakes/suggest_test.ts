import assert from "node:assert/strict";
import { nearest } from "../../../lib/config/mod.ts";

const keys = ["providers", "tenants", "rpcs", "description", "ip"];

Deno.test("nearest() finds the intended word for each kind of typo", () => {
  const slips: Record<string, string> = {
    tennants: "tenants", // one inserted
    tenats: "tenants", // one deleted
    tenents: "tenants", // one replaced
    teanants: "tenants",
    provdiers: "providers", // two swapped
    TENANTS: "tenants", // case
    desc: "description", // a prefix
    pi: "ip",
  };
  for (const [slip, meant] of Object.entries(slips)) assert.equal(nearest(slip, keys), meant, slip);
});

Deno.test("nearest() stays silent where a suggestion would be a guess", () => {
  for (const word of ["", "banana", "x", "permissions", "limits", "tls", "a".repeat(10_000)]) {
    assert.equal(nearest(word, keys), undefined, word);
  }
  assert.equal(nearest("s", ["t"]), undefined);
  assert.equal(nearest("add", []), undefined);
});

Deno.test("nearest() suggests nothing for a known word", () => {
  assert.equal(nearest("rpcs", keys), undefined);
});

Deno.test("nearest() prefers the nearer, and the first of equals", () => {
  assert.equal(nearest("s3", ["s1", "s2"]), "s1");
  assert.equal(nearest("serve", ["server", "serving", "Serve"]), "Serve");
});

Deno.test("nearest() examines a bounded number of candidates", () => {
  const many = function* (): Generator<string> {
    for (let at = 0;; at++) yield `candidate number ${at}`;
  };
  assert.equal(nearest("xyz", many()), undefined);
});
