/** Opens a root whose lock is held. */
import { RootUnreadable } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import {
  checkSignature,
  type GenerationName,
  manifestFormat,
  type PastGeneration,
} from "../manifest/mod.ts";
import type { ScriptId } from "../identity/mod.ts";
import { dirname, join } from "node:path";
import { readIfThere, removeIfThere, replaceFileDurably, syncFolder } from "../files/durable.ts";
import { incomingPath } from "./_durable.ts";
import { decodeCurrent, decodeGeneration } from "./_generation_file.ts";
import { type Generation, scriptsOf } from "./store.ts";

/** The version of the root's layout that this farcall reads and writes. */
const rootFormat = 1;
/** Entries that a folder may have before it becomes a root: our own lock, and those of file systems. */
const harmless = new Set(["lock", "incoming", "lost+found"]);

/** The folders of a root. */
export const rootFolders = ["services", "generations", "incoming"] as const;

/** A generation that can be rolled back to. */
export interface KeptGeneration {
  readonly name: GenerationName;
  readonly about: PastGeneration;
  /** The scripts that it names. */
  readonly scripts: ReadonlySet<ScriptId>;
}

/** A generation, and its parts that stay in memory. */
export function keptGeneration(name: GenerationName, generation: Generation): KeptGeneration {
  const { number, committedAtMs, deployment, manifestHash, manifest } = generation;
  return {
    name,
    about: { number, committedAtMs, deployment, hash: name.fileHash, manifestHash },
    scripts: scriptsOf(manifest),
  };
}

/** The content of a root. */
export interface LoadedGenerations {
  readonly current: Generation | undefined;
  /** Ascending by number; the last is current. */
  readonly kept: KeptGeneration[];
  readonly warnings: string[];
}

/**
 * Turns a folder into a root, or checks that it is one; removes the remains of an interrupted write.
 *
 * @throws {RootUnreadable} If the folder is used for something else, or has a newer version's layout.
 */
export async function prepareRoot(path: string): Promise<void> {
  const formatPath = join(path, "format");
  const incoming = join(path, "incoming");
  const format = await readIfThere(formatPath);
  if (format === undefined) await refuseForeignFolder(path);
  else checkFormat(path, new TextDecoder().decode(format).trim());
  await refuseOpenFolder(path);
  await Deno.mkdir(incoming, { recursive: true, mode: 0o700 });
  for await (const { name } of Deno.readDir(incoming)) {
    await Deno.remove(join(incoming, name), { recursive: true });
  }
  await makeRoot(path, { hasFormat: format !== undefined });
}

/**
 * Recreates the missing parts of a root that this process holds: all of it, if it was removed.
 *
 * @throws {RootUnreadable} If it now has a newer version's layout, or others can write it.
 */
export async function remakeRoot(path: string): Promise<void> {
  await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  await refuseOpenFolder(path);
  const format = await readIfThere(join(path, "format"));
  if (format !== undefined) checkFormat(path, new TextDecoder().decode(format).trim());
  await makeRoot(path, { hasFormat: format !== undefined });
}

async function makeRoot(path: string, { hasFormat }: { hasFormat: boolean }): Promise<void> {
  for (const name of rootFolders) {
    await Deno.mkdir(join(path, name), { recursive: true, mode: 0o700 });
  }
  if (hasFormat) return;
  const format = new TextEncoder().encode(`${rootFormat}\n`);
  await replaceFileDurably(join(path, "format"), format, incomingPath(join(path, "incoming")));
  // We may not be allowed to open the parent folder; then its file system decides when the name is durable.
  await syncFolder(dirname(path)).catch(() => {});
}

/**
 * Reads the generations of a root, from the current one back along the hashes of predecessors. Generations before a gap
 * in that chain are no longer offered.
 *
 * @throws {RootUnreadable} If the current generation is damaged, or newer than this farcall.
 */
export async function loadGenerations(path: string): Promise<LoadedGenerations> {
  const folder = join(path, "generations");
  const name = await readCurrentName(path, folder);
  const warnings: string[] = [];
  const kept: KeptGeneration[] = [];
  if (name === undefined) return { current: undefined, kept, warnings };
  const current = await readGeneration(path, folder, name);
  let generation: Generation | undefined = current;
  let at: GenerationName | undefined = name;
  while (generation !== undefined && at !== undefined) {
    kept.unshift(keptGeneration(at, generation));
    at = generation.previous;
    if (at === undefined || kept.length >= limits.generationsKept) break;
    generation = await readOlderGeneration(folder, at, warnings);
  }
  // An interrupted commit wrote its generation without acknowledging it.
  await removeIfThere(join(folder, `${name.number + 1}.json`));
  return { current, kept, warnings };
}

