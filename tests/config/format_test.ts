import assert from "node:assert/strict";
import { formatDiagnostic } from "../../lib/config/mod.ts";

const base = { file: "init.yaml", line: 7, column: 5, message: "wrong" };

function lines(mistake: Partial<Parameters<typeof formatDiagnostic>[0]>): string[] {
  return formatDiagnostic({ ...base, ...mistake }).split("\n");
}

Deno.test("a mistake shows its position, its line, a caret and its hint", () => {
  assert.deepEqual(lines({ sourceLine: "    tennants: [c1]", hint: "mend it" }), [
    "init.yaml:7:5: wrong",
    "  |",
    "7 |     tennants: [c1]",
    "  |     ^",
    "  hint: mend it",
  ]);
});

Deno.test("a mistake without a line or a hint is one line", () => {
  assert.deepEqual(lines({}), ["init.yaml:7:5: wrong"]);
  assert.deepEqual(lines({ sourceLine: "  " }), ["init.yaml:7:5: wrong"]);
});

Deno.test("the gutter is as wide as the line number", () => {
  assert.deepEqual(lines({ line: 1234, column: 1, sourceLine: "a" }).slice(1), [
    "     |",
    "1234 | a",
    "     | ^",
  ]);
});

Deno.test("the caret stays under its character behind tabs, wide and combined characters", () => {
  assert.equal(lines({ column: 4, sourceLine: "\ta\tb" })[3], "  | \t \t^");
  assert.equal(lines({ column: 3, sourceLine: "日本x" })[3], "  |     ^");
  assert.equal(lines({ column: 2, sourceLine: "😀x" })[3], "  |   ^");
  assert.equal(lines({ column: 3, sourceLine: "e\u0301x" })[3], "  |  ^");
});

Deno.test("the caret may be after the end of the line", () => {
  assert.equal(lines({ column: 4, sourceLine: "abc" })[3], "  |    ^");
});

Deno.test("a long line is cut around the caret", () => {
  const sourceLine = "a".repeat(500) + "B" + "c".repeat(500);
  const [, , shown, caret] = lines({ column: 501, sourceLine });
  assert.equal(shown[caret.indexOf("^")], "B");
  assert.ok(shown.length < 180);
  assert.match(shown, /^7 \| …a+Bc+…$/);
  const [, , begin] = lines({ column: 1, sourceLine });
  assert.match(begin, /^7 \| a+…$/);
});

Deno.test("a file cannot control the terminal through a mistake", () => {
  const shown = formatDiagnostic({
    ...base,
    message: 'unknown key "\u001b[2J"',
    hint: "\u202e",
    sourceLine: "\u001b]0;x\u0007: 1\r",
  });
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(shown, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
});
