/** The types that a function gets from its type expressions. The tests are the type checks themselves. */
import assert from "node:assert/strict";
import { type ArgumentsOf, type ResultOf, rpc } from "../../mod.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
const holds = <_Claim extends true>(): void => {};

Deno.test("arguments have the types of their expressions", () => {
  holds<Same<ArgumentsOf<[]>, []>>();
  holds<Same<ArgumentsOf<["int", "str"]>, [number, string]>>();
  holds<Same<ArgumentsOf<["int53", "List[int53]"]>, [number, number[]]>>();
  holds<Same<ArgumentsOf<readonly ["float", "bool"]>, [number, boolean]>>();
  holds<Same<ArgumentsOf<["bytes", "None"]>, [Uint8Array, null]>>();
  holds<Same<ArgumentsOf<["List[List[int]]"]>, [number[][]]>>();
  holds<Same<ArgumentsOf<["Dict[str, List[ int ]]"]>, [Record<string, number[]>]>>();
  holds<Same<ArgumentsOf<["Optional[bytes]"]>, [Uint8Array | null]>>();
  holds<
    Same<
      ArgumentsOf<["Tuple[int, Dict[str, Optional[str]], Tuple[bool]]"]>,
      [[number, Record<string, string | null>, [boolean]]]
    >
  >();
  holds<Same<ArgumentsOf<[" list [ tuple[ int,\n str ] ] "]>, [[number, string][]]>>();
});

Deno.test("streams are iterables", () => {
  holds<Same<ArgumentsOf<["Stream[List[int]]"]>, [AsyncIterable<number[]>]>>();
  holds<Same<ResultOf<["Stream[str]"]>, AsyncIterable<string> | Iterable<string>>>();
  rpc(["Stream[str]"], ["Stream[str]"], async function* (lines) {
    for await (const line of lines) yield line.toUpperCase();
  });
  rpc(["int"], ["Stream[int]"], (count) => Array(count).keys());
});

Deno.test("a result has the type of its expression, and may be read-only", () => {
  holds<Same<ResultOf<[]>, void>>();
  holds<Same<ResultOf<["int"]>, number | bigint>>();
  holds<Same<ResultOf<["int53"]>, number>>();
  holds<Same<ResultOf<["str", "List[float]"]>, readonly [string, readonly number[]]>>();
  holds<Same<ResultOf<["Dict[str, bool]"]>, Readonly<Record<string, boolean>>>>();
});

Deno.test("the type checker only accepts well-formed literal types", () => {
  holds<Same<ArgumentsOf<[string]>, [unknown]>>();
  holds<Same<ArgumentsOf<string[]>, unknown[]>>();
  holds<Same<ArgumentsOf<["integer", "nope", "", "List[int", "List[int]]"]>[number], unknown>>();
  holds<
    Same<ArgumentsOf<["Dict[int, int]", "Stream[int", "List[Stream[int]]"]>[number], unknown>
  >();
  holds<Same<ResultOf<["number"]>, unknown>>();
});

Deno.test("the type checker reports a function that does not fit its types", () => {
  rpc(["int", "List[str]"], ["str"], (count, words) => words.slice(0, count).join(" "));
  rpc(["int"], ["int"], async (value) => await Promise.resolve(BigInt(value)));
  rpc(["int", "int"], ["int", "int"], (a, b) => [Math.trunc(a / b), a % b]);
  rpc([], [], () => {});
  rpc(["str"], ["str"], (text: string) => text, { names: ["text"] });
  // @ts-expect-error: a str is not a number
  rpc(["str"], ["str"], (value: number) => String(value));
  // @ts-expect-error: an int was promised
  rpc(["str"], ["int"], (text) => text);
  // @ts-expect-error: two values were promised
  rpc(["int"], ["int", "int"], (value) => [value]);
  // @ts-expect-error: it takes more than it is given
  rpc(["int"], ["int"], (a: number, b: number) => a + b);
  // @ts-expect-error: one name for each argument
  assert.throws(() => rpc(["int", "int"], ["int"], (a, b) => a + b, { names: ["a"] }), TypeError);
});