async function refuseForeignFolder(path: string): Promise<void> {
  const names = await Array.fromAsync(Deno.readDir(path), ({ name }) => name);
  const [foreign] = names.filter((name) => !harmless.has(name) && !name.startsWith(".")).sort();
  if (foreign === undefined) return;
  throw new RootUnreadable(
    `"${path}" is not a root of farcall: it has no file "format", but it does have "${foreign}"; ` +
      "choose an empty folder, or one that does not exist yet",
  );
}

/**
 * Refuses a root that others can write: write access decides what the node runs.
 *
 * @throws {RootUnreadable} If others can write it, or it belongs to another user. Exception: root's own folder that it
 *   handed to a group, as volumes are, since root can write everything anyway.
 */
async function refuseOpenFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  const { mode, uid } = await Deno.stat(path);
  const own = Deno.uid();
  const shown = `0${((mode ?? 0) & 0o7777).toString(8)}`;
  if (uid !== null && uid !== own && uid !== 0) {
    throw new RootUnreadable(
      `the root "${path}" belongs to another user (uid ${uid}, this node runs as ${own}), who decides ` +
        `what lies there; give it to the node's: chown ${own} ${path}`,
    );
  }
  const isOpen = ((mode ?? 0) & (uid === own ? 0o022 : 0o002)) !== 0;
  if (!isOpen) return;
  throw new RootUnreadable(
    `others can write the root "${path}" (its mode is ${shown}), and so decide what the node runs; ` +
      `make it its user's alone: chmod go-w ${path}`,
  );
}

function checkFormat(path: string, format: string): void {
  if (format === String(rootFormat)) return;
  const isNewer = /^\d+$/.test(format) && Number(format) > rootFormat;
  throw new RootUnreadable(
    isNewer
      ? `the root "${path}" was written by a newer farcall (format ${format}, this one knows ` +
        `${rootFormat}); run that version, or choose another --root`
      : `the root "${path}" is damaged: its file "format" says "${format.slice(0, 40)}" where ` +
        `"${rootFormat}" was expected; restore it from a backup, or remove the root and run init again`,
  );
}

async function readCurrentName(path: string, folder: string): Promise<GenerationName | undefined> {
  const bytes = await readIfThere(join(path, "current"));
  if (bytes !== undefined) {
    const name = decodeCurrent(bytes);
    if (name !== undefined) return name;
    throw damaged(path, `its file "current" is not what was written`);
  }
  for await (const { name } of Deno.readDir(folder)) {
    // An interrupted first commit: it never happened.
    if (name === "1.json") await removeIfThere(join(folder, name));
    else if (name.endsWith(".json")) {
      throw damaged(path, `its file "current" is gone, though there are generations`);
    }
  }
  return undefined;
}

async function readGeneration(
  path: string,
  folder: string,
  name: GenerationName,
): Promise<Generation> {
  const bytes = await readIfThere(join(folder, `${name.number}.json`));
  if (bytes === undefined) throw damaged(path, `"generations/${name.number}.json" is missing`);
  const generation = await decodeGeneration(bytes, name);
  if (generation === undefined) {
    throw damaged(path, `"generations/${name.number}.json" is not what was written`);
  }
  const format: number = generation.manifest.format;
  if (format !== manifestFormat) {
    throw new RootUnreadable(
      `generation ${name.number} in the root "${path}" was written by another version of farcall ` +
        `(manifest format ${format}, this one knows ${manifestFormat}); run that version, or ` +
        "choose another --root",
    );
  }
  // A change of a file can be hidden by a new hash, but not by a new signature.
  if (await checkSignature(generation) === "bad") {
    throw damaged(
      path,
      `"generations/${name.number}.json" is not what ${
        generation.deployment!.signed!.key
      } has signed`,
    );
  }
  return generation;
}

async function readOlderGeneration(
  folder: string,
  name: GenerationName,
  warnings: string[],
): Promise<Generation | undefined> {
  const path = join(folder, `${name.number}.json`);
  const bytes = await readIfThere(path);
  // Generations beyond the kept ones were removed on purpose.
  if (bytes === undefined) return undefined;
  const generation = await decodeGeneration(bytes, name);
  const isGood = generation?.manifest.format === manifestFormat &&
    await checkSignature(generation) !== "bad";
  if (isGood) return generation;
  await Deno.rename(path, `${path}.damaged`).catch(() => {});
  warnings.push(
    `generation ${name.number} is damaged: renamed "${path}" to "${path}.damaged"; it and those ` +
      "before it cannot be restored",
  );
  return undefined;
}

function damaged(path: string, what: string): RootUnreadable {
  return new RootUnreadable(
    `the root "${path}" is damaged: ${what}; restore it from a backup, or remove the root and run ` +
      "init again",
  );
}
