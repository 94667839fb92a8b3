import assert from "node:assert/strict";
import { checkout } from "../../_support/checkout.ts";
import { attacks } from "./attacks.ts";
import { attacksSuite } from "./attacks_suite.ts";
import { attackRows } from "./_attack_rows.ts";

attacksSuite("deno run", checkout);

Deno.test("docs/security.md lists every attack; deno run -A tests/sandbox/attacks/_attack_rows.ts writes it", async () => {
  const text = await Deno.readTextFile(new URL("../../../docs/security.md", import.meta.url));
  const plain = (row: string): string => row.replaceAll(/[\\\s]+/g, "");
  const lines = new Set(text.split("\n").map(plain));
  for (const row of attackRows()) assert.ok(lines.has(plain(row)), `no such row: ${row}`);
});

Deno.test("every attack has a unique name", () => {
  const names = attacks.map(({ name }) => name);
  assert.deepEqual([...new Set(names)], names);
  assert.ok(names.length >= 50);
});
