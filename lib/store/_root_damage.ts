/** What a restart would not find again of what a node runs and keeps. */
import { limits } from "../limits/mod.ts";
import type { GenerationName, RootDamage } from "../wire/generation.ts";
import type { ScriptId } from "../wire/script_id.ts";
import { join } from "node:path";
import { type CheckedFiles, stampOf } from "./_checked_files.ts";
import { describeRefusal, readIfThere } from "./_durable.ts";
import { decodeCurrent, decodeGeneration } from "./_generation_file.ts";
import { type KeptGeneration, rootFolders } from "./_open_root.ts";
import type { RootLock } from "./_root_lock.ts";
import type { ScriptFolder } from "./_script_folder.ts";

/** A root as the process that has it knows it. */
export interface KnownRoot {
  readonly root: string;
  readonly lock: RootLock;
  readonly kept: readonly KeptGeneration[];
  readonly scripts: ScriptFolder;
  readonly checked: CheckedFiles;
}

/** Compares what lies on the disk with what is known. Reads what is not the file that was checked. */
export async function findDamage(known: KnownRoot): Promise<RootDamage[]> {
  const { root } = known;
  try {
    if (await stampOf(root) === undefined) return [{ problem: `its root "${root}" is gone` }];
    const ofRoot = [...await problemsOfRoot(known), await problemOfCurrent(known)];
    const damage: RootDamage[] = ofRoot.flatMap((problem) =>
      problem === undefined ? [] : { problem }
    );
    for (const [generation, problems] of await problemsByGeneration(known)) {
      damage.push(...problems.map((problem) => ({ generation, problem })));
    }
    return damage;
  } catch (cause) {
    return [{ problem: describeRefusal("read the root", root, cause) }];
  }
}

/** Those generations, from the last one back, that can be gone back to; each names the one before it. */
export async function intactGenerations(known: KnownRoot): Promise<KeptGeneration[]> {
  const { kept } = known;
  const problems = await problemsByGeneration({ ...known, kept: kept.slice(0, -1) });
  const lastBroken = kept.findLastIndex(({ name }) => (problems.get(name.number) ?? []).length > 0);
  return kept.slice(lastBroken + 1);
}

/** Why the file of a generation is not what was written; undefined where it is. */
async function problemOfGeneration(
  { root, checked }: Pick<KnownRoot, "root" | "checked">,
  name: GenerationName,
): Promise<string | undefined> {
  const path = join(root, "generations", `${name.number}.json`);
  try {
    if (await checked.has(path)) return undefined;
    const stamp = await stampOf(path);
    const bytes = await readIfThere(path);
    if (bytes === undefined) return `"${path}" is missing`;
    if (await decodeGeneration(bytes, name) === undefined) {
      return `"${path}" is not what was written`;
    }
    checked.add(path, stamp);
    return undefined;
  } catch (cause) {
    return describeRefusal("read", path, cause);
  }
}

async function problemsOfRoot({ root, lock }: KnownRoot): Promise<(string | undefined)[]> {
  const problems: (string | undefined)[] = [await lock.problem()];
  for (const name of ["format", ...rootFolders]) {
    const path = join(root, name);
    if (await stampOf(path) === undefined) problems.push(`"${path}" is missing`);
  }
  return problems;
}

async function problemOfCurrent({ root, kept }: KnownRoot): Promise<string | undefined> {
  const name = kept.at(-1)?.name;
  const path = join(root, "current");
  try {
    const bytes = await readIfThere(path);
    if (name === undefined) {
      return bytes === undefined ? undefined : `"${path}" is there, though nothing was deployed`;
    }
    if (bytes === undefined) return `"${path}" is missing`;
    const there = decodeCurrent(bytes);
    if (there === undefined) return `"${path}" is not what was written`;
    if (there.fileHash === name.fileHash && there.number === name.number) return undefined;
    return `"${path}" names another generation ${there.number}`;
  } catch (cause) {
    return describeRefusal("read", path, cause);
  }
}

/** By their numbers; none for those that are whole. */
async function problemsByGeneration(known: KnownRoot): Promise<Map<number, string[]>> {
  const { kept, scripts } = known;
  const named = new Set<ScriptId>();
  for (const generation of kept) for (const id of generation.scripts) named.add(id);
  const lost = new Set(await scripts.lost(named));
  const problems = new Map<number, string[]>();
  for (const { name, scripts: ids } of kept) {
    const problem = await problemOfGeneration(known, name);
    const lostHere = [...lost].filter((id) => ids.has(id));
    const shown = lostHere.slice(0, limits.damageShownMax);
    const more = lostHere.length - shown.length;
    const all = [
      ...(problem === undefined ? [] : [problem]),
      ...await Promise.all(shown.map((id) => scripts.describeLoss(id))),
      ...(more > 0 ? [`${more} more of its scripts are missing or damaged`] : []),
    ];
    if (all.length > 0) problems.set(name.number, all);
  }
  return problems;
}
