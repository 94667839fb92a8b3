/** The library's public API: every export is documented, and nothing else is exported. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { repository } from "./_support/commands/cli.ts";

async function doc(...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", ...args],
    cwd: repository,
    env: { NO_COLOR: "1" },
  }).output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert.equal(code, 0, out + error);
  return { stdout: out, stderr: error };
}

Deno.test("every export is documented, and so is every type that it refers to", async () => {
  await doc("--lint", "mod.ts", "npm/mod.ts");
});

Deno.test("the library exports exactly what its document lists", async () => {
  const text = await Deno.readTextFile(join(repository, "docs/library.md"));
  const section = text.split("## Exports\n")[1]?.split("\n## ")[0] ?? "";
  const listed = [...section.matchAll(/`(\w+)`/g)].map(([, name]) => name);
  const face = await Deno.readTextFile(join(repository, "mod.ts"));
  assert.doesNotMatch(face, /export \*/);
  const exported = [...face.matchAll(/^export (?:type )?\{([^}]*)\}/gm)]
    .flatMap(([, names]) => (names ?? "").split(","))
    .map((name) => name.trim().replace(/^type /, ""))
    // Parts of types that programs never name.
    .filter((name) => name !== "" && name !== "ExpressionType");
  assert.ok(exported.length > 50, "the face was read");
  assert.deepEqual(listed.toSorted(), exported.toSorted());
});

/** The exports of a module, types included, by the module that defines them. */
async function exportsOf(face: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const text = await Deno.readTextFile(join(repository, face));
  const lists = text.matchAll(/^export (?:type )?\{([^}]*)\} from "(?:\.\.?\/)+(.*)";/gm);
  return new Map([...lists].map(([, names = "", from = ""]) => {
    const each = names.split(",").map((name) => name.trim().replace(/^type /, ""));
    return [from, each.filter((name) => name !== "")];
  }));
}

Deno.test("the npm package exports exactly the callers' part of the library", async () => {
  const [library, ofPackage] = await Promise.all([import("../mod.ts"), import("../npm/mod.ts")]);
  for (const [name, value] of Object.entries(ofPackage)) {
    assert.equal((library as Record<string, unknown>)[name], value, name);
  }
  const [all, callers] = await Promise.all(["mod.ts", "npm/mod.ts"].map(exportsOf));
  assert.ok(callers!.size > 2, "the face was read");
  // Thrown only by nodes and peers.
  const ofOthers = /^(Address|Root|File|Undeliverable)/;
  for (const [from, names] of callers!) {
    const wanted = all!.get(from)?.filter((name) => !ofOthers.test(name));
    assert.deepEqual(names, wanted, from);
  }
});
