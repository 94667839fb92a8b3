import assert from "node:assert/strict";
import { InvalidArguments } from "../../lib/errors/mod.ts";
import { chooseOverload, type OverloadRequest } from "../../lib/types/overload.ts";
import { compileSignature } from "../../lib/types/signature.ts";
import { thrownBy } from "./_values.ts";
import { mentions } from "../_support/mentions.ts";

/** Overloads by their argument types, which are also their return types. */
function overloadsOf(...lists: string[]): { signature: ReturnType<typeof compileSignature> }[] {
  return lists.map((list) => {
    const args = list === "" ? [] : list.split("; ");
    return { signature: compileSignature({ args, returns: args.slice(0, 1) }) };
  });
}

const add = overloadsOf("int; int", "str; str");

function choose(
  overloads: ReturnType<typeof overloadsOf>,
  request: OverloadRequest,
): [string, unknown[]] {
  const { overload, values } = chooseOverload("add", overloads, request);
  return [overload.signature.args.join("; "), values];
}

const chosen: [
  overloads: string[],
  form: OverloadRequest["form"],
  values: unknown[],
  args: string,
][] = [
  [["int; int", "str; str"], "texts", ["2", "3"], "int; int"],
  [["str; str", "int; int"], "texts", ["2", "3"], "int; int"],
  [["int; int", "str; str"], "texts", ["foo", "3"], "str; str"],
  [["int", "float"], "texts", ["2"], "int"],
  [["int", "float"], "texts", ["2.5"], "float"],
  [["float", "int", "int53"], "texts", ["2"], "int53"],
  [["float", "int", "int53"], "texts", ["9007199254740993"], "int"],
  [["List[int]", "List[int53]"], "texts", ["[1]"], "List[int53]"],
  [["Optional[int53]", "int"], "texts", ["1"], "Optional[int53]"],
  [["Optional[int]", "int53"], "json", [1], "int53"],
  [["int", "int53"], "values", [2 ** 53 - 1], "int53"],
  [["int", "int53"], "values", [2n ** 60n], "int"],
  [["float", "bytes", "str"], "texts", ["1234"], "float"],
  [["bytes", "str"], "texts", ["food"], "str"],
  [["str", "bool"], "texts", ["true"], "bool"],
  [["str", "List[int]"], "texts", ["[1]"], "List[int]"],
  [["List[float]", "List[int]"], "texts", ["[1]"], "List[int]"],
  [["Stream[int]", "List[int]"], "texts", ["[1]"], "List[int]"],
  [["Stream[float]", "Stream[int]"], "texts", ["[1]"], "Stream[int]"],
  [["Stream[int]", "List[int]"], "json", [[1]], "List[int]"],
  [["str", "Stream[int]"], "texts", ["-"], "Stream[int]"],
  [["str", "Stream[int]"], "texts", ["@file"], "Stream[int]"],
  [["Stream[int]", "List[int]"], "values", [new Set([1])], "Stream[int]"],
  [["Optional[List[int]]", "Stream[int]"], "values", [[1]], "Optional[List[int]]"],
  [["Optional[int]", "int"], "texts", ["1"], "int"],
  [["Optional[int]", "str"], "texts", ["1"], "Optional[int]"],
  [["Optional[int]", "None"], "texts", ["null"], "None"],
  [["", "int"], "texts", [], ""],
  [["str", "None"], "texts", [" "], "str"],
  [["None", "str"], "texts", [""], "str"],
  [["str", "None"], "texts", ["null"], "None"],
  [["None", "bytes"], "texts", [" "], "bytes"],
  [["None", "Optional[str]"], "texts", [" "], "Optional[str]"],
  [["None"], "texts", [" "], "None"],
  [["int; int", "str; str"], "json", [2, 3], "int; int"],
  [["int; int", "str; str"], "json", ["2", "3"], "str; str"],
  [["int; int"], "json", [2, "3"], "int; int"],
  [["int; int", "str; int"], "json", ["2", 3], "str; int"],
  [["bytes", "str"], "json", ["AA=="], "str"],
  [["float", "str"], "json", ["NaN"], "str"],
  [["float", "int"], "json", [2], "int"],
  [["List[float]", "List[int]"], "json", [[2]], "List[int]"],
  [["Dict[str, float]", "Dict[str, int]"], "json", [{ a: 2 }], "Dict[str, int]"],
  [["List[int]", "Tuple[int, int]"], "json", [[1, 2]], "Tuple[int, int]"],
  [["Tuple[float, int]", "Tuple[int, int]"], "json", [[1, 2]], "Tuple[int, int]"],
  [["Optional[float]", "Optional[int]"], "json", [1], "Optional[int]"],
  [["Optional[int]", "float"], "json", [1], "Optional[int]"],
  [["int; int", "str; str"], "values", [2, 3], "int; int"],
  [["int; float", "int; int", "float; float"], "values", [2, 3], "int; int"],
  [["bytes", "str"], "values", [new Uint8Array(1)], "bytes"],
  [["float", "int"], "values", [2n ** 60n], "int"],
  [["float", "str"], "values", [NaN], "float"],
  [["None", "Optional[int]"], "values", [undefined], "None"],
];

