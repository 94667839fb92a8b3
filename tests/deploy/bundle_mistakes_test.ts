import assert from "node:assert/strict";
import { join } from "node:path";
import { bundleScripts } from "../../lib/deploy/bundle/bundle.ts";
import { InvalidConfiguration } from "../../lib/errors/mod.ts";
import { bundle, mistakesOf, shown, withSources } from "./_sources.ts";
import { diagnostic, mentions } from "../_support/mentions.ts";

/** The mistakes of one script `f.ts` with the rpc `f`. */
async function said(
  source: string | Uint8Array,
  others: Record<string, string> = {},
  prepare?: (folder: string) => Promise<void>,
) {
  let texts: string[] = [];
  await withSources({ "s/f.ts": source, ...others }, async (folder) => {
    await prepare?.(folder);
    texts = (await mistakesOf(folder, ["s/f.ts", "f"])).map(shown);
  });
  return texts;
}

for (
  const [specifier, ...facts] of [
    ["npm:lodash", '"lodash"', "npm install lodash"],
    ["npm:lodash@4", '"lodash"', "npm install lodash@4"],
    ["lodash", '"lodash"', "npm install lodash"],
    ["@scope/name/sub", '"@scope/name"', "npm install @scope/name"],
    ["jsr:@std/path", "npx jsr add @std/path"],
    ["https://example.com/x.ts", "package", "file"],
    ["data:text/javascript,", "file"],
    ["#lib", '"imports"'],
    ["node:fs", "arguments"],
    ["node:never/heard/of", "program"],
    ["crypto", "Node", "global", "crypto"],
    ["../../..", /exist|folder/],
    [".", '"."', "package"],
    ["/etc/x.ts", "./", "../"],
    ["file:///etc/x.ts", "./", "../"],
  ] as const
) {
  Deno.test(`an import of "${specifier}" is refused at its place, with what to do`, async () => {
    const [text, ...others] = await said(
      `\nimport x from "${specifier}";\nexport const f = () => x;\n`,
    );
    assert.deepEqual(others, []);
    assert.match(text, diagnostic("s/f.ts:2:15", `"${specifier}": `, ...facts));
  });
}

for (
  const [what, source, place, ...facts] of [
    ["import() of a file", `export const f = () => import("./f.ts");`, "1:31", "import()"],
    ["import() of a value", `export const f = (x: string) => import(x);`, "1:33", "import()"],
    [
      ...["import.meta", `export const f = () => import.meta.url;`],
      ...["1:24", "import.meta", "JSON"],
    ],
    ["require of a file", `export const f = () => require("./f.ts");`, "1:32", "require"],
    ["require of a value", `export const f = (x: string) => require(x);`, "1:33", "require"],
    [
      ...["a picture", `import x from "./x.png"; export const f = () => x;`],
      ...["1:15", '"./x.png"', ".ts", ".json", '{ type: "text" }', '{ type: "bytes" }'],
    ],
    [
      "an import with another type",
      `import x from "./g.ts" with { type: "css" }; export const f = () => x;`,
      ...["1:15", '"./g.ts"', '"css"', '"json"', '"text"', '"bytes"'],
    ],
    [
      ...["a missing extension", `import "./g"; export const f = () => 1;`],
      ...["1:8", '"./g"', '"./g.ts"'],
    ],
    [
      ...["another extension", `import "./g.mjs"; export const f = () => 1;`],
      ...["1:8", '"./g.mjs"', '"./g.ts"'],
    ],
    [
      ...["a misspelt file", `import "./helprs.ts"; export const f = () => 1;`],
      ...["1:8", '"./helprs.ts"', '"./helpers.ts"'],
    ],
    ["a pipe", `import "./pipe.ts"; export const f = () => 1;`, "1:8", '"./pipe.ts"', "pipe"],
    ["a folder", `import "../s"; export const f = () => 1;`, "1:8", '"../s"', "folder"],
    [
      "an export that is not there",
      `import { g } from "./g.ts"; export const f = () => g;`,
      ...["1:10", '"s/g.ts"', '"g"'],
    ],
    [
      "a syntax error behind wide characters",
      `export const f = () => "äöü😀" +;`,
      ...["1:32", '";"'],
    ],
    [
      ...["a constant that is assigned", `export const f = () => 1;\nf = 2;`],
      ...["2:1", '"f"', "constant", "s/f.ts:1:14"],
    ],
  ]
) {
  Deno.test(`${what} is refused at its place`, async () => {
    const others = { "s/g.ts": "export const h = 1;", "s/helpers.ts": "", "s/x.png": "" };
    const makePipe = async (folder: string) => {
      await new Deno.Command("mkfifo", { args: [join(folder, "s/pipe.ts")] }).output();
    };
    const [text, ...more] = await said(source, others, makePipe);
    assert.deepEqual(more, []);
    assert.match(text, diagnostic(`s/f.ts:${place}`, ...facts));
  });
}

