import assert from "node:assert/strict";
import { ExecutionException, InvalidArguments, MalformedMessage } from "../../lib/errors/mod.ts";
import { encodePayload } from "../../lib/types/payload.ts";
import { compileSignature } from "../../lib/types/signature.ts";
import { formatSignature } from "../../lib/types/signature_text.ts";
import { TypeExpressionError } from "../../lib/types/type_expression.ts";
import { thrownBy } from "./_values.ts";

Deno.test("signatures are shown as people write them", () => {
  const shown: [args: string[], returns: string[], text: string][] = [
    [["int", "int"], ["int"], "f(int, int) -> int"],
    [["str"], [], "f(str) -> None"],
    [[], ["int", "int"], "f() -> int, int"],
  ];
  for (const [args, returns, text] of shown) {
    assert.equal(formatSignature("f", { args, returns }), text);
  }
});

Deno.test("equal signatures have equal keys, and different ones never do", () => {
  const one = compileSignature({ args: ["dict[str,int]", " int"], returns: ["list[int]"] });
  assert.equal(one.key, "Dict[str, int], int -> List[int]");
  assert.equal(one.argsKey, "Dict[str, int], int");
  assert.deepEqual([one.args, one.returns], [["Dict[str, int]", "int"], ["List[int]"]]);
  assert.equal(compileSignature({ args: ["int"], returns: [] }).key, "int -> ");
  compileSignature({ args: ["Tuple[int, int]"], returns: [] });
  const broken = { args: ["Tuple[int", "int]"], returns: [] };
  assert.ok(thrownBy(() => compileSignature(broken)) instanceof TypeExpressionError);
});

Deno.test("a signature is compiled once, and its functions can be passed around", () => {
  const signature = compileSignature({ args: ["int"], returns: ["int"] });
  assert.equal(compileSignature({ args: ["int"], returns: ["int"] }), signature);
  const { encodeArguments, decodeArguments } = signature;
  assert.deepEqual(decodeArguments(encodeArguments([1])), [1]);
});

Deno.test("short lists of numbers are read as a JSON parser reads them, and nothing else is taken for one", () => {
  const { decodeArguments } = compileSignature({ args: ["float", "float"], returns: [] });
  const read = ["[0,1]", "[-0,7]", "[12,-345]", "[999999999999999,-999999999999999]"];
  read.push("[9007199254740993,1]", "[1.5,2]", "[1e3,2]", "[ 1,2]", "[1, 2]", "[1,2]\n");
  for (const text of read) {
    const values = decodeArguments(encodePayload(text, []));
    const expected = JSON.parse(text);
    assert.ok(values.every((value, index) => Object.is(value, expected[index])), text);
  }
  const refused = [
    "[1,2",
    "1,2]",
    "[1,,2]",
    "[,1]",
    "[1,]",
    "[-,1]",
    "[--1,2]",
    "[1-,2]",
    "[+1,2]",
  ];
  refused.push("[01,2]", "[1,-00]", "[1]2]", "[1,2]]", "[1:2]", "[1/,2]", "[1,2,");
  for (const text of refused) {
    assert.throws(() => decodeArguments(encodePayload(text, [])), MalformedMessage, text);
  }
  for (const text of ["[1]", "[1,2,3]"]) {
    assert.throws(() => decodeArguments(encodePayload(text, [])), InvalidArguments, text);
  }
});

Deno.test("wrong arguments are refused before they are sent, with their position", () => {
  const { encodeArguments } = compileSignature({ args: ["int", "List[str]"], returns: [] });
  const refused: [values: unknown[], message: string][] = [
    [[1], "expected 2 arguments, got 1"],
    [[1, [], 2], "expected 2 arguments, got 3"],
    [["1", []], 'argument 1: expected int, got "1"'],
    [[1, ["a", 5]], "argument 2, item 2: expected str, got 5"],
  ];
  for (const [values, message] of refused) {
    const thrown = thrownBy(() => encodeArguments(values));
    assert.ok(thrown instanceof InvalidArguments);
    assert.equal(thrown.message, message);
  }
});

