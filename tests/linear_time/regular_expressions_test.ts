/**
 * Every regular expression of the product is listed, and takes linear time. One whose adjacent quantifiers match the
 * same characters, or that is tried from every position and scans on from each, takes quadratic time: a few kilobytes
 * from a stranger would then stop a node.
 */
import assert from "node:assert/strict";
import { analyse } from "npm:scslre@0.3.0";

const root = new URL("../../", import.meta.url);
const listFile = new URL("./regular_expressions.txt", import.meta.url);

interface RegularExpression {
  readonly file: string;
  readonly source: string;
  readonly flags: string;
}

async function sources(): Promise<string[]> {
  const found = ["mod.ts"];
  const walk = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
      if (isDirectory) await walk(`${folder}${name}/`);
      else if (name.endsWith(".ts")) found.push(folder + name);
    }
  };
  await walk("lib/");
  await walk("cli/");
  return found.sort();
}

/** An expression's source; for one built at run time, an empty text. */
function expressionsOf(file: string, text: string): RegularExpression[] {
  const found: RegularExpression[] = [];
  const add = (source: string, flags: string): void => {
    found.push({ file, source, flags });
  };
  const rule: Deno.lint.Rule = {
    create: () => ({
      Literal(node): void {
        // Literals of all kinds have this field.
        const regex = "regex" in node ? node.regex : undefined;
        if (regex) add(regex.pattern, regex.flags);
      },
      "NewExpression[callee.name='RegExp']"(): void {
        add("", "");
      },
      "CallExpression[callee.name='RegExp']"(): void {
        add("", "");
      },
    }),
  };
  Deno.lint.runPlugin({ name: "find", rules: { expressions: rule } }, file, text);
  return found;
}

const found = (await Promise.all(
  (await sources()).map(async (file) =>
    expressionsOf(file, await Deno.readTextFile(new URL(file, root)))
  ),
)).flat();

Deno.test("no regular expression takes quadratic time", () => {
  const slow = found.filter(({ source }) => source !== "").flatMap(({ file, source, flags }) =>
    analyse({ source, flags }).reports.map(({ type }) => `${file}: /${source}/${flags} (${type})`)
  );
  assert.deepEqual(
    slow,
    [],
    "write it so that it cannot match the same text in two ways, or a loop",
  );
});

Deno.test("no regular expression is built from text", () => {
  const files = found.filter(({ source }) => source === "").map(({ file }) => file);
  // It copies a script's own expression, for the script.
  assert.deepEqual(files, ["lib/executor/sandbox/_structured_clone.ts"]);
});

Deno.test("the list has exactly the regular expressions of the sources", async () => {
  const known = (await Deno.readTextFile(listFile)).split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const used = found.filter(({ source }) => source !== "")
    .map(({ source, flags }) => `/${source}/${flags}`);
  const missing = [...new Set(used)].filter((line) => !known.includes(line));
  const left = known.filter((line) => !used.includes(line));
  assert.deepEqual(
    { missing, left },
    { missing: [], left: [] },
    "think of the longest text that it is tried on, then write it into regular_expressions.txt",
  );
});
