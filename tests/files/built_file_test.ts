/** The files that a checkout's farcall, executors and helpers start from. */
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { type BuiltName, builtNames, currentFile, stampOf } from "../../lib/files/built_file.ts";
import { writeBuiltFile } from "../../tools/write_built_file.ts";
import { mentions } from "../_support/mentions.ts";
import { temporaryFolder } from "../_support/nodes/node.ts";

const root = new URL("../../", import.meta.url);

/** How each shows that it has run: as far as what it would tell its node through, or all that a command does. */
const runs: Readonly<Record<BuiltName, RegExp>> = {
  farcall: /^farcall \d+\.\d+\.\d+/,
  executor: mentions("NotFound", "no.socket.progress"),
  granted_executor: mentions("NotFound", "no.socket.progress"),
  helper: /^$/,
};

Deno.test("the files that deno task bundle writes are the program, of the modules as they are", async (t) => {
  await using folder = await temporaryFolder();
  const at = (name: string) => pathToFileURL(`${folder.path}/dist/${name}`);
  for (const name of builtNames) {
    await t.step(name, async () => {
      const file = at(`${name}.js`);
      await writeBuiltFile(name, file);
      assert.equal(currentFile(file, root), file.href);
      const args = name === "farcall"
        ? ["eval", `(await import("${file}")).main(["--version"])`]
        : ["run", "--quiet", "--no-prompt", "--allow-all", file.href, `${folder.path}/no.socket`];
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args,
        env: { NO_COLOR: "1" },
        stdin: "null",
      }).output();
      const said = new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout);
      assert.match(said, runs[name]);
    });
  }
  await t.step("nothing in them names its own place, but by way of its source's", async () => {
    const texts: string[] = [];
    for await (const { name, isFile } of Deno.readDir(at(""))) {
      if (isFile) texts.push(await Deno.readTextFile(at(name)));
      else {
        for await (const part of Deno.readDir(at(name))) {
          texts.push(await Deno.readTextFile(at(`${name}/${part.name}`)));
        }
      }
    }
    // What the bundler of scripts puts in their place stays.
    assert.ok(texts.some((text) => text.includes('"import.meta.main":"false"')));
    for (const text of texts) {
      const before = text.split("import.meta.url");
      for (const each of before.slice(0, -1)) {
        assert.match(each.slice(-1000), /new URL\("[./]+\/[^"]+\.ts",$/);
      }
      assert.ok(!text.includes("import.meta.resolve"));
    }
  });
});

Deno.test("a file of other modules than those that are there is left", async () => {
  await using folder = await temporaryFolder();
  const at = (path: string) => pathToFileURL(`${folder.path}/${path}`);
  await Deno.writeTextFile(at("a.ts"), "1");
  const stamp = stampOf(at("a.ts"));
  const made = (sources: unknown) => {
    Deno.writeTextFileSync(at("executor.js"), `// ${JSON.stringify(sources)}\nrun();\n`);
    return currentFile(at("executor.js"), at(""));
  };
  assert.equal(made({ "a.ts": stamp }), at("executor.js").href);
  assert.equal(made({ "a.ts": stamp, "gone.ts": stamp }), undefined);
  assert.equal(made("what?"), undefined);
  await Deno.utime(at("a.ts"), new Date(0), new Date(0));
  assert.equal(made({ "a.ts": stamp }), undefined);
  await Deno.remove(at("executor.js"));
  assert.equal(currentFile(at("executor.js"), at("")), undefined);
});
