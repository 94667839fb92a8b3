import assert from "node:assert/strict";
import {
  formatTypeExpression,
  parseTypeExpression,
  TypeExpressionError,
} from "../../lib/types/type_expression.ts";
import { limits } from "../../lib/limits/mod.ts";
import { type Random, randomType, thrownBy, withSeeds } from "./_values.ts";

const spellings: [written: string, canonical: string][] = [
  ["int", "int"],
  ["  float\t", "float"],
  ["None", "None"],
  ["List[int]", "List[int]"],
  ["list [ int ]", "List[int]"],
  ["dict[str,int]", "Dict[str, int]"],
  ["Dict[ str , List[bytes] ]", "Dict[str, List[bytes]]"],
  ["tuple[int,\n str]", "Tuple[int, str]"],
  ["Tuple[bool]", "Tuple[bool]"],
  ["optional[str]", "Optional[str]"],
  ["stream [ List[int] ]", "Stream[List[int]]"],
  ["List[Optional[Dict[str, Tuple[int, float]]]]", "List[Optional[Dict[str, Tuple[int, float]]]]"],
];

Deno.test("types are parsed in every common spelling, and formatted in one", () => {
  for (const [written, canonical] of spellings) {
    assert.equal(formatTypeExpression(parseTypeExpression(written)), canonical);
  }
});

const mistakes: [written: string, offset: number, message: string][] = [
  ["Lst[int]", 0, 'unknown type "Lst", did you mean "List"?'],
  ["string", 0, 'unknown type "string", did you mean "str"?'],
  ["List[number]", 5, 'unknown type "number", did you mean "float"?'],
  ["Int", 0, 'unknown type "Int", did you mean "int"?'],
  ["NoneType", 0, 'unknown type "NoneType", did you mean "None"?'],
  [
    "banana",
    0,
    'unknown type "banana", expected one of int, int53, float, str, bool, bytes, None, List, Dict, Tuple, Optional, Stream',
  ],
  ["", 0, "expected a type, got the end of the text"],
  ["List[]", 5, 'expected a type, got "]"'],
  ["List[int", 8, 'expected "]", got the end of the text'],
  ["List[int, str]", 8, 'expected "]", got ","'],
  ["List", 4, 'List needs its types in brackets, as in "List[int]", got the end of the text'],
  ["int]", 3, 'expected the end of the type, got "]"'],
  ["int 😀", 4, 'expected the end of the type, got "😀"'],
  ["Dict[int, str]", 5, 'Dict needs "str" as its key type, got "int"'],
  ["Dict[str]", 8, 'expected "," and the type of the values, as in "Dict[str, int]", got "]"'],
  ["Tuple[ ]", 7, 'Tuple needs at least one type, as in "Tuple[int, str]"'],
  ["Tuple[int,]", 10, 'expected a type, got "]"'],
  [
    "List[Optional[None]]",
    5,
    "Optional[None] allows nothing that None alone does not; write None",
  ],
  [
    "List[Stream[int]]",
    5,
    "a Stream is a whole argument or result and no part of another type; write List[...] here",
  ],
  [
    "Stream[Stream[int]]",
    7,
    "a Stream is a whole argument or result and no part of another type; write List[...] here",
  ],
  ["AsyncGenerator[int]", 0, 'unknown type "AsyncGenerator", did you mean "Stream"?'],
  [
    "Optional[Optional[int]]",
    0,
    "Optional[Optional[...]] allows nothing that Optional[...] alone does not; write Optional[...]",
  ],
];

Deno.test("a mistake in a type is reported with its offset and what to write instead", () => {
  for (const [written, offset, message] of mistakes) {
    const thrown = thrownBy(() => parseTypeExpression(written));
    assert.ok(thrown instanceof TypeExpressionError, written);
    assert.equal(thrown.message, message);
    assert.equal(thrown.offset, offset, written);
  }
});

Deno.test("a type cannot nest so deep that it exhausts the stack", () => {
  const nested = (levels: number) => "List[".repeat(levels - 1) + "int" + "]".repeat(levels - 1);
  parseTypeExpression(nested(limits.typeDepthMax));
  const thrown = thrownBy(() => parseTypeExpression(nested(limits.typeDepthMax + 1)));
  assert.equal(thrown.message, `types nest deeper than ${limits.typeDepthMax} levels`);
  assert.ok(
    thrownBy(() => parseTypeExpression("List[".repeat(1e6))) instanceof TypeExpressionError,
  );
});

Deno.test("random types survive formatting and parsing", () => {
  withSeeds([1, 2, 3], (random: Random) => {
    for (let round = 0; round < 300; round++) {
      const type = randomType(random, 6);
      assert.deepEqual(parseTypeExpression(formatTypeExpression(type)), type);
    }
  });
});
