import assert from "node:assert/strict";
import { goodWith, mistakesIn, parse } from "./helpers.ts";
import { diagnostic, mentions } from "../_support/mentions.ts";

/** The good file, with examples of `add(int, int) -> int`. */
const withExamples = (examples: string): string =>
  goodWith([
    "returns: [int], src: services/math/add.ts }",
    `returns: [int], src: services/math/add.ts, examples: ${examples} }`,
  ]);

const examplesOf = (text: string) =>
  parse(text).services.get("math")!.rpcs.get("add")!.overloads[0].examples;

Deno.test("examples reach the model as lossless JSON", () => {
  assert.deepEqual(
    examplesOf(withExamples(
      "[{ args: [2, 3], returns: [5] }, { args: [9007199254740993, -1], returns: 9007199254740992 }," +
        ' { args: [1, 0], throws: "by zero" }]',
    )),
    [
      { args: "[2,3]", returns: "[5]" },
      { args: "[9007199254740993,-1]", returns: "[9007199254740992]" },
      { args: "[1,0]", throws: "by zero" },
    ],
  );
  const text = goodWith([
    "        - { args: [str, str], returns: [str], src: services/math/concat.ts }\n",
    `        - args: ["Dict[str, float]", "Optional[bytes]", bool, "Tuple[int, str]"]
          returns: []
          src: services/math/concat.ts
          examples:
            - { args: [{ a: .nan, b: -.inf, c: 1e3 }, AAH/, true, [1, x]], returns: [] }
            - { args: [{}, null, false, [0, ""]], returns: }
`,
  ]);
  assert.deepEqual(parse(text).services.get("math")!.rpcs.get("add")!.overloads[1].examples, [
    {
      args: '[{"a":"NaN","b":"-Infinity","c":1000},"AAH/",true,[1,"x"]]',
      returns: "[]",
    },
    { args: '[{},null,false,[0,""]]', returns: "[]" },
  ]);
  assert.equal(examplesOf(goodWith()), undefined);
  assert.equal(examplesOf(withExamples("[]")), undefined);
});

Deno.test("an example that cannot pass is reported with its position", () => {
  const cases: [examples: string, mistake: RegExp][] = [
    [
      '[{ args: [2, "x"], returns: [5] }]',
      diagnostic("14:93", "add(int, int) -> int", "argument 2", '"x"'),
    ],
    ["[{ args: [2], returns: [5] }]", diagnostic("14:93", "2 arguments")],
    ["[{ args: [2, 3], returns: [5, 6] }]", diagnostic("14:110", "1 value")],
    ["[{ args: [2, 3], returns: [x] }]", diagnostic("14:110", '"x"')],
    ["[{ returns: [5] }]", diagnostic("14:85", '"args"')],
    ["[{ args: [2, 3] }]", diagnostic("14:85", "returns", "throws")],
    ["[{ args: [2, 3], returns: [5], throws: x }]", diagnostic("14:85", "returns", "throws")],
    [
      "[{ args: [2, 3], throws: 5 }]",
      diagnostic("14:109", "message", "number 5"),
    ],
    ["[{ args: [2, 3], retuns: [5] }]", diagnostic("14:101", '"retuns"', '"returns"', "unknown")],
    ["7", diagnostic("14:84", "example 1", "map", "number 7")],
  ];
  for (const [examples, expected] of cases) {
    const mistakes = mistakesIn(withExamples(examples));
    assert.equal(mistakes.length, 1, mistakes.join("\n"));
    assert.match(mistakes[0], expected);
  }
  const many = `[${
    Array.from({ length: 101 }, () => "{ args: [1, 1], returns: [2] }").join(", ")
  }]`;
  assert.match(
    mistakesIn(withExamples(many))[0],
    mentions("101", "100"),
  );
});