Deno.test("a wrong return value is reported with the actual and the declared type", () => {
  const refused: [returns: string[], value: unknown, message: string][] = [
    [["int"], "x", 'returned "x", but declares int'],
    [["int"], undefined, "returned undefined, but declares int"],
    [["int"], 0.1, "returned 0.1, but declares int"],
    [
      ["List[int]"],
      [1, "x"],
      'returned a list of 2, but declares List[int]: item 2: expected int, got "x"',
    ],
    [[], 5, "returned 5, but declares no return value"],
    [["int", "str"], 5, "returned 5, but declares 2 values (int, str)"],
    [["int", "str"], [5], "returned a list of 1, but declares 2 values (int, str)"],
    [
      ["int", "str"],
      [5, 6],
      "returned a list of 2, but declares int, str: return value 2: expected str, got 6",
    ],
  ];
  for (const [returns, value, message] of refused) {
    const signature = compileSignature({ args: [], returns });
    for (const write of [signature.encodeResult, signature.resultToTexts, signature.resultToJson]) {
      const thrown = thrownBy(() => write(value));
      assert.ok(thrown instanceof ExecutionException);
      assert.equal(thrown.message, message);
    }
  }
});

Deno.test("no value, one value and several are returned as a caller expects", () => {
  const results: [returns: string[], value: unknown, back: unknown][] = [
    [[], undefined, undefined],
    [[], null, undefined],
    [["None"], undefined, null],
    [["int"], 5, 5],
    [["List[int]"], [5], [5]],
    [["int", "int"], [5, 6], [5, 6]],
  ];
  for (const [returns, value, back] of results) {
    const signature = compileSignature({ args: [], returns });
    assert.deepEqual(signature.decodeResult(signature.encodeResult(value)), back);
  }
});

Deno.test("return values have the form of the arguments", () => {
  const signature = compileSignature({
    args: [],
    returns: ["int", "str", "Dict[str, float]", "bytes"],
  });
  const value = [2n ** 60n, "a", { b: -0 }, new Uint8Array([1])];
  assert.deepEqual(signature.resultToTexts(value), [
    "1152921504606846976",
    "a",
    '{"b":-0}',
    "AQ==",
  ]);
  assert.deepEqual(signature.resultToJson(value), [2n ** 60n, "a", { b: -0 }, "AQ=="]);
});

Deno.test("arguments are read from strings, from JSON and from both", () => {
  const signature = compileSignature({ args: ["int", "str", "List[int]"], returns: [] });
  assert.deepEqual(signature.argumentsFromTexts(["2", "3", "[4]"]), [2, "3", [4]]);
  assert.deepEqual(signature.argumentsFromJson([2, "3", [4]]), [2, "3", [4]]);
  assert.deepEqual(signature.argumentsFromMixed([2, "3", "[4]"]), [2, "3", [4]]);
  const thrown = thrownBy(() => signature.argumentsFromTexts(["2", "3", "4"]));
  assert.equal(thrown.message, "argument 3: expected List[int], got 4");
  assert.equal(
    thrownBy(() => signature.argumentsFromJson(["2", "3", [4]])).message,
    'argument 1: expected int, got "2"',
  );
});

Deno.test("hostile values end in an exception that keeps its cause, never in a hang", () => {
  const { encodeArguments, encodeResult, acceptsArguments } = compileSignature({
    args: ["Dict[str, List[int]]"],
    returns: ["Dict[str, List[int]]"],
  });
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  const cause = new Error("boom");
  const hostile: unknown[] = [
    cyclic,
    { a: cyclic },
    {
      get a(): never {
        throw cause;
      },
    },
    new Proxy({}, {
      ownKeys: () => {
        throw cause;
      },
    }),
    new Proxy({}, {
      getPrototypeOf: () => {
        throw cause;
      },
    }),
    { then: () => {} },
    {
      a: new Proxy([], {
        get: () => {
          throw cause;
        },
      }),
    },
    { a: Object.assign([1], { toJSON: () => "x", length: 2 ** 32 - 1 }) },
  ];
  for (const value of hostile) {
    assert.equal(acceptsArguments([value]), false);
    thrownBy(() => encodeArguments([value]));
    thrownBy(() => encodeResult(value));
  }
  const thrown = thrownBy(() => encodeArguments([hostile[2]]));
  assert.ok(thrown instanceof InvalidArguments);
  assert.equal(thrown.message, "argument 1 cannot be read: boom");
  assert.equal(thrown.cause, cause);
  assert.equal(
    thrownBy(() => encodeResult(hostile[3])).message,
    "returned what cannot be read: boom",
  );
});