Deno.test("a call without types resolves to the overload that a person would expect", () => {
  for (const [overloads, form, values, args] of chosen) {
    assert.equal(choose(overloadsOf(...overloads), { values, form })[0], args, `${form} ${values}`);
  }
});

Deno.test("the arguments come back as values of the chosen overload", () => {
  assert.deepEqual(choose(add, { values: ["2", "3"], form: "texts" })[1], [2, 3]);
  const values = [2, 3];
  assert.equal(choose(add, { values, form: "values" })[1], values);
});

Deno.test("trailing Optional arguments may be omitted, unless an overload takes exactly the given ones", () => {
  const cases: [string[], OverloadRequest["form"], unknown[], string, unknown[]][] = [
    [["int; Optional[str]"], "texts", ["2"], "int; Optional[str]", [2, null]],
    [["int; Optional[str]"], "values", [2], "int; Optional[str]", [2, null]],
    [["int; Optional[str]"], "json", ["2"], "int; Optional[str]", [2, null]],
    [["Optional[int]; Optional[str]"], "json", [], "Optional[int]; Optional[str]", [null, null]],
    [["int; Optional[str]", "int"], "json", [2], "int", [2]],
    [
      ["int; Optional[str]; Optional[int]", "int; Optional[int]"],
      "json",
      [2],
      "int; Optional[int]",
      [
        2,
        null,
      ],
    ],
    [["str; Optional[int]", "int; Optional[int]"], "json", [2], "int; Optional[int]", [2, null]],
  ];
  for (const [overloads, form, values, args, given] of cases) {
    assert.deepEqual(choose(overloadsOf(...overloads), { values, form }), [args, given]);
  }
  const named = { values: ["2"], form: "texts", argumentTypes: ["int", "Optional[str]"] } as const;
  assert.deepEqual(choose(overloadsOf("int; Optional[str]"), named)[1], [2, null]);
  const between = overloadsOf("Optional[int]; int");
  const thrown = thrownBy(() => choose(between, { values: [1], form: "json" }));
  assert.match(String(thrown), /\b2 .*\b1\b/);
  const several = thrownBy(() =>
    choose(overloadsOf("int; Optional[int]"), { values: [], form: "json" })
  );
  assert.match(String(several), /\b1 .*\b2 .*\b0\b/);
});

Deno.test("named types decide, in any spelling", () => {
  const request = { values: ["2", "3"], form: "texts", argumentTypes: [" str", "str "] } as const;
  assert.deepEqual(choose(add, request), ["str; str", ["2", "3"]]);
  assert.deepEqual(
    choose(add, { values: ["2", "3"], form: "texts", returnTypes: ["str"] }),
    ["str; str", ["2", "3"]],
  );
  assert.deepEqual(
    choose(add, {
      values: ["2", 3],
      form: "json",
      argumentTypes: ["int", "int"],
      returnTypes: ["int"],
    }),
    ["int; int", [2, 3]],
  );
});

