import assert from "node:assert/strict";
import { makeTemporaryFolder } from "../../lib/files/mod.ts";

Deno.test("a temporary folder is private, and its creator removes it", async () => {
  const { path, refusals } = await makeTemporaryFolder("farcall-test-");
  assert.ok(path !== undefined, refusals.join());
  if (Deno.build.os !== "windows") assert.equal((await Deno.stat(path)).mode! & 0o777, 0o700);
  await Deno.remove(path);
});

Deno.test("if no folder is usable, each is named with the reason, and none is left behind", async () => {
  const made: string[] = [];
  const { path, refusals } = await makeTemporaryFolder("farcall-test-", {
    whyNot: (path) => {
      made.push(path);
      return Promise.resolve("its path rhymes");
    },
  });
  assert.equal(path, undefined);
  assert.ok(made.length > 0);
  assert.equal(
    refusals.filter((refusal) => / rhymes: ".+"$/.test(refusal)).length,
    made.length,
  );
  for (const path of made) await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
});
