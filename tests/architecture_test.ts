/** `docs/architecture.md` names existing files and rooms, and the code uses no retired name. */
import assert from "node:assert/strict";

const root = new URL("../", import.meta.url);
const text = await Deno.readTextFile(new URL("docs/architecture.md", root));

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(new URL(path, root)).then(() => true, () => false);
}

async function foldersOf(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(new URL(folder, root))) {
    if (!entry.isDirectory) continue;
    found.push(`${folder}/${entry.name}`, ...await foldersOf(`${folder}/${entry.name}`));
  }
  return found;
}

Deno.test("the files that the document of the architecture names exist", async () => {
  const named = [...text.matchAll(/`([\w./]+\/[\w.]+\.ts)`/g)].map(([, path]) => path);
  assert.ok(named.length > 60, `${named.length} files are named`);
  const missing: string[] = [];
  for (const path of new Set(named)) {
    if (!await exists(path) && !await exists(`lib/${path}`)) missing.push(path);
  }
  assert.deepEqual(missing, []);
});

Deno.test("its table lists every room and nothing else", async () => {
  const table = text.slice(text.indexOf("| room"), text.indexOf("Imports go one way"));
  const named = [...table.matchAll(/`((?:cli|lib)(?:\/[\w/]+)?)\/?`/g)].map(([, path]) => path);
  for (const path of named) assert.ok(await exists(path), path);
  // A folder that is not named is part of one that is.
  const rooms = [...await foldersOf("cli"), ...await foldersOf("lib")];
  const missing = rooms.filter((room) =>
    !named.some((name) =>
      name === room || (name.split("/").length > 2 && room.startsWith(`${name}/`))
    )
  );
  assert.deepEqual(missing, []);
});

Deno.test("no retired name is used", async () => {
  const table = text.slice(text.indexOf("## Retired names"), text.indexOf("## Invariants"));
  const rows = [...table.matchAll(/^\| (`.+`) +\| (.+?) +\|$/gm)];
  assert.ok(rows.length > 15, `${rows.length} retired names`);
  const retired = rows.flatMap(([, was]) =>
    [...was.matchAll(/`(\w+(?:\.ts)?)`/g)].map(([, name]) => name)
  );
  const identifiers = retired.filter((name) => !name.endsWith(".ts"));
  const words = new RegExp(`(?<![\\w.])(${identifiers.join("|")})(?!\\w)`);
  const found: string[] = [];
  for (const folder of ["cli", "lib", ...await foldersOf("cli"), ...await foldersOf("lib")]) {
    for await (const { name, isFile } of Deno.readDir(new URL(folder, root))) {
      const path = `${folder}/${name}`;
      if (retired.includes(name) || retired.includes(name.replace(/\.ts$/, ""))) found.push(path);
      if (!isFile || !name.endsWith(".ts")) continue;
      // In comments and strings such a word may be plain English.
      const code = (await Deno.readTextFile(new URL(path, root)))
        .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$|"[^"\n]*"|`[^`]*`/gm, "");
      const word = words.exec(code)?.[1];
      if (word !== undefined) found.push(`${path}: ${word}`);
    }
  }
  assert.deepEqual(found, []);
});
