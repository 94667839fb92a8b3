/** Checks that the scripts of a configuration exist. */
import { basename, dirname, isAbsolute, join, relative } from "node:path";
import { limits } from "../../limits/mod.ts";
import type { Check } from "./fields.ts";
import { quote } from "../yaml/nodes.ts";
import type { ScriptReference } from "./rpcs.ts";
import { nearest } from "../suggest.ts";

/**
 * Looks up every script on disk, a bounded number at once, and notes those that are not files.
 *
 * @returns The scripts that exist.
 */
export async function checkScripts(
  check: Check,
  scripts: readonly ScriptReference[],
): Promise<readonly ScriptReference[]> {
  const missing = new Set<string>();
  const byPath = Map.groupBy(scripts, (script) => script.path);
  for (const path of await knownFiles(byPath.keys())) byPath.delete(path);
  const waiting = byPath.entries();
  const lookups = Math.min(byPath.size, check.bounds.lookupsAtOnceMax);
  await Promise.all(Array.from({ length: lookups }, async () => {
    // All lookups share one iterator.
    for (const [path, references] of waiting) {
      const problem = await problemOf(path);
      if (problem === undefined) continue;
      missing.add(path);
      for (const script of references) {
        const message = `script ${quote(script.asWritten)} ${problem.message}`;
        const { meant } = problem;
        const shown = meant !== undefined && !isAbsolute(script.asWritten)
          ? relative(check.folder, meant)
          : meant;
        const hint = shown === undefined ? `looked for ${path}` : `did you mean "${shown}"?`;
        check.findings.add({ at: script.offset, message, hint });
      }
    }
  }));
  return scripts.filter(({ path }) => !missing.has(path));
}

/** From this many scripts in one folder, its listing is read instead, which costs about as many lookups. */
const scriptsPerListMin = 16;

/** The paths that their folders' listings show to be files. */
async function knownFiles(paths: Iterable<string>): Promise<string[]> {
  const found: string[] = [];
  for (const [folder, inFolder] of Map.groupBy(paths, dirname)) {
    if (inFolder.length < scriptsPerListMin) continue;
    const files = new Set(await namesIn(folder, ({ isFile }) => isFile));
    found.push(...inFolder.filter((path) => files.has(basename(path))));
  }
  return found;
}

async function problemOf(path: string): Promise<{ message: string; meant?: string } | undefined> {
  try {
    const { isFile, isDirectory } = await Deno.stat(path);
    if (isFile) return undefined;
    return { message: isDirectory ? "is a folder, expected a file" : "is not a file" };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return { message: "does not exist", meant: await nearestPath(path) };
    }
    return { message: `cannot be looked up (${error instanceof Error ? error.name : error})` };
  }
}

/**
 * Finds the file that was most likely meant by a wrong path: corrects one name in it, of the file or of a folder.
 *
 * @returns undefined if nothing similar exists. Never throws.
 */
export async function nearestPath(path: string): Promise<string | undefined> {
  const behind: string[] = [];
  for (let at = path; dirname(at) !== at; at = dirname(at)) {
    const folder = dirname(at);
    const names = await namesIn(folder);
    if (names === undefined) {
      behind.unshift(basename(at));
      continue;
    }
    const meant = nearest(basename(at), names);
    if (meant === undefined) return undefined;
    const candidate = join(folder, meant, ...behind);
    const found = await Deno.stat(candidate).then((info) => info.isFile, () => false);
    return found ? candidate : undefined;
  }
  return undefined;
}

/** The names in a folder, up to a bound; undefined if it cannot be read. */
async function namesIn(
  folder: string,
  isWanted: (entry: Deno.DirEntry) => boolean = () => true,
): Promise<string[] | undefined> {
  const names: string[] = [];
  let count = 0;
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (isWanted(entry)) names.push(entry.name);
      if (++count >= limits.namesReadMax) break;
    }
    return names.sort();
  } catch {
    return undefined;
  }
}
