/** The one folder that executors import from. What this class calls "here" has had its hash checked. */
import { join } from "node:path";
import { DeployRejected } from "../errors/mod.ts";
import { readIfThere, removeIfThere, replaceFile } from "../files/durable.ts";
import { type ScriptId, scriptIdOf } from "../identity/mod.ts";
import { limits } from "../limits/mod.ts";
import { type CheckedFiles, stampOf } from "./_checked_files.ts";
import { describeRefusal, incomingPath, SharedFolderSync } from "./_durable.ts";

/** What a folder of scripts works with. */
export interface ScriptFolderOptions {
  /** The folder for files while they are written. */
  readonly incoming: string;
  readonly checked: CheckedFiles;
  /** Makes the folders again, where they are gone. */
  readonly remake: () => Promise<void>;
}

/** `services/` of a root. */
export class ScriptFolder {
  readonly #path: string;
  readonly #incoming: string;
  readonly #folderSync: SharedFolderSync;
  readonly #checked: CheckedFiles;
  readonly #remake: () => Promise<void>;
  /** Scripts that were put or asked for since the last collection; the next one leaves them. */
  readonly #touched = new Set<ScriptId>();
  readonly #puts = new Map<ScriptId, Promise<void>>();
  readonly #removals = new Map<ScriptId, Promise<void>>();

  constructor(path: string, { incoming, checked, remake }: ScriptFolderOptions) {
    this.#path = path;
    this.#checked = checked;
    this.#incoming = incoming;
    this.#remake = remake;
    this.#folderSync = new SharedFolderSync(path);
  }

  /** Where a script lies, whether it is here or not. */
  pathOf(id: ScriptId): string {
    return join(this.#path, nameOf(id));
  }

  /** Where what is left of a damaged script lies. */
  damagedPathOf(id: ScriptId): string {
    return `${this.pathOf(id)}.damaged`;
  }

  /** Which of these are not here; damaged ones are set aside. */
  missing(ids: Iterable<ScriptId>): Promise<ScriptId[]> {
    const wanted = new Set(ids);
    this.touch(wanted);
    return this.lost(wanted);
  }

  /** The next collection leaves these. */
  touch(ids: Iterable<ScriptId>): void {
    for (const id of ids) this.#touched.add(id);
  }

  /** As {@linkcode missing}, but the next collection leaves none of them for it. */
  async lost(ids: ReadonlySet<ScriptId>): Promise<ScriptId[]> {
    const wanted = [...ids];
    // Of a large first deployment none is here: one listing tells that, in place of a look for each.
    const names = wanted.length > limits.filesAtOnceMax ? await this.#names() : undefined;
    const areHere = await inParallel(
      wanted,
      async (id) => names?.has(nameOf(id)) !== false && await this.#isHere(id),
    );
    return wanted.filter((_, index) => !areHere[index]);
  }

  /** The names of all files here; none where there is no folder. */
  async #names(): Promise<Set<string>> {
    const names = new Set<string>();
    try {
      for await (const { name } of Deno.readDir(this.#path)) names.add(name);
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    }
    return names;
  }

  /** What became of a script that is not here. */
  async describeLoss(id: ScriptId): Promise<string> {
    const path = this.pathOf(id);
    const damagedPath = this.damagedPathOf(id);
    const isLeft = await Deno.lstat(damagedPath).then(() => true, () => false);
    return isLeft
      ? `"${path}" is damaged (its SHA-256 is not its name); renamed to "${damagedPath}"`
      : `"${path}" is missing`;
  }

  /** As {@linkcode missing}, with every file read again. */
  recheck(ids: readonly ScriptId[]): Promise<ScriptId[]> {
    for (const id of ids) this.#checked.delete(this.pathOf(id));
    return this.missing(ids);
  }

  /** Keeps a script, durably. @throws {DeployRejected} If it cannot be written. */
  async put(bytes: Uint8Array<ArrayBuffer>): Promise<ScriptId> {
    const id = await scriptIdOf(bytes);
    let put = this.#puts.get(id);
    if (put === undefined) {
      put = this.#put(id, bytes).finally(() => this.#puts.delete(id));
      this.#puts.set(id, put);
    }
    await put;
    return id;
  }

  /** The bytes of a script. @throws {DeployRejected} If it is not here, or damaged. */
  async read(id: ScriptId): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await readIfThere(this.pathOf(id));
    if (bytes === undefined) throw new DeployRejected(`script "${id}" is not on this node`);
    if (await scriptIdOf(bytes) === id) return bytes;
    await this.#setAside(id);
    throw new DeployRejected(`script "${id}" was damaged on this node's disk; run init again`);
  }

  /**
   * Removes unused scripts: named neither by the caller nor by a deployment since the last collection.
   *
   * @returns Whether a script has stayed, or would have.
   */
  async collect(keep: ReadonlySet<ScriptId>): Promise<(id: ScriptId) => boolean> {
    const touched = new Set(this.#touched);
    this.#touched.clear();
    const ids: ScriptId[] = [];
    for await (const { name } of Deno.readDir(this.#path)) {
      if (/^[0-9a-f]{64}\.js$/.test(name)) ids.push(name.slice(0, -".js".length) as ScriptId);
    }
    const isKept = (id: ScriptId): boolean =>
      keep.has(id) || touched.has(id) || this.#touched.has(id) || this.#puts.has(id);
    await inParallel(ids, async (id) => {
      if (isKept(id)) return;
      this.#checked.delete(this.pathOf(id));
      // Lookups of the script meanwhile wait until it is gone.
      const removal = removeIfThere(this.pathOf(id)).finally(() => this.#removals.delete(id));
      this.#removals.set(id, removal);
      await removal;
    });
    return isKept;
  }

  /** Resolves when nothing is being written any more. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#puts.values());
  }

  async #put(id: ScriptId, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#touched.add(id);
    await this.#removals.get(id)?.catch(() => {});
    // One that lies here unchecked is written again: its deployer was told that it is missing, or nobody has asked.
    if (await this.#checked.has(this.pathOf(id))) return;
    const write = () => replaceFile(this.pathOf(id), bytes, incomingPath(this.#incoming));
    try {
      await write().catch(async (cause) => {
        if (!(cause instanceof Deno.errors.NotFound)) throw cause;
        await this.#remake();
        await write();
      });
      await this.#folderSync.sync();
    } catch (cause) {
      if (cause instanceof DeployRejected) throw cause;
      const message = describeRefusal("write the script", this.pathOf(id), cause);
      throw new DeployRejected(message, { cause });
    }
    this.#checked.add(this.pathOf(id), await stampOf(this.pathOf(id)));
  }

  async #isHere(id: ScriptId): Promise<boolean> {
    await this.#removals.get(id)?.catch(() => {});
    const path = this.pathOf(id);
    if (await this.#checked.has(path)) return true;
    const stamp = await stampOf(path);
    if (stamp === undefined) return false;
    const bytes = await readIfThere(path);
    if (bytes === undefined) return false;
    if (await scriptIdOf(bytes) !== id) {
      await this.#setAside(id);
      return false;
    }
    this.#checked.add(path, stamp);
    return true;
  }

  async #setAside(id: ScriptId): Promise<void> {
    this.#checked.delete(this.pathOf(id));
    // Where it cannot be renamed it is still not "here", and so is not run.
    await Deno.rename(this.pathOf(id), this.damagedPathOf(id)).catch(() => {});
  }
}

function nameOf(id: ScriptId): string {
  return `${id}.js`;
}

/** Does something for each item, a bounded number at once; results in the order of the items. */
async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limits.filesAtOnceMax, items.length) }, lane));
  return results;
}
