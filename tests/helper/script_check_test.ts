/** The time and depth of the check of a script. */
import assert from "node:assert/strict";
import { DeployRejected } from "../../lib/errors/mod.ts";
import { checkScript } from "../../lib/helper/_script_check.ts";
import { limits } from "../../lib/limits/mod.ts";
import { excessiveGrowth } from "../linear_time/_growth.ts";
import { mentions } from "../_support/mentions.ts";
import { bytesOf, TestNode } from "../_support/nodes/node.ts";

const id = "abcdef01".padEnd(64, "0");

/** So many parts, joined. */
function parts(count: number, part: (index: number) => string, separator = ""): string {
  return Array.from({ length: count }, (_, index) => part(index)).join(separator);
}

function nested(open: string, close: string, inner: string): string {
  return open.repeat(500) + inner + close.repeat(500);
}

const names = (count: number) => parts(count, (index) => `a${index}`, ",");

/** Scripts of so many parts: many of what a parser may keep in a list, or look for around each part. */
const shapes: Readonly<Record<string, (count: number) => string>> = {
  "exports": (count) => parts(count, (index) => `export const a${index}=1;`),
  "names in an export list": (count) => `let ${names(count)};export{${names(count)}}`,
  "undeclared exports": (count) => `export{${names(count)}}`,
  "exports of a pattern": (count) => `export const [${names(count)}]=1`,
  "variables": (count) => `var ${names(count)}`,
  "declarations in a block": (count) => `{let ${names(count)}}`,
  "functions": (count) => parts(count, (index) => `function a${index}(){}`),
  "functions in a block": (count) => `{${parts(count, (index) => `function a${index}(){}`)}}`,
  "classes": (count) => parts(count, (index) => `class a${index}{}`),
  "parameters": (count) => `function f(${names(count)}){}`,
  "parameters of an arrow": (count) => `([${names(count)}])=>1`,
  "caught names": (count) => `try{}catch([${names(count)}]){}`,
  "variables in blocks": (count) => nested("{", "}", "var a;".repeat(count)),
  "names in blocks": (count) => nested("{", "}", "a;".repeat(count / 4)),
  "this in arrows": (count) => nested("()=>{", "}", "this;".repeat(count)),
  "await in arrows": (count) => nested("async()=>{", "}", "await 1;".repeat(count)),
  "yield in objects": (count) => nested("({a:", "})", `{${"yield:1,".repeat(count)}}`),
  "breaks in loops": (count) => nested("for(;;){", "}", "continue;".repeat(count)),
  "labels": (count) =>
    parts(240, (index) => `a${index}:for(;;){`) + "b:;".repeat(count) + "}".repeat(240),
  "breaks out of a label": (count) =>
    parts(240, (index) => `a${index}:for(;;){`) + "break a239;".repeat(count) + "}".repeat(240),
  "nested assignments": (count) => `${nested("[", "]=1", "a")};`.repeat(count / 250),
  "private names": (count) => `class A{${parts(count, (index) => `#a${index};`)}}`,
  "private names of outer classes": (count) =>
    `class A{#a;b=${"class{b=".repeat(240)}()=>{${"this.#a;".repeat(count)}}${"}".repeat(240)}}`,
  "groups of one name": (count) => `/${"(?<a>)|".repeat(count)}/`,
  "references to groups": (count) => `/(?<a>)${parts(count, (index) => `\\k<b${index}>`)}/`,
  "escapes without an end": (count) => "a`\\u{`;".repeat(count),
  "digits": (count) => `${"9".repeat(8 * count)}n`,
};

for (const [name, of] of Object.entries(shapes)) {
  Deno.test(`many times as much in a script takes as many times as long: ${name}`, async () => {
    const work = (count: number): void => {
      try {
        checkScript(id, bytesOf(of(count)), Infinity);
      } catch (error) {
        // Refused scripts take time, too.
        assert.ok(error instanceof DeployRejected, String(error));
      }
    };
    const ratio = await excessiveGrowth(work, { size: 2000, smallMs: 60 });
    assert.equal(ratio, undefined, `four times as much took ${ratio} times as long`);
  });
}

Deno.test("a script whose check takes too long is named, with what to do", () => {
  assert.throws(() => checkScript(id, bytesOf("a;"), -1), {
    code: "Deploy Rejected",
    message: mentions(id.slice(0, 8), "2 bytes", "smaller"),
  });
});

Deno.test("blocks are refused beyond a depth, where it is exceeded; nothing else about them changes", () => {
  const blocks = (depth: number, inner: string) =>
    bytesOf("{".repeat(depth) + inner + "}".repeat(depth));
  checkScript(id, blocks(limits.scriptDepthMax - 1, "a"), Infinity);
  assert.throws(() => checkScript(id, blocks(limits.scriptDepthMax + 1, ""), Infinity), {
    code: "Deploy Rejected",
    message: mentions(String(limits.scriptDepthMax), `1:${limits.scriptDepthMax + 1}`),
  });
  assert.throws(() => checkScript(id, blocks(100, "import('x')"), Infinity), {
    message: mentions("import()", "1:101"),
  });
});

Deno.test("what looks like an import is none in a regular expression, and nothing hides one behind it", () => {
  for (
    const text of [
      "/import('x')/u;",
      "/[/]import('x')/;",
      "/\\/import('x')[\\]/]/v;",
      "let a = 4; a/import.length/1;".replace("import", "imported"),
      "`${/`import('x')/}`",
    ]
  ) checkScript(id, bytesOf(text), Infinity);
  for (
    const text of [
      "/[/]/;import('x')",
      "/\\//.test(import('x'))",
      "1/2;import('x');/a/",
      "x = /a/g\n/import('x')/1",
      "`${/}`/}${import('x')}`",
    ]
  ) {
    assert.throws(() => checkScript(id, bytesOf(text), Infinity), {
      message: mentions("import()"),
    });
  }
  for (const text of ["/a\n/", "/a\\\n/", "/[/", "/a\u2028/", "/"]) {
    assert.throws(() => checkScript(id, bytesOf(text), Infinity), { message: mentions("1:1") });
  }
});

Deno.test("small scripts do not wait for large ones: each have a helper", async () => {
  await using node = await TestNode.start();
  await using connection = await node.connection();
  const scriptOf = (bytes: number) => bytesOf(`export const f = () => 1; //${"x".repeat(bytes)}`);
  await connection.put([scriptOf(limits.scriptHelperBytesMin)]);
  await connection.put([scriptOf(limits.largeScriptsBytesMin)]);
  const purposes = node.log.all("helper.started").map(({ fields }) => fields.purpose);
  assert.equal(new Set(purposes).size, 2);
});
