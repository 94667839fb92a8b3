/** Type checks of scripts, and of programs that use the library, in one run, because each loads all of it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { formatTypes } from "../lib/client/types_text.ts";
import { formatScriptTypes } from "../lib/deploy/functions/script_types.ts";
import { repository } from "./_support/commands/cli.ts";
import { typedServices } from "./_support/typed_services.ts";

const documents = ["README.md", "docs/cli.md", "docs/init-yaml.md", "docs/library.md"];

const imports = `import { connect } from "${repository}mod.ts"; ` +
  'import type { Services } from "./services.ts";';

const right = `${imports}
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

const wrong = `${imports}
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

const declared = { declaredAt: "init.yaml:1:1", path: "prices.js", exportedAs: "default" } as const;

const functions = [
  { ...declared, service: "prices", rpc: "of", args: ["str"], returns: ["int"] },
  { ...declared, service: "prices", rpc: "of", args: ["int"], returns: ["str"] },
  { ...declared, service: "prices", rpc: "watch", args: ["Stream[int]"], returns: ["Stream[str]"] },
  { ...declared, service: "prices", rpc: "secret", args: [], returns: ["int"] },
];

/** A script whose `this` is typed by what its service may call. */
const total = `import type { This } from "./scripts.ts";

export async function total(this: This["shop"], count: number): Promise<string> {
  const prices = this.farcall.service("prices");
  const price: number = await prices.of("apple");
  const name: string = await prices.of(7);
  for await (const each of await prices.watch([count, 2n])) name.concat(each);
  // @ts-expect-error -- its result is a number
  const wrong: string = await prices.of("apple");
  // @ts-expect-error -- it is not granted
  await prices.secret();
  // @ts-expect-error -- there is no such service
  this.farcall.service("stock");
  // @ts-expect-error -- the items are numbers
  await prices.watch(["x"]);
  return wrong + price;
}
`;

function scriptTypes(): string {
  const calls = new Map([["shop", [{ service: "prices", rpcs: ["of", "watch"] }]]]);
  return formatScriptTypes(functions, (path) => `./${path}`, { calls }).text;
}

/** What the type checker says, by file: of these alone, while `deno check` would check all of the library again. */
async function mistakesIn(
  texts: Readonly<Record<string, string>>,
): Promise<Map<string, { readonly line: number; readonly message: string }[]>> {
  const { default: ts } = await import("npm:typescript@5.9.3");
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["types"] }).output();
  const declarations = join(repository, "deno.d.ts");
  const given = new Map(Object.entries(texts));
  given.set(declarations, new TextDecoder().decode(stdout));
  const options = {
    strict: true,
    noImplicitOverride: true,
    noEmit: true,
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    lib: ["lib.esnext.d.ts"],
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => given.has(path) || fileExists(path);
  host.readFile = (path) => given.get(path) ?? readFile(path);
  host.getSourceFile = (path, version, ...rest) => {
    const text = given.get(path);
    return text === undefined
      ? getSourceFile(path, version, ...rest)
      : ts.createSourceFile(path, text, version);
  };
  const program = ts.createProgram([...given.keys()], options, host);
  return new Map(
    Object.keys(texts).map((path) => {
      const file = program.getSourceFile(path)!;
      const found = [
        ...program.getSyntacticDiagnostics(file),
        ...program.getSemanticDiagnostics(file),
      ];
      return [
        path,
        found.map(({ start = 0, messageText }) => ({
          line: file.getLineAndCharacterOfPosition(start).line + 1,
          message: ts.flattenDiagnosticMessageText(messageText, "\n"),
        })),
      ];
    }),
  );
}

/** The programs of a document, each as a module beside it. */
async function programsOf(document: string): Promise<Record<string, string>> {
  const text = await Deno.readTextFile(join(repository, document));
  return Object.fromEntries(
    [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)]
      .map((
        [, program],
        index,
      ) => [join(repository, `${document}$${index + 1}.ts`), `${program}export {};\n`]),
  );
}

Deno.test("the type checker passes the documents' programs, right calls and scripts, and no wrong one", async (t) => {
  const own = (name: string) => join(repository, "tests", name);
  const programs = Object.assign({}, ...await Promise.all(documents.map(programsOf)));
  assert.ok(Object.keys(programs).length >= 9, "the documents have programs");
  const mistakes = await mistakesIn({
    ...programs,
    [own("services.ts")]: formatTypes(typedServices),
    [own("right.ts")]: right,
    [own("wrong.ts")]: wrong,
    [own("scripts.ts")]: scriptTypes(),
    [own("total.ts")]: total,
  });
  const wrongLines = mistakes.get(own("wrong.ts"))!.map(({ line }) => line);
  mistakes.delete(own("wrong.ts"));
  for (const [path, found] of mistakes) {
    await t.step(path, () => assert.deepEqual(found, []));
  }
  await t.step("each wrong line", () => {
    assert.deepEqual([...new Set(wrongLines)], [4, 5, 6, 7, 8, 9, 10]);
  });
});
