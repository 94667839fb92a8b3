/** Source locations of bundled scripts. */
import assert from "node:assert/strict";
import { checkSourceMap, SourceMap } from "../../lib/source_map/mod.ts";
import { excessiveGrowth } from "../linear_time/_growth.ts";
import { bundle, withSources } from "./_sources.ts";

Deno.test("every location in a script maps to its source, in packages, too", async () => {
  const files = {
    "s/f.ts": 'import { g } from "p";\n\ninterface Unused {\n  a: number;\n}\n\n' +
      "export function f(): number {\n  return g() + marked();\n}\n\nfunction marked(): number {\n  return 1;\n}\n",
    "node_modules/p/package.json": '{ "version": "1.2.3", "type": "module" }',
    "node_modules/p/index.js":
      "// A comment.\nexport const g = () => {\n  throw new Error();\n};\n",
    "s/with\nbreak.ts": "export const f = () => 1;\n",
  };
  await withSources(files, async (folder) => {
    const { scripts: [script] } = await bundle(folder, ["s/f.ts", "f"]);
    const lines = new TextDecoder().decode(script.bytes).split("\n");
    assert.ok(script.sourceMap);
    checkSourceMap(script.sourceMap);
    const map = new SourceMap(new TextDecoder().decode(script.sourceMap));
    const at = (text: string) => {
      const line = lines.findIndex((each) => each.includes(text));
      assert.ok(line >= 0, text);
      return map.at(line + 1, lines[line].indexOf(text) + 1);
    };
    assert.deepEqual(at("g() +"), { source: "s/f.ts", line: 8, column: 10 });
    assert.deepEqual(at("function marked"), { source: "s/f.ts", line: 11, column: 1 });
    assert.deepEqual(at("throw new"), { source: "npm:p@1.2.3/index.js", line: 3, column: 3 });
    assert.equal(map.at(9999, 1), undefined);
    const odd = await bundle(folder, ["s/with\nbreak.ts", "f"]);
    assert.match(
      new TextDecoder().decode(odd.scripts[0].sourceMap),
      /^farcall places 1\n\["s\/with\?break\.ts"\]\n/,
    );
  });
});

Deno.test("far lines are found, and many of them take no more time each than few", async () => {
  const head = 'farcall places 1\n["a.ts"]\n';
  const lines = Array.from({ length: 5000 }, (_, index) => index % 3 === 0 ? "AAAA" : "AAAC");
  const map = new SourceMap(head + lines.join("\n"));
  for (const line of [5000, 1, 1024, 1025, 1026, 2049, 4999]) {
    const column = lines[line - 1] === "AAAA" ? 1 : 2;
    assert.deepEqual(map.at(line, 1), { source: "a.ts", line: 1, column }, String(line));
  }
  assert.equal(map.at(5001, 1), undefined);
  assert.equal(map.at(999_999_999, 1), undefined);
  const lookUp = (count: number): void => {
    const long = new SourceMap(head + "\n".repeat(100 * count));
    for (let index = 0; index < count; index++) long.at(100 * count - index, 1);
  };
  assert.equal(await excessiveGrowth(lookUp, { size: 500, smallMs: 60 }), undefined);
});

Deno.test("malformed source maps are refused, and do no harm", () => {
  const encode = (text: string) => new TextEncoder().encode(text);
  const head = 'farcall places 1\n["a.ts"]\n';
  checkSourceMap(encode(head + "AAAA,CAAC\n\n+/+\n"));
  for (
    const text of [
      "",
      head.slice(0, -1),
      'farcall places 2\n["a.ts"]\n',
      "farcall places 1\n{}\n",
      "farcall places 1\n[1]\n",
      'farcall places 1\n["a\\u001b[31m.ts"]\n',
      "farcall places 1\nnot JSON\n",
      head + "AA.A",
      head + "<AAA",
      head + "ä",
    ]
  ) assert.throws(() => checkSourceMap(encode(text)), text);
  assert.throws(() => checkSourceMap(Uint8Array.of(0xff)));
  for (
    const line of ["AAAA,A", "g", "gggggggggggggggg", ",,,,", "AgggggD", "AA/A/A/A", "//////////"]
  ) {
    const map = new SourceMap(head + line);
    for (const column of [1, 2, 1e9]) {
      const found = map.at(1, column);
      assert.ok(found === undefined || found.source === "a.ts");
    }
  }
});
