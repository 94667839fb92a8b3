/** Functions of scripts are compared with their signatures before a deployment. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { bundleScripts } from "../../lib/deploy/bundle/bundle.ts";
import { InvalidConfiguration } from "../../lib/errors/mod.ts";
import { type Files, shown, withSources } from "./_sources.ts";
import { diagnostic, mentions } from "../_support/mentions.ts";

/** The diagnostics of the rpc `f` of a script with this signature, `[args, returns]`. */
async function said(
  files: Files,
  [args, returns]: readonly [readonly string[], readonly string[]],
  path = "f.ts",
): Promise<{ mistakes: string[]; warnings: string[] }> {
  let found = { mistakes: [] as string[], warnings: [] as string[] };
  await withSources(files, async (folder) => {
    const request = {
      source: join(folder, path),
      rpc: "f",
      position: { file: "init.yaml", line: 7, column: 9 },
      signature: { args, returns },
    };
    try {
      const { warnings } = await bundleScripts([request], { folder });
      found = { mistakes: [], warnings: warnings.map(shown) };
    } catch (error) {
      assert.ok(error instanceof InvalidConfiguration, String(error));
      found = { mistakes: error.diagnostics.map(shown), warnings: [] };
    }
  });
  return found;
}

const type = (text: string) => text.split("; ").filter((each) => each !== "");

for (
  const [source, args, returns, expected] of [
    [
      "export function f(a: string) {}",
      "int",
      "",
      diagnostic("f.ts:1:19", '"a"', "string", "init.yaml:7:9", "int", "a: number", "args"),
    ],
    [
      "export const f = async (a: number, b: string) => {};",
      "int; int",
      "",
      diagnostic("f.ts:1:36", '"b"', "string", "int"),
    ],
    ["export default function (a: string) {}", "List[str]", "", /a: string\[\]/],
    ["function g(a: boolean) {}\nexport { g as f };", "str", "", /^f\.ts:1:12: /],
    ["const f = function (a: boolean) {};\nexport { f };", "str", "", /^f\.ts:1:21: /],
    ["export const f = ((a: boolean) => a) satisfies unknown;", "str", "", /^f\.ts:1:20: /],
    [
      "export function f(a: number, b: number) {}",
      "int",
      "",
      diagnostic("f.ts:1:30", '"b"', "init.yaml:7:9"),
    ],
    [
      "export function f({ a }: { a: number }) {}",
      "",
      "",
      diagnostic("f.ts:1:19", '"{ a }"'),
    ],
    [
      "export function f(a: number = 1) {}",
      "Optional[int]",
      "",
      mentions("number", "Optional[int]", "a: number | null"),
    ],
    ["export function f(a = 1) {}", "str", "", mentions('"a"', "number")],
    ["export function f(a?: number) {}", "Optional[int]", "", mentions("null", "a: number | null")],
    ["export function f(a: bigint) {}", "int", "", /write a: number \| bigint/],
    [
      "export function f(...all: string[]) {}",
      "str; int",
      "",
      diagnostic("f.ts:1:19", '"all"', "string", "int"),
    ],
    ["export function f(a: Array<string>) {}", "List[int]", "", mentions("string[]", "List[int]")],
    [
      "export function f(a: readonly (string | null)[]) {}",
      "List[Optional[int]]",
      "",
      /is \(string \| null\)\[\]/,
    ],
    [
      "export function f(a: Record<string, number>) {}",
      "Dict[str, List[int]]",
      "",
      mentions("Record<string, number>"),
    ],
    [
      "export function f(a: [string, number]) {}",
      "Tuple[str, str]",
      "",
      mentions("[string, number]"),
    ],
    ["export function f(a: Uint8Array) {}", "str", "", /Uint8Array/],
    ["export function f(a: string) {}", "bytes", "", /write a: Uint8Array/],
    ["export function f(a: string[]) {}", "Stream[str]", "", /write a: AsyncIterable<string>/],
    [
      "export function f(): string { return ''; }",
      "",
      "int",
      diagnostic("f.ts:1:20", "string", "init.yaml:7:9", "int", "number"),
    ],
    [
      "export async function f(): Promise<string> { return ''; }",
      "",
      "bool",
      mentions("string", "bool"),
    ],
    ["export const f = (): void => {};", "", "int", mentions("undefined", "int")],
    ["export function* f() {}", "", "int", /f is a generator/],
    [
      "export function f(): [number, string] { return [1, '']; }",
      "",
      "int; int",
      mentions("[number, string]"),
    ],
    [
      "export function f(a: string): void;\nexport function f(a: boolean): void;\nexport function f(a: unknown) {}",
      "int",
      "",
      /^f\.ts:1:19: /,
    ],
  ] as [string, string, string, RegExp][]
) {
  Deno.test(`${source} is refused for (${args}) -> ${returns}`, async () => {
    const { mistakes } = await said({ "f.ts": source }, [type(args), type(returns)]);
    assert.equal(mistakes.length, 1, mistakes.join("\n"));
    assert.match(mistakes[0], expected);
  });
}

