/** The one folder that executors import from. "Present" means that a file's hash was checked. */
import { join } from "node:path";
import { DeployRejected } from "../errors/mod.ts";
import { readIfThere, removeIfThere, replaceFile } from "../files/durable.ts";
import { type ScriptId, scriptIdOf } from "../identity/mod.ts";
import type { Steps } from "../encoding/mod.ts";
import { limits } from "../limits/mod.ts";
import { inLanes } from "../timers/lanes.ts";
import { type CheckedFiles, stampOf } from "./_checked_files.ts";
import { describeRefusal, incomingPath, SharedFolderSync } from "./_durable.ts";

/** The environment of a script folder. */
export interface ScriptFolderOptions {
  /** The folder for incomplete files. */
  readonly incoming: string;
  readonly checked: CheckedFiles;
  /** Recreates missing folders. */
  readonly remake: () => Promise<void>;
}

/** `services/` of a root. */
export class ScriptFolder {
  readonly #path: string;
  readonly #incoming: string;
  readonly #folderSync: SharedFolderSync;
  readonly #checked: CheckedFiles;
  readonly #remake: () => Promise<void>;
  /** Scripts put or asked for since the last collection; the next collection keeps them. */
  readonly #touched = new Set<ScriptId>();
  readonly #puts = new Map<ScriptId, Promise<void>>();
  readonly #removals = new Map<ScriptId, Promise<void>>();
  /** The number of files, as far as known: those listed last, and written since. */
  #fileCount = 0;

  constructor(path: string, { incoming, checked, remake }: ScriptFolderOptions) {
    this.#path = path;
    this.#checked = checked;
    this.#incoming = incoming;
    this.#remake = remake;
    this.#folderSync = new SharedFolderSync(path);
  }

  /** The path of a script, present or not. */
  pathOf(id: ScriptId): string {
    return join(this.#path, nameOf(id));
  }

  /** The path for a damaged script. */
  damagedPathOf(id: ScriptId): string {
    return `${this.pathOf(id)}.damaged`;
  }

  /** The missing ones among these scripts; damaged ones are set aside. */
  missing(ids: Iterable<ScriptId>): Promise<ScriptId[]> {
    const wanted = new Set(ids);
    this.touch(wanted);
    return this.lost(wanted);
  }

  /** Protects these scripts from the next collection. */
  touch(ids: Iterable<ScriptId>): void {
    for (const _ of this.touchSteps(ids));
  }

  /** As {@linkcode touch}, in steps. */
  *touchSteps(ids: Iterable<ScriptId>): Steps<void> {
    for (const id of ids) {
      this.#touched.add(id);
      yield;
    }
  }

  /** As {@linkcode missing}, without protecting them from the next collection. */
  async lost(ids: ReadonlySet<ScriptId>): Promise<ScriptId[]> {
    const wanted = [...ids];
    // In a large first deployment all are missing: one listing shows that, instead of a lookup for each.
    const isListed = wanted.length > limits.filesAtOnceMax &&
      this.#fileCount <= limits.listedFilesMax;
    const names = isListed ? await this.#names() : undefined;
    const areHere = await inLanes(
      wanted,
      async (id) => names?.has(nameOf(id)) !== false && await this.#isHere(id),
    );
    return wanted.filter((_, index) => !areHere[index]);
  }

  /** The names of all files; none if the folder is missing. */
  async #names(): Promise<Set<string>> {
    const names = new Set<string>();
    try {
      for await (const { name } of Deno.readDir(this.#path)) names.add(name);
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    }
    this.#fileCount = names.size;
    return names;
  }

  /** What happened to a missing script. */
  async describeLoss(id: ScriptId): Promise<string> {
    const path = this.pathOf(id);
    const damagedPath = this.damagedPathOf(id);
    const isLeft = await Deno.lstat(damagedPath).then(() => true, () => false);
    return isLeft
      ? `"${path}" is damaged (its SHA-256 is not its name); renamed to "${damagedPath}"`
      : `"${path}" is missing`;
  }

  /** As {@linkcode missing}, but reads every file again. */
  recheck(ids: readonly ScriptId[]): Promise<ScriptId[]> {
    for (const id of ids) this.#checked.delete(this.pathOf(id));
    return this.missing(ids);
  }

  /**
   * Stores a script durably.
   *
   * @throws {DeployRejected} If it cannot be written.
   */
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

  /**
   * The bytes of a script.
   *
   * @throws {DeployRejected} If it is missing or damaged.
   */
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
   * @returns Whether any script was kept, or would have been.
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
    this.#fileCount = ids.length;
    await inLanes(ids, async (id) => {
      if (isKept(id)) return;
      this.#fileCount--;
      this.#checked.delete(this.pathOf(id));
      // Concurrent lookups of the script wait until it is gone.
      const removal = removeIfThere(this.pathOf(id)).finally(() => this.#removals.delete(id));
      this.#removals.set(id, removal);
      await removal;
    });
    return isKept;
  }

  /** Resolves when no write is pending. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#puts.values());
  }

  async #put(id: ScriptId, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#touched.add(id);
    await this.#removals.get(id)?.catch(() => {});
    // Write unchecked files again: their deployer was told that they are missing, or nobody has asked.
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
    this.#fileCount++;
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
    // If it cannot be renamed, it still counts as missing, and so is not run.
    await Deno.rename(this.pathOf(id), this.damagedPathOf(id)).catch(() => {});
  }
}

function nameOf(id: ScriptId): string {
  return `${id}.js`;
}
