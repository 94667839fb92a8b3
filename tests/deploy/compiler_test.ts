/** Compilers' output about scripts, converted to diagnostics. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { compileScripts, findCompiler } from "../../lib/deploy/functions/compiler.ts";
import { formatScriptTypes, type ScriptFunction } from "../../lib/deploy/functions/script_types.ts";
import { InternalError } from "../../lib/errors/mod.ts";
import { shown, withSources } from "./_sources.ts";
import { mentions } from "../_support/mentions.ts";

const declared: ScriptFunction = {
  service: "t",
  rpc: "f",
  args: ["List[Optional[int]]", "Dict[str, Tuple[str, bytes]]", "Stream[float]"],
  names: ["class", "b"],
  returns: ["Optional[int53]", "List[int]"],
  declaredAt: "init.yaml:3:5",
  path: "f.ts",
  exportedAs: "default",
};

/** A `tsc` for the folder that prints a text in which `FILE` stands for the file it is given, and for `f.ts`. */
async function tscIn(folder: string, says: string): Promise<void> {
  const script = `#!/bin/sh
[ "$1" = --version ] && echo "Version 5.9.2" && exit 0
for file; do :; done
printf '%s\\n' '${says}' | sed "s#FILE#$file#"
exit 2
`;
  await Deno.mkdir(join(folder, "node_modules/.bin"), { recursive: true });
  await Deno.writeTextFile(join(folder, "node_modules/.bin/tsc"), script, { mode: 0o755 });
}

Deno.test("scripts' types describe their inputs and permitted results", () => {
  const { text, assertions } = formatScriptTypes(
    [declared, { ...declared, rpc: "g", path: "g.js", args: [], returns: [] }],
    (path) => `./${path}`,
  );
  assert.match(
    text,
    /"t\.f\(.*\)": \(class_: \(number \| null\)\[\], b: \{ \[key: string\]: \[string, Uint8Array\] \}, value3: AsyncIterable<number>\) => Returned<readonly \[number \| null \| undefined, readonly \(number \| bigint\)\[\]\]>;/,
  );
  assert.match(text, /"t\.g\(\)": \(\) => unknown;/);
  assert.doesNotMatch(text, /from "\.\/g\.js"/, "of JavaScript no types are asserted");
  const [[line]] = assertions;
  assert.match(text.split("\n")[line - 1], /^script1\.default satisfies Scripts\["t\.f\(/);
});

Deno.test("tsc's messages are reported at the function, or at their own position", async () => {
  const { assertions } = formatScriptTypes([declared], (path) => path);
  const [[line]] = assertions;
  await withSources(
    { "f.ts": "export default () => 1;\n", "other.ts": "let a = b;\n" },
    async (folder) => {
      const says = `FILE(${line},9): error TS1360: Type A does not satisfy B.\n  Because of C.\n` +
        "other.ts(1,9): error TS2304: Cannot find name.\n" +
        "other.ts(1,1): error TS7016: Could not find a declaration file for module lodash.";
      await tscIn(folder, says);
      const path = join(folder, "node_modules/.bin/tsc");
      const found = await compileScripts({ kind: "tsc", path, name: "tsc 5.9.2" }, [declared], {
        folder,
        shownFolder: ".",
        positionOf: () => Promise.resolve({ file: "f.ts", line: 1, column: 16 }),
      });
      assert.deepEqual(found.map(shown), [
        "f.ts:1:16: this function does not fit t.f(List[Optional[int]], Dict[str, Tuple[str, bytes]], " +
        "Stream[float]) of init.yaml:3:5: Type A does not satisfy B. (Because of C.)",
        "other.ts:1:9: Cannot find name.",
      ]);
      assert.equal(found[1].sourceLine, "let a = b;");
    },
  );
});

Deno.test("other compiler failures are reported verbatim", async () => {
  await withSources({}, async (folder) => {
    await tscIn(folder, "out of memory");
    const path = join(folder, "node_modules/.bin/tsc");
    const failing = compileScripts({ kind: "tsc", path, name: "tsc 5.9.2" }, [declared], {
      folder,
      shownFolder: ".",
      positionOf: () => Promise.resolve(undefined),
    });
    await assert.rejects(failing, (error: InternalError) => {
      assert.match(error.message, mentions("5.9.2"));
      assert.deepEqual(error.details, ["out of memory"]);
      return error instanceof InternalError;
    });
  });
});

Deno.test("a compiler is found beside the project before the one on PATH", async () => {
  await withSources({}, async (folder) => {
    const path = join(folder, "node_modules/.bin/deno");
    await Deno.mkdir(join(folder, "node_modules/.bin"), { recursive: true });
    await Deno.writeTextFile(path, "#!/bin/sh\necho deno 9.8.7\n", { mode: 0o755 });
    assert.deepEqual(await findCompiler([folder]), { kind: "deno", path, name: "deno 9.8.7" });
    await Deno.writeTextFile(path, "#!/bin/sh\nexit 1\n");
    assert.notEqual((await findCompiler([folder]))?.path, path, "one that cannot run is none");
  });
});