Deno.test("a mistake shows the line, for the caret", async () => {
  await withSources({ "f.ts": "\n\texport const f = ;\n" }, async (folder) => {
    const [mistake] = await mistakesOf(folder, ["f.ts", "f"]);
    assert.equal(mistake.sourceLine, "\texport const f = ;");
    assert.equal(mistake.column, 19);
  });
});

Deno.test("a script that is not text is refused", async () => {
  assert.deepEqual(await said(new Uint8Array([0x65, 0xff, 0xfe])), [
    `init.yaml:1:3: script "s/f.ts" is not UTF-8 text`,
  ]);
});

Deno.test("all mistakes of all scripts are reported at once, each once", async () => {
  const files = {
    "broken.ts": "export const f = ;\n",
    "uses_broken.ts": `import "./broken.ts";\nexport const f = () => 1;\n`,
    "imports.ts": `import "npm:a";\nimport "npm:b";\nexport const f = () => 1;\n`,
    "link.ts": `import { x } from "./fine.ts";\nexport const f = () => x;\n`,
    "fine.ts": "export const other = () => 1;\n",
    "init.yaml": "a\nb\nc\nd\n  e\n  f\n",
  };
  await withSources(files, async (folder) => {
    const names = ["broken.ts", "uses_broken.ts", "imports.ts", "link.ts", "fine.ts", "missing.ts"];
    const error = await bundleScripts(
      names.map((name, index) => ({
        source: join(folder, name),
        rpc: "f",
        position: { file: join(folder, "init.yaml"), line: index + 1, column: 3 },
      })),
      { folder },
    ).then(() => assert.fail(), (error) => error);
    assert.ok(error instanceof InvalidConfiguration);
    assert.match(error.summary, mentions("scripts", "6 mistakes"));
    assert.match(
      error.message,
      /^.* 6 .*(\n {2}\S+:\d+:\d+: .*){5}\n {2}… .*\b1 more$/,
    );
    const at = (mistake: { file: string; line: number }) =>
      `${mistake.file.slice(folder.length + 1)}:${mistake.line}`;
    assert.deepEqual(error.diagnostics.map(at), [
      "broken.ts:1",
      "imports.ts:1",
      "imports.ts:2",
      "init.yaml:5",
      "init.yaml:6",
      "link.ts:1",
    ]);
    assert.equal(error.diagnostics[3].sourceLine, "  e");
    assert.match(error.diagnostics[4].message, mentions('"missing.ts"'));
  });
});

Deno.test("an rpc without its function gets the existing exports", async () => {
  const files = {
    "near.ts":
      "export const word_count = () => 1;\nexport const other = 1;\nexport type wordCount = 1;\n",
    "none.ts": "const f = 1;\n",
    "data.json": "{}",
  };
  await withSources(files, async (folder) => {
    const mistakes = await mistakesOf(
      folder,
      ["near.ts", "wordCount"],
      ["none.ts", "f"],
      ["data.json", "f"],
    );
    assert.deepEqual(mistakes.map(shown), [
      `init.yaml:1:3: script "near.ts" has no function for rpc "wordCount": it exports "other", "word_count" (did you mean "word_count"? Rename the function or the rpc)`,
      `init.yaml:2:3: script "none.ts" has no function for rpc "f": it exports nothing (write "export function f(…)" or "export default function (…)")`,
      `init.yaml:3:3: script "data.json" is not a script; expected a .ts, .mts, .js or .mjs file`,
    ]);
  });
});

Deno.test("code that works but is hardly intended gets a warning", async () => {
  await withSources({ "f.ts": `export const f = () => eval("1");\n` }, async (folder) => {
    const { warnings } = await bundle(folder, ["f.ts", "f"]);
    assert.deepEqual(warnings.map(shown), [
      "f.ts:1:24: eval throws in a script: code generation from strings is disabled (write the code out, or parse data with JSON.parse)",
    ]);
  });
});
