import assert from "node:assert/strict";
import { join } from "node:path";
import { bundleScripts } from "../../lib/deploy/bundle/bundle.ts";
import { InvalidConfiguration } from "../../lib/errors/mod.ts";
import { bundle, mistakesOf, shown, withSources } from "./_sources.ts";
import { mentions } from "../_support/mentions.ts";

/** What is said of one script `f.ts` with the rpc `f`. */
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

const alone = "a script is one file that runs on its own";

for (
  const [specifier, reason, hint] of [
    ["npm:lodash", 'package "lodash" is not installed', "npm install lodash"],
    ["npm:lodash@4", 'package "lodash" is not installed', "npm install lodash@4"],
    ["lodash", 'package "lodash" is not installed', "npm install lodash"],
    ["@scope/name/sub", 'package "@scope/name" is not installed', "npm install @scope/name"],
    ["jsr:@std/path", alone, /npx jsr add @std\/path/],
    ["https://example.com/x.ts", alone, /install it as a package/],
    ["data:text/javascript,", alone, /into a file beside this one/],
    ["#lib", alone, mentions('"imports"')],
    ["node:fs", alone, /pass what it needs as arguments/],
    ["node:never/heard/of", alone, /calling program/],
    [
      "crypto",
      "it is a built-in module of Node, which scripts do not have",
      /use the global crypto/,
    ],
    ["../../..", "it does not exist|it is a folder, expected a file", ""],
    [".", '"." is not the name of a package', ""],
    ["/etc/x.ts", alone, "write the path from this file, beginning with ./ or ../"],
    ["file:///etc/x.ts", alone, "write the path from this file, beginning with ./ or ../"],
  ] as const
) {
  Deno.test(`an import of "${specifier}" is refused at its place, with what to do`, async () => {
    const [text, ...others] = await said(
      `\nimport x from "${specifier}";\nexport const f = () => x;\n`,
    );
    assert.deepEqual(others, []);
    assert.ok(text.startsWith(`s/f.ts:2:15: cannot import "${specifier}": `), text);
    assert.match(text, new RegExp(reason));
    assert.match(text, new RegExp(hint));
  });
}

for (
  const [what, source, expected] of [
    ["import() of a file", `export const f = () => import("./f.ts");`, [
      "s/f.ts:1:31: import() does not exist when a script runs (import the file with an import statement at the top)",
    ]],
    ["import() of a value", `export const f = (x: string) => import(x);`, [
      "s/f.ts:1:33: import() does not exist when a script runs (import the file with an import statement at the top)",
    ]],
    ["import.meta", `export const f = () => import.meta.url;`, [
      "s/f.ts:1:24: import.meta is not available to scripts (a script has no file of its own; import its data as JSON)",
    ]],
    ["require of a file", `export const f = () => require("./f.ts");`, [
      "s/f.ts:1:32: require does not exist when a script runs (import the file with an import statement at the top)",
    ]],
    ["require of a value", `export const f = (x: string) => require(x);`, [
      "s/f.ts:1:33: require does not exist when a script runs (import the file with an import statement at the top)",
    ]],
    ["a picture", `import x from "./x.png"; export const f = () => x;`, [
      `s/f.ts:1:15: cannot import "./x.png": only .ts, .mts, .js, .mjs and .json files can be inlined (import it as text or bytes: with { type: "text" } or { type: "bytes" })`,
    ]],
    [
      "an import with another type",
      `import x from "./g.ts" with { type: "css" }; export const f = () => x;`,
      [
        `s/f.ts:1:15: cannot import "./g.ts" as "css"; types are "json", "text", "bytes"`,
      ],
    ],
    ["a missing extension", `import "./g"; export const f = () => 1;`, [
      `s/f.ts:1:8: cannot import "./g": it does not exist (did you mean "./g.ts"?)`,
    ]],
    ["another extension", `import "./g.mjs"; export const f = () => 1;`, [
      `s/f.ts:1:8: cannot import "./g.mjs": it does not exist (did you mean "./g.ts"?)`,
    ]],
    ["a misspelt file", `import "./helprs.ts"; export const f = () => 1;`, [
      `s/f.ts:1:8: cannot import "./helprs.ts": it does not exist (did you mean "./helpers.ts"?)`,
    ]],
    ["a pipe", `import "./pipe.ts"; export const f = () => 1;`, [
      `s/f.ts:1:8: cannot import "./pipe.ts": it is a pipe or a device, expected a file`,
    ]],
    ["a folder", `import "../s"; export const f = () => 1;`, [
      `s/f.ts:1:8: cannot import "../s": it is a folder, expected a file`,
    ]],
    ["an export that is not there", `import { g } from "./g.ts"; export const f = () => g;`, [
      `s/f.ts:1:10: No matching export in "s/g.ts" for import "g"`,
    ]],
    ["a syntax error behind wide characters", `export const f = () => "äöü😀" +;`, [
      `s/f.ts:1:32: Unexpected ";"`,
    ]],
    ["a constant that is assigned", `export const f = () => 1;\nf = 2;`, [
      `s/f.ts:2:1: Cannot assign to "f" because it is a constant (The symbol "f" was declared a constant here: s/f.ts:1:14)`,
    ]],
  ] as [string, string, string[]][]
) {
  Deno.test(`${what} is refused at its place`, async () => {
    const others = { "s/g.ts": "export const h = 1;", "s/helpers.ts": "", "s/x.png": "" };
    const makePipe = async (folder: string) => {
      await new Deno.Command("mkfifo", { args: [join(folder, "s/pipe.ts")] }).output();
    };
    assert.deepEqual(await said(source, others, makePipe), expected);
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

Deno.test("all mistakes of all scripts come at once, each once", async () => {
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
        place: { file: join(folder, "init.yaml"), line: index + 1, column: 3 },
      })),
      { folder },
    ).then(() => assert.fail(), (error) => error);
    assert.ok(error instanceof InvalidConfiguration);
    assert.equal(error.summary, "the scripts have 6 mistakes; fix them and try again");
    assert.match(
      error.message,
      /^the scripts have 6 .*(\n {2}\S+:\d+:\d+: .*){5}\n {2}… and 1 more$/,
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
    assert.match(error.diagnostics[4].message, /script "missing.ts" does not exist/);
  });
});

Deno.test("an rpc without its function is told what there is", async () => {
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

Deno.test("what works and is hardly meant is a warning", async () => {
  await withSources({ "f.ts": `export const f = () => eval("1");\n` }, async (folder) => {
    const { warnings } = await bundle(folder, ["f.ts", "f"]);
    assert.deepEqual(warnings.map(shown), [
      "f.ts:1:24: eval throws in a script: code generation from strings is disabled (write the code out, or parse data with JSON.parse)",
    ]);
  });
});
