/** A manifest's record of its sources, from untrusted senders. */
import assert from "node:assert/strict";
import { DeployRejected } from "../../lib/errors/mod.ts";
import { limits } from "../../lib/limits/mod.ts";
import { checkManifest, isSourcePath } from "../../lib/manifest/mod.ts";
import { mentions } from "../_support/mentions.ts";

const hash = "a".repeat(64);
const empty = { format: 1, node: "s1", clients: [], services: [] };
const check = (sources: unknown) => checkManifest({ ...empty, sources }).sources;

Deno.test("a record of sources is kept unchanged", () => {
  const sources = {
    bundler: hash,
    files: [
      { path: "f/add.ts", hash, imports: [1], script: hash },
      { path: "f/lib/größe.json", hash },
    ],
  };
  assert.equal(JSON.stringify(check(sources)), JSON.stringify(sources));
  assert.equal(JSON.stringify(checkManifest(empty)), JSON.stringify(empty));
});

Deno.test("a malformed source record is refused with its path", () => {
  const file = { path: "f/add.ts", hash };
  const cases: [unknown, RegExp][] = [
    [null, /\bbundler\b/],
    [[], /\bbundler\b/],
    [{ bundler: "x", files: [] }, /\bbundler\b/],
    [{ bundler: hash, files: {} }, /\bfiles\b/],
    [{ bundler: hash, files: [], more: 1 }, mentions("sources", '"more"')],
    [{ bundler: hash, files: [{ ...file, more: 1 }] }, mentions('"f/add.ts"', '"more"')],
    [{ bundler: hash, files: [null] }, /\bpath\b/],
    [
      { bundler: hash, files: [{ ...file, path: "../add.ts" }] },
      mentions('"../add.ts"'),
    ],
    [{ bundler: hash, files: [{ ...file, hash: "A".repeat(64) }] }, mentions('"f/add.ts"', "hash")],
    [{ bundler: hash, files: [{ ...file, script: "x" }] }, mentions('"f/add.ts"', "hash")],
    [{ bundler: hash, files: [{ ...file, imports: 0 }] }, /imports/],
    [{ bundler: hash, files: [{ ...file, imports: [1] }] }, /imports/],
    [{ bundler: hash, files: [{ ...file, imports: [-1] }] }, /imports/],
    [{ bundler: hash, files: [{ ...file, imports: ["0"] }] }, /imports/],
    [{ bundler: hash, files: Array(limits.sourcesMax + 1).fill(file) }, mentions("16384")],
  ];
  for (const [sources, message] of cases) {
    assert.throws(() => check(sources), (error: Error) => {
      assert.ok(error instanceof DeployRejected);
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("the path of a source leads into the project's folder and stays there", () => {
  for (const path of ["a.ts", "a/b/c.json", ".hidden/x.ts", "…/größe.ts", "a b.ts"]) {
    assert.ok(isSourcePath(path), path);
  }
  const others = [
    "",
    "/etc/passwd.ts",
    "../a.ts",
    "a/../b.ts",
    "./a.ts",
    "a//b.ts",
    "a/",
    "C:/a.ts",
  ];
  for (const path of [...others, "a\\b.ts", "a\0.ts", "x".repeat(1025), 1, null, undefined]) {
    assert.ok(!isSourcePath(path), String(path));
  }
});