Deno.test("more types than a signature can have are refused unread", () => {
  const types = Array.from({ length: 1_000_000 }, () => "int");
  const long = `Tuple[${types.join(", ")}]`;
  for (
    const named of [{ argumentTypes: types }, { returnTypes: types }, { argumentTypes: [long] }]
  ) {
    const thrown = thrownBy(() => choose(add, { values: [], form: "json", ...named }));
    assert.ok(thrown instanceof InvalidArguments);
    assert.ok(thrown.message.length < 300, thrown.message.slice(0, 300));
  }
});

const signatures = "valid signatures: add(int, int) -> int; add(str, str) -> str";
const refused: [request: OverloadRequest, message: string][] = [
  [
    { values: ["x", 3], form: "json" },
    `no overload of "add" takes ("x", 3); ${signatures}`,
  ],
  [{ values: [], form: "texts" }, `no overload of "add" takes (); ${signatures}`],
  [
    { values: ["1", "2"], form: "texts", argumentTypes: ["int"] },
    `no overload of "add" has the argument types (int); ${signatures}`,
  ],
  [
    { values: ["1", "2"], form: "texts", argumentTypes: ["int", "int"], returnTypes: [] },
    `no overload of "add" is (int, int) -> None; ${signatures}`,
  ],
  [
    { values: ["1", "2"], form: "texts", returnTypes: ["float"] },
    `no overload of "add" returns (float); ${signatures}`,
  ],
  [
    { values: ["1", "2"], form: "texts", argumentTypes: ["int", "Int"] },
    `argument type 2 of "add": unknown type "Int", did you mean "int"?; ${signatures}`,
  ],
  [
    { values: ["1", "x"], form: "texts", argumentTypes: ["int", "int"] },
    `no overload of "add" takes ("1", "x"): argument 2: expected int, got "x"; ${signatures}`,
  ],
  [
    { values: ["1"], form: "texts", argumentTypes: ["int", "int"] },
    `no overload of "add" takes ("1"): expected 2 arguments, got 1; ${signatures}`,
  ],
];

Deno.test("a refusal says how the call was understood and lists every valid signature", () => {
  for (const [request, message] of refused) {
    const thrown = thrownBy(() => choose(add, request));
    assert.ok(thrown instanceof InvalidArguments);
    assert.equal(thrown.message, message);
  }
});

Deno.test("with one overload of that many arguments, the refusal says which argument is wrong", () => {
  const overloads = overloadsOf("int", "List[int]; int");
  for (const form of ["values", "json"] as const) {
    const thrown = thrownBy(() => choose(overloads, { values: [[1, "x"], 2], form }));
    assert.equal(
      thrown.message,
      'no overload of "add" takes (a list of 2, 2): argument 1, item 2: expected int, got "x"; ' +
        "valid signatures: add(int) -> int; add(List[int], int) -> List[int]",
    );
  }
});

Deno.test("arguments that could mean several overloads are never sent to one by chance", () => {
  const ambiguous: [overloads: string[], form: OverloadRequest["form"], values: unknown[]][] = [
    [["int; float", "float; int"], "values", [1, 2]],
    [["List[int]", "List[str]"], "json", [[]]],
    [["Dict[str, int]", "Dict[str, str]"], "texts", ["{}"]],
    [["Optional[int]", "Optional[str]"], "values", [null]],
    [["Optional[int]", "Optional[List[int]]"], "texts", ["None"]],
  ];
  for (const [lists, form, values] of ambiguous) {
    const thrown = thrownBy(() => choose(overloadsOf(...lists), { values, form }));
    assert.ok(thrown instanceof InvalidArguments, `${lists}`);
    assert.match(
      thrown.message,
      mentions("2 overloads", '"add"', /\btypes\b/),
    );
  }
  const thrown = thrownBy(() =>
    choose(overloadsOf("int; float", "float; int", "str"), { values: [1, 2], form: "values" })
  );
  assert.equal(
    thrown.message,
    '(1, 2) could mean 2 overloads of "add"; name the argument types; they fit ' +
      "add(int, float) -> int; add(float, int) -> float; " +
      "valid signatures: add(int, float) -> int; add(float, int) -> float; add(str) -> str",
  );
});
