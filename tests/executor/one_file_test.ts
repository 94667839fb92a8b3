/** The executor as one file, from which a checkout's nodes start their executors. */
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { currentFile, stampOf } from "../../lib/executor/supervisor/one_file.ts";
import { writeExecutorFile } from "../../tools/executor.ts";
import { temporaryFolder } from "../_support/nodes/node.ts";

const root = new URL("../../", import.meta.url);

Deno.test("the file that deno task executor writes is the executor, built from the current modules", async () => {
  await using folder = await temporaryFolder();
  const file = pathToFileURL(`${folder.path}/dist/executor.js`);
  await writeExecutorFile(file);
  assert.equal(currentFile(file, root), file.href);
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--allow-all", file.href, `${folder.path}/no.socket`],
  }).output();
  // It got as far as the link through which it would report to its node.
  assert.match(new TextDecoder().decode(stderr), /NotFound.*no\.socket\.progress/s);
});

Deno.test("a file built from other modules is ignored", async () => {
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
