/** `farcall new`: a working project. Asks nothing and overwrites nothing. */
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { messageOf } from "../../lib/errors/mod.ts";
import { printLine, UsageError } from "../output.ts";
import { type Templates, templatesOf } from "./_templates.ts";

/**
 * Writes the project completely or not at all, and prints the next steps.
 *
 * @param given Its folder, created if missing. Default: the working folder.
 * @returns The exit code.
 */
export async function newProject(given: string | undefined): Promise<number> {
  const folder = given ?? ".";
  const templates = templatesOf(basename(resolve(folder)));
  const found = await Deno.stat(folder).catch(() => undefined);
  if (found === undefined) await writeFolder(folder, templates);
  else if (found.isDirectory) await writeInto(folder, templates);
  else throw new UsageError(`"${folder}" is not a folder; choose another, or move it`);
  const farcall = await ownCommand();
  printLine(`wrote ${Object.keys(templates).length} files to ${folder}; next:`);
  printLine("");
  if (resolve(folder) !== Deno.cwd()) printLine(`  cd ${inShell(folder)}`);
  printLine(`  ${farcall} serve --log farcall.log & sleep 1`);
  printLine(`  ${farcall} init && ${farcall} call hello.greet world`);
  return 0;
}

/** Creates a folder under a temporary name first, so that it is never seen half-written. */
async function writeFolder(folder: string, templates: Templates): Promise<void> {
  const target = resolve(folder);
  const temporary = join(dirname(target), `.${basename(target)}.${crypto.randomUUID()}.tmp`);
  try {
    await Deno.mkdir(dirname(target), { recursive: true });
    await Deno.mkdir(temporary);
    for (const [path, text] of Object.entries(templates)) {
      await writeNew(join(temporary, path), text);
    }
    await Deno.rename(temporary, target);
  } catch (cause) {
    await Deno.remove(temporary, { recursive: true }).catch(() => {});
    throw unwritable(folder, cause);
  }
}

/** Writes into an existing folder. Removes everything again if a file cannot be written. */
async function writeInto(folder: string, templates: Templates): Promise<void> {
  const paths = Object.keys(templates);
  const existing: string[] = [];
  for (const path of paths) {
    if (await exists(join(folder, path))) existing.push(path);
  }
  if (existing.length > 0) {
    throw new UsageError(
      `"${folder}" already has ${
        existing.join(", ")
      }, and nothing is overwritten; choose another folder: ` +
        "farcall new DIR",
    );
  }
  const folders: string[] = [];
  const written: string[] = [];
  try {
    for (const path of paths) {
      const target = join(folder, path);
      for (const missing of await missingFolders(folder, dirname(path))) {
        await Deno.mkdir(missing);
        folders.push(missing);
      }
      await writeNew(target, templates[path]!);
      written.push(target);
    }
  } catch (cause) {
    for (const path of written) await Deno.remove(path).catch(() => {});
    for (const path of folders.toReversed()) await Deno.remove(path).catch(() => {});
    throw unwritable(folder, cause);
  }
}

/** The missing folders of a path, outermost first. */
async function missingFolders(folder: string, path: string): Promise<string[]> {
  const missing: string[] = [];
  let at = folder;
  for (const name of path.split("/").filter((each) => each !== ".")) {
    at = join(at, name);
    if (!await exists(at)) missing.push(at);
  }
  return missing;
}

async function writeNew(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, text, { createNew: true });
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

function unwritable(folder: string, cause: unknown): UsageError {
  return new UsageError(
    `cannot write a project to "${folder}": ${messageOf(cause)}; nothing was written`,
    { cause },
  );
}

/** The shell command that runs this program again. */
async function ownCommand(): Promise<string> {
  if (!Deno.build.standalone) {
    const kinds = ["read", "write", "net", "run", "env", "sys"].map((kind) => `--allow-${kind}`);
    const main = Deno.mainModule.replace(/^file:\/\//, "");
    return ["deno", "run", "--quiet", ...kinds, inShell(main)].join(" ");
  }
  const own = Deno.execPath();
  for (const folder of (Deno.env.get("PATH") ?? "").split(delimiter)) {
    const path = join(folder, "farcall");
    const found = folder !== "" && await Deno.realPath(path).catch(() => undefined);
    if (found) return found === await Deno.realPath(own) ? "farcall" : inShell(own);
  }
  return inShell(own);
}

/** Quotes a word for the shell. */
function inShell(word: string): string {
  return /^[\w./:@+-]+$/.test(word) && !word.startsWith("-")
    ? word
    : `'${word.replaceAll("'", "'\\''")}'`;
}
