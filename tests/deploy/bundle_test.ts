import assert from "node:assert/strict";
import { ownChildren } from "../_support/nodes/processes.ts";
import { threadMs } from "../_support/processor_time.ts";
import { join } from "node:path";
import { withEsbuild } from "../../lib/deploy/bundle/_esbuild.ts";
import { esbuildName } from "../../lib/deploy/bundle/_esbuild_name.ts";
import { bundleScripts } from "../../lib/deploy/bundle/bundle.ts";
import { scriptIdOf } from "../../lib/identity/script_id.ts";
import { bundle, bundledText, withSources } from "./_sources.ts";

const sources = {
  "services/math/add.ts": `import { check } from "../shared/check.ts";
import table from "./table.json" with { type: "json" };
import type { Anything } from "npm:never-installed";
/** Adds. */
export function add(a: number, b: number): number {
  const unused: Anything | undefined = undefined;
  return check(a) + check(b) + table.zero;
}
`,
  "services/math/table.json": `{ "zero": 0 }`,
  "services/shared/check.ts": `export function check(value: number): number {
  if (!Number.isFinite(value)) throw new RangeError(\`größer als alles: \${value}\`);
  return value;
}
export function neverUsed(): void {}
`,
};

Deno.test("a script with relative imports of TypeScript and JSON becomes one module that runs", async () => {
  await withSources(sources, async (folder) => {
    const { scripts: [script], warnings } = await bundle(folder, ["services/math/add.ts", "add"]);
    const text = new TextDecoder().decode(script.bytes);
    assert.equal(script.script, await scriptIdOf(script.bytes));
    assert.deepEqual(script.exports, ["add"]);
    assert.deepEqual(warnings, []);
    assert.doesNotMatch(text, /\bimport\b|neverUsed|Anything/);
    assert.match(text, /größer.als.alles/);
    const module = await import(`data:text/javascript,${encodeURIComponent(text)}`);
    assert.equal(module.add(2, 3), 5);
  });
});

Deno.test("the same sources give the same script in any folder, alone or with others", async () => {
  const files = {
    ...sources,
    // Bundlers tend to name the default export of an index file after the folder.
    "index.ts":
      `import { check } from "./services/shared/check.ts";\nexport default () => check(1);\n`,
    "other.ts": `import root from "./index.ts";\nexport const check = () => root();\n`,
  };
  const results: string[][] = [];
  for (const alone of [false, true, false]) {
    await withSources(files, async (folder) => {
      const wanted: [string, string][] = [
        ["services/math/add.ts", "add"],
        ["index.ts", "anything"],
        ["other.ts", "check"],
      ];
      if (results.length === 2) wanted.reverse();
      const bundles = alone
        ? await Promise.all(wanted.map((each) => bundle(folder, each)))
        : [await bundle(folder, ...wanted)];
      const ids = bundles.flatMap(({ scripts }) =>
        scripts.map((script) => script.script as string)
      );
      results.push(ids.sort());
    });
  }
  assert.deepEqual(results[1], results[0]);
  assert.deepEqual(results[2], results[0]);
});

Deno.test("files beside the sources do not affect a script", async () => {
  const plain = { "a/f.ts": "export class A { b; }\nexport function f() { return new A(); }\n" };
  const crowded = {
    ...plain,
    "tsconfig.json": `{ "compilerOptions": { "useDefineForClassFields": false, "target": "es5" } }`,
    "a/tsconfig.json": `{ "extends": "./missing.json" }`,
    "package.json": `{ "type": "commonjs", "sideEffects": false }`,
    "a/package.json": `not even JSON`,
  };
  let first = "";
  await withSources(
    plain,
    async (folder) => void (first = await bundledText(folder, "a/f.ts", "f")),
  );
  await withSources(crowded, async (folder) => {
    assert.equal(await bundledText(folder, "a/f.ts", "f"), first);
  });
});

Deno.test("line ends, a byte order mark and comments of their own line do not change a script", async () => {
  const text = "export const f = () => `two\nlines`;\n";
  const ids = new Set<string>();
  for (
    const variant of [text, "\ufeff" + text, text.replaceAll("\n", "\r\n"), "// hello\n" + text]
  ) {
    await withSources({ "f.ts": variant }, async (folder) => {
      ids.add((await bundle(folder, ["f.ts", "f"])).scripts[0].script);
    });
  }
  assert.equal(ids.size, 1);
});