for (
  const [source, args, returns] of [
    ["export function f(this: { signal: AbortSignal }, a: number) {}", "int", ""],
    ["export function f(a: number | bigint, b: any, c: unknown, d) {}", "int; str; bool; None", ""],
    ["export function f(a: number, b?: string, c = 1, ...d: number[]) {}", "float", ""],
    ["export function f(a: number | null = null) {}", "Optional[int]", ""],
    ["export function f(a: number, b?: number | null) {}", "int; Optional[int]", ""],
    ["export const f = <T,>(a: T[], b: Record<string, T>) => {};", "List[int]; Dict[str, int]", ""],
    [
      "export function f(a: readonly string[], b: ReadonlyArray<[string, number]>) {}",
      "List[str]; List[Tuple[str, int]]",
      "",
    ],
    [
      "export function f(a: Uint8Array<ArrayBuffer>, b: number[]) {}",
      "bytes; Tuple[int, float]",
      "",
    ],
    [
      "export async function* f(a: AsyncIterable<string>): AsyncGenerator<number> { yield 1; }",
      "Stream[str]",
      "Stream[int]",
    ],
    ["export function* f() { yield 1; }", "", "Stream[int]"],
    ["export function f(): bigint { return 1n; }", "", "int"],
    ["export function f(): number | undefined { return 1; }", "", "Optional[int]"],
    ["export function f(): string[] { return []; }", "", "str; str"],
    ["export async function f(): Promise<Thing> { return 1; }\ntype Thing = number;", "", "str"],
    [
      "export function f(a: string): void;\nexport function f(a: number): void;\nexport function f(a: unknown) {}",
      "int",
      "",
    ],
    ["export const f: (a: string) => void = () => {};", "int", ""],
    ["export function f() { return arguments.length; }", "int; int", "int"],
    ["const make = (g: () => void) => g;\nexport const f = make(() => {});", "int", ""],
    [
      "enum E { A }\nabstract class B { declare x: string; }\nexport function f(a: E): B { return a as never; }",
      "int",
      "",
    ],
  ] as [string, string, string][]
) {
  Deno.test(`${source} is taken for (${args}) -> ${returns}`, async () => {
    const { mistakes, warnings } = await said({ "f.ts": source }, [type(args), type(returns)]);
    assert.deepEqual([mistakes, warnings], [[], []]);
  });
}

Deno.test("a function is found in its defining file, and both positions are reported", async () => {
  const files = {
    "s/f.ts": 'export * from "./all.ts";\n',
    "s/all.ts": 'import g from "../lib/g.js";\nexport { g as f };\n',
    "lib/g.ts": "/* äöü😀 */ export default (\n  a: number,\n  b: string,\n) => a;\n",
  };
  const { mistakes } = await said(files, [["int", "int"], ["int"]], "s/f.ts");
  assert.deepEqual(mistakes, [
    `lib/g.ts:3:3: parameter "b" of f is string, and init.yaml:7:9 gives it int (write b: number, or change args)`,
  ]);
});

Deno.test("plain JavaScript is accepted, and unknown types count as correct", async () => {
  const { mistakes } = await said(
    { "f.js": "export function f(a, b) { return a<b>(c); }\nlet c;" },
    [
      ["int"],
      [],
    ],
    "f.js",
  );
  assert.match(mistakes.join(), mentions('"b"'));
  const wrapped = "export const f = globalThis.make ?? ((a) => a);";
  assert.deepEqual(await said({ "f.js": wrapped }, [[], []], "f.js"), {
    mistakes: [],
    warnings: [],
  });
});

Deno.test("an unused argument is a warning", async () => {
  const { warnings } = await said({ "f.ts": "export const f = (a: number) => a;\n" }, [
    ["int", "int"],
    ["int"],
  ]);
  assert.deepEqual(warnings, [
    "f.ts:1:18: f takes 1 of the 2 arguments that init.yaml:7:9 gives: the last one is never seen " +
    "(add parameters, or remove their types from args)",
  ]);
});
