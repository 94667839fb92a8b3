/** Compares the root on disk with what the node runs and keeps. */
import type { Steps } from "../encoding/mod.ts";
import { limits } from "../limits/mod.ts";
import { inSlices } from "../timers/slices.ts";
import type { GenerationName, RootDamage } from "../manifest/mod.ts";
import type { ScriptId } from "../identity/mod.ts";
import { join } from "node:path";
import { type CheckedFiles, stampOf } from "./_checked_files.ts";
import { readIfThere } from "../files/durable.ts";
import { describeRefusal } from "./_durable.ts";
import { decodeCurrent, decodeGeneration } from "./_generation_file.ts";
import { type KeptGeneration, rootFolders } from "./_open_root.ts";
import type { RootSurvey } from "./store.ts";
import type { RootLock } from "../files/root_lock.ts";
import type { ScriptFolder } from "./_script_folder.ts";

/** A root as known to the process that holds it. */
export interface KnownRoot {
  readonly root: string;
  readonly lock: RootLock;
  readonly kept: readonly KeptGeneration[];
  readonly scripts: ScriptFolder;
  readonly checked: CheckedFiles;
}

/**
 * Finds missing and damaged files on disk. Reads only files that changed since they were checked, and stats each once:
 * with a thousand scripts, stats dominate.
 *
 * @param asked Scripts to look for besides the kept ones.
 */
export async function surveyRoot(
  known: KnownRoot,
  asked: readonly ScriptId[],
): Promise<RootSurvey> {
  const { root, kept, scripts } = known;
  await inSlices(scripts.touchSteps(asked));
  try {
    if (await stampOf(root) === undefined) {
      return { damage: [{ problem: `its root "${root}" is gone` }], missing: [...new Set(asked)] };
    }
    const lost = await lostOf(known, asked);
    const missing = await inSlices(within(lost, asked));
    const ofRoot = [...await problemsOfRoot(known), await problemOfCurrent(known)];
    const damage: RootDamage[] = ofRoot.flatMap((problem) =>
      problem === undefined ? [] : { problem }
    );
    for (const [generation, problems] of await problemsByGeneration(known, kept, lost)) {
      damage.push(...problems.map((problem) => ({ generation, problem })));
    }
    return { damage, missing };
  } catch (cause) {
    const problem = describeRefusal("read the root", root, cause);
    return { damage: [{ problem }], missing: [...new Set(asked)] };
  }
}

/** The generations, from the last one back, that can be rolled back to; each names its predecessor. */
export async function intactGenerations(known: KnownRoot): Promise<KeptGeneration[]> {
  const { kept } = known;
  const problems = await problemsByGeneration(known, kept.slice(0, -1), await lostOf(known, []));
  const lastBroken = kept.findLastIndex(({ name }) => (problems.get(name.number) ?? []).length > 0);
  return kept.slice(lastBroken + 1);
}

/** Why a generation's file differs from what was written; undefined if it does not. */
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

/** The missing ones among the scripts of all generations and the given ones. */
async function lostOf(
  { kept, scripts }: KnownRoot,
  asked: readonly ScriptId[],
): Promise<ReadonlySet<ScriptId>> {
  const wanted = await inSlices(unionOf([asked, ...kept.map((generation) => generation.scripts)]));
  return await inSlices(unionOf([await scripts.lost(wanted)]));
}

/** Several sets or lists in one, in steps. */
function* unionOf(all: readonly Iterable<ScriptId>[]): Steps<Set<ScriptId>> {
  const union = new Set<ScriptId>();
  for (const ids of all) {
    for (const id of ids) {
      union.add(id);
      yield;
    }
  }
  return union;
}

/** Those of a set that a list names, each once, in steps. */
function* within(set: ReadonlySet<ScriptId>, ids: readonly ScriptId[]): Steps<ScriptId[]> {
  const found = new Set<ScriptId>();
  for (const id of ids) {
    if (set.has(id)) found.add(id);
    yield;
  }
  return [...found];
}

/** Damage by generation number; nothing for whole generations. */
async function problemsByGeneration(
  known: KnownRoot,
  kept: readonly KeptGeneration[],
  lost: ReadonlySet<ScriptId>,
): Promise<Map<number, string[]>> {
  const problems = new Map<number, string[]>();
  for (const { name, scripts } of kept) {
    const problem = await problemOfGeneration(known, name);
    const lostHere = [...lost].filter((id) => scripts.has(id));
    const shown = lostHere.slice(0, limits.damageShownMax);
    const more = lostHere.length - shown.length;
    const all = [
      ...(problem === undefined ? [] : [problem]),
      ...await Promise.all(shown.map((id) => known.scripts.describeLoss(id))),
      ...(more > 0 ? [`${more} more of its scripts are missing or damaged`] : []),
    ];
    if (all.length > 0) problems.set(name.number, all);
  }
  return problems;
}