Deno.test("a source that several rpcs share is one script", async () => {
  const files = { "a.ts": "export const f = () => 1;\nexport const g = () => 2;\n" };
  await withSources(files, async (folder) => {
    const { scripts } = await bundle(folder, ["a.ts", "f"], ["a.ts", "g"], ["./a.ts", "f"]);
    assert.equal(scripts.length, 3);
    assert.deepEqual(scripts[0].exports, ["f", "g"]);
    assert.ok(scripts.every((script) => script === scripts[0]));
  });
});

Deno.test("a default export serves an rpc of any name", async () => {
  const files = { "a.ts": "export default function (): void {}\n" };
  await withSources(files, async (folder) => {
    await bundle(folder, ["a.ts", "whatever"]);
  });
});

Deno.test("sources outside the folder of init.yaml, and behind a link, are bundled by their own path", async () => {
  const files = { "deploy/init.yaml": "", "shared/a.ts": "export const f = () => 1;\n" };
  await withSources(files, async (folder) => {
    await Deno.symlink(join(folder, "shared"), join(folder, "deploy", "linked"));
    const outside = await bundledText(join(folder, "deploy"), "../shared/a.ts", "f");
    assert.match(outside, /^\/\/ script:\.\.\/shared\/a\.ts\n/);
    assert.doesNotMatch(outside, new RegExp(folder));
    const linked = await bundledText(join(folder, "deploy"), "linked/a.ts", "f");
    assert.match(linked, /^\/\/ script:linked\/a\.ts\n/);
  });
});

Deno.test("syntax unknown to the oldest runtime is translated", async () => {
  const files = {
    "a.ts":
      `export function f() { using x = { [Symbol.dispose]() {} }; return [x, /[\\p{L}--a]/v]; }\n`,
  };
  await withSources(files, async (folder) => {
    const text = await bundledText(folder, "a.ts", "f");
    assert.doesNotMatch(text, /using x/);
    assert.match(text, /\/v\b/);
  });
});

Deno.test("hundreds of scripts that share a file are bundled in seconds", async () => {
  const count = 400;
  const files: Record<string, string> = { "shared.ts": "export const one = () => 1;\n" };
  for (let index = 0; index < count; index++) {
    files[`f${index}.ts`] =
      `import { one } from "./shared.ts";\nexport const f = (): number => one() + ${index};\n`;
  }
  await withSources(files, async (folder) => {
    const started = threadMs();
    const names = Array.from(
      { length: count },
      (_, index) => [`f${index}.ts`, "f"] as [string, string],
    );
    const { scripts } = await bundle(folder, ...names);
    const tookMs = threadMs() - started;
    assert.equal(new Set(scripts.map((script) => script.script)).size, count);
    assert.ok(tookMs < 4000, `took ${tookMs} ms`);
  });
});

Deno.test("without scripts to bundle, no bundler starts", async () => {
  assert.deepEqual(await bundleScripts([], { folder: "/" }), { scripts: [], warnings: [] });
});

Deno.test("another version of esbuild has another identity, so that its bundles are not confused with this one's", async () => {
  const loader = new URL("../../lib/deploy/bundle/_esbuild.ts", import.meta.url);
  const versions = (await Deno.readTextFile(loader)).matchAll(/npm:esbuild@([\d.]+)/g);
  const names = new Set(versions.map(([, version]) => `esbuild-${version}`));
  assert.deepEqual([...names], [esbuildName]);
});

Deno.test("concurrent bundlings do not end each other's esbuild", async () => {
  await withSources(sources, async (folder) => {
    const ids = await Promise.all(
      Array.from({ length: 5 }, async () => {
        return (await bundle(folder, ["services/math/add.ts", "add"])).scripts[0].script;
      }),
    );
    assert.equal(new Set(ids).size, 1);
  });
});

Deno.test({
  name: "the bundler's process is told nothing of the environment",
  ignore: Deno.build.os !== "linux",
  async fn() {
    assert.notDeepEqual(Deno.env.toObject(), {});
    await withEsbuild(async (esbuild) => {
      await esbuild.formatMessages([], { kind: "error" });
      const environments = await Promise.all(
        (await ownChildren()).map((pid) => Deno.readTextFile(`/proc/${pid}/environ`)),
      );
      assert.deepEqual(environments, [""]);
    });
  },
});
