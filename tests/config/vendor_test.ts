import assert from "node:assert/strict";
import { vendoredFiles } from "../../tools/vendor.ts";

Deno.test("what the library uses of packages is what these packages have", async () => {
  const files = await vendoredFiles();
  assert.ok(files.size > 0);
  for (const [name, text] of files) {
    const url = new URL(`../../lib/vendor/${name}`, import.meta.url);
    assert.equal(await Deno.readTextFile(url), text, `${name}: run "deno task vendor"`);
  }
});
