import assert from "node:assert/strict";
import { mapStack } from "../../lib/packed/source_stack.ts";
import { compactSourceMap } from "../../lib/source_map/mod.ts";

/** Line 1, from column 11 on, is line 3 of the source. */
const map = compactSourceMap(
  JSON.stringify({ version: 3, sources: ["cli/call/call.ts"], mappings: "UAEA" }),
  (source) => source,
);
const maps = () => ({ "call-A1.js": map });

Deno.test("a stack of bundled modules is told as places in the sources", () => {
  const stack = [
    "Error: no",
    "    at t (file:///tmp/deno-compile-farcall/call-A1.js:1:15)",
    "    at async file:///tmp/deno-compile-farcall/call-A1.js:1:20",
    "    at Array.map (<anonymous>)",
  ];
  assert.deepEqual(mapStack(stack.join("\n"), maps).split("\n"), [
    "Error: no",
    "    at t (cli/call/call.ts:3:1)",
    "    at async cli/call/call.ts:3:1",
    "    at Array.map (<anonymous>)",
  ]);
});

Deno.test("what is in no source map stays as it is", () => {
  const script = `    at add (file:///srv/services/${"0a".repeat(32)}.js:1:15)`;
  assert.equal(mapStack(script, () => assert.fail("nothing is to be looked up")), script);
  const other = "    at t (file:///tmp/other.js:1:15)\n    at t (file:///tmp/call-A1.js:1:2)";
  assert.equal(mapStack(other, maps), other);
});
