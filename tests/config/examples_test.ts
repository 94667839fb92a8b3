import assert from "node:assert/strict";
import { goodWith, mistakesIn, parse } from "./helpers.ts";

/** The good file, with examples of `add(int, int) -> int`. */
const withExamples = (examples: string): string =>
  goodWith([
    "returns: [int], src: services/math/add.ts }",
    `returns: [int], src: services/math/add.ts, examples: ${examples} }`,
  ]);

const examplesOf = (text: string) =>
  parse(text).services.get("math")!.rpcs.get("add")!.overloads[0].examples;

Deno.test("examples reach the model as JSON that loses nothing", () => {
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

Deno.test("an example that cannot come true is found with its place", () => {
  const cases: [examples: string, mistake: RegExp][] = [
    [
      '[{ args: [2, "x"], returns: [5] }]',
      /^14:93 example 1 of add\(int, int\) -> int: argument 2: expected int, got "x"/,
    ],
    ["[{ args: [2], returns: [5] }]", /^14:93 .*expected 2 arguments, got 1/],
    ["[{ args: [2, 3], returns: [5, 6] }]", /^14:110 .*expected 1 value, got 2/],
    ["[{ args: [2, 3], returns: [x] }]", /^14:110 .*value 1: expected int, got "x"/],
    ["[{ returns: [5] }]", /^14:85 example 1 of .* has no "args"/],
    ["[{ args: [2, 3] }]", /^14:85 .*says neither what it returns nor what it throws/],
    ["[{ args: [2, 3], returns: [5], throws: x }]", /^14:85 .*says both/],
    [
      "[{ args: [2, 3], throws: 5 }]",
      /^14:109 expected a part of the exception's message, got the number 5/,
    ],
    ["[{ args: [2, 3], retuns: [5] }]", /^14:101 unknown key "retuns".*did you mean "returns"\?/],
    ["7", /^14:84 expected example 1 of .* as a map, got the number 7/],
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
    /101 examples of .* are too many; 100 are allowed/,
  );
});
