/** The types that `farcall types` writes: their text, and what a type checker makes of them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { formatTypes } from "../../lib/client/types_text.ts";
import { repository } from "../_support/cli.ts";
import { temporaryFolder } from "../_support/node.ts";

const services = [
  {
    name: "math",
    description: "sums\n  and more */ here",
    overloads: [
      { rpc: "add", description: "adds", args: ["int", "int"], returns: ["int"] },
      { rpc: "add", args: ["str", "str"], returns: ["str"] },
      { rpc: "divide", args: ["int", "int"], names: ["dividend", "new"], returns: ["int", "int"] },
      { rpc: "stop", args: [], returns: [] },
    ],
  },
  {
    name: "odd-name",
    overloads: [{
      rpc: "all-types",
      args: [
        "List[int]",
        "Optional[Tuple[bytes, List[Optional[str]]]]",
        "Dict[str, float]",
        "None",
      ],
      returns: ["Dict[str, List[Optional[bool]]]"],
    }],
  },
];

Deno.test("types are one interface with a method for every overload", () => {
  const text = formatTypes(services);
  assert.equal(
    text.slice(text.indexOf("export interface")),
    `export interface Services {
  /**
   * sums
   * and more *\\/ here
   */
  math: {
    /** adds */
    add(value1: number | bigint, value2: number | bigint): Promise<number>;
    add(value1: string, value2: string): Promise<string>;
    divide(dividend: number | bigint, new_: number | bigint): Promise<[number, number]>;
    stop(): Promise<void>;
  };
  "odd-name": {
    "all-types"(value1: readonly (number | bigint)[], value2: readonly [Uint8Array, readonly (string | null)[]] | null, value3: { readonly [key: string]: number }, value4: null): Promise<{ [key: string]: (boolean | null)[] }>;
  };
}
`,
  );
  assert.equal(text, formatTypes(structuredClone(services)));
  assert.match(formatTypes([]), /\nexport interface Services \{\n\}\n$/);
});

/** The lines of a program that the type checker complains of. */
async function complaints(folder: string, program: string): Promise<number[]> {
  const path = join(folder, "program.ts");
  const imports = `import { connect } from "${repository}mod.ts"; ` +
    'import type { Services } from "./services.ts";';
  await Deno.writeTextFile(path, `${imports}\n${program}`);
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", path],
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stderr);
  return [...text.matchAll(/program\.ts:(\d+):\d+/g)].map(([, line]) => Number(line));
}

Deno.test("with these types, right calls pass the type checker and wrong ones do not", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(join(folder.path, "services.ts"), formatTypes(services));
  const right = `
    const farcall = await connect<Services>("init.yaml", { as: "c1" });
    const math = farcall.service("math", { timeoutMs: 5 });
    const sum: number = await math.add(2, 3n);
    const text: string = await math.add("a", "b");
    const [quotient, rest]: [number, number] = await math.divide(17, 5);
    await math.stop();
    const odd = await farcall.service("odd-name")["all-types"]([1] as const, [new Uint8Array(), ["x", null]], { a: 1 }, null);
    const flags: (boolean | null)[] = odd.x;
    const untyped = await connect("init.yaml");
    await untyped.service("anything").goes(1, "x");
    export { farcall, flags, quotient, rest, sum, text };`;
  assert.deepEqual(await complaints(folder.path, right), []);
  const wrong = `
    const farcall = await connect<Services>("init.yaml");
    const math = farcall.service("math");
    await math.add(2);
    await math.add(2, "x");
    await math.sub(2, 3);
    farcall.service("moth");
    const text: string = await math.add(2, 3);
    await math.stop(1);
    const [, , third] = await math.divide(1, 2);
    export { text, third };`;
  assert.deepEqual([...new Set(await complaints(folder.path, wrong))], [5, 6, 7, 8, 9, 10, 11]);
});
