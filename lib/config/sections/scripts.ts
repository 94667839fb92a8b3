/** Whether the scripts that a configuration names are there. */
import { basename, dirname, isAbsolute, join, relative } from "node:path";
import { limits } from "../../limits/mod.ts";
import type { Check } from "./fields.ts";
import { quote } from "../yaml/nodes.ts";
import type { ScriptReference } from "./rpcs.ts";
import { nearest } from "../suggest.ts";

/**
 * Looks every script up on the disk, a bounded number at once, and notes those that are no file.
 *
 * @returns The others.
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
    // All of them take from the one iterator.
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

/** Scripts in one folder from which on its list is read: it takes as long as looking some of them up. */
const scriptsPerListMin = 16;

/** Those of some paths that the lists of their folders show to be files. */
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
 * Finds the file that was most likely meant by a path that leads nowhere: one wrong name on the way, of
 * the file or of a folder, is corrected.
 *
 * @returns undefined where nothing near exists. Never throws.
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

/** The names in a folder, or some of them; undefined where it cannot be read. */
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
