/**
 * A store in a folder, the root:
 * ```text
 * format             the version of this layout
 * lock               held by the process that uses the root; identifies it
 * current            number of the current generation, and the SHA-256 of its file
 * generations/N.json generation N; names the hash of the one before it
 * services/ID.js     the scripts that executors import, each checked against its id
 * places/ID.places   the script's source map, for stacks in the log
 * incoming/          files being written; emptied on start
 * ```
 */
import { DeployRejected, messageOf, RootUnreadable } from "../errors/mod.ts";
import { type Limits, limits } from "../limits/mod.ts";
import {
  type DeploymentRecord,
  encodeGenerationSteps,
  type GenerationName,
  type Manifest,
  manifestHashOf,
  type PastGeneration,
} from "../manifest/mod.ts";
import { encodeJsonSteps, parseJsonSteps } from "../encoding/mod.ts";
import type { ScriptId } from "../identity/mod.ts";
import { inSlices } from "../timers/slices.ts";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { CheckedFiles, stampOf } from "./_checked_files.ts";
import { readIfThere, removeIfThere, syncFolder } from "../files/durable.ts";
import { describeRefusal, writeIncoming } from "./_durable.ts";
import { decodeGeneration, encodeCurrent, hashOf } from "./_generation_file.ts";
import {
  type KeptGeneration,
  keptGeneration,
  type LoadedGenerations,
  loadGenerations,
  prepareRoot,
  remakeRoot,
} from "./_open_root.ts";
import { intactGenerations, type KnownRoot, surveyRoot } from "./_root_damage.ts";
import { SourceMapFolder } from "./_source_map_folder.ts";
import { whyClosed } from "../files/mod.ts";
import { RootLock } from "../files/root_lock.ts";
import { ScriptFolder } from "./_script_folder.ts";
import {
  checkIsNext,
  checkManifestFormat,
  checkNoneMissing,
  checkScriptSize,
  type Generation,
  noSuchGeneration,
  type PreparedGeneration,
  type RootSurvey,
  scriptsOf,
  type Store,
  type SurveyOptions,
  useOf,
} from "./store.ts";

/** Options for opening a root. */
export interface FileStoreOptions {
  /** Describes the holder to others that want this root, e.g. by the node's address. */
  readonly holder?: string;
  /** Bounds. Default: `limits`. */
  readonly bounds?: Limits;
}

/** The files of a generation before its commit, by their temporary paths. */
interface PreparedFiles {
  readonly generation: string;
  /** The file that will make it the current one. */
  readonly current: string;
}

/** A {@linkcode Store} in a folder, held by one process at a time. */
export class FileStore implements Store {
  readonly warnings: readonly string[];
  /** The absolute path of the root, without symbolic links. */
  readonly root: string;
  /** The absolute path of the folder that executors import from. */
  readonly servicesFolder: string;
  readonly #lock: RootLock;
  readonly #checked = new CheckedFiles();
  readonly #scripts: ScriptFolder;
  readonly #sourceMaps: SourceMapFolder;
  #current: Generation | undefined;
  #kept: KeptGeneration[];
  #commits: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  #brokenBy: unknown;

  private constructor(root: string, lock: RootLock, loaded: LoadedGenerations) {
    this.root = root;
    this.servicesFolder = join(root, "services");
    this.#lock = lock;
    this.#scripts = new ScriptFolder(this.servicesFolder, {
      incoming: join(root, "incoming"),
      checked: this.#checked,
      remake: () => this.reclaim(),
    });
    this.#sourceMaps = new SourceMapFolder(join(root, "places"), join(root, "incoming"));
    this.#current = loaded.current;
    this.#kept = loaded.kept;
    this.warnings = loaded.warnings;
  }

  /**
   * Opens a root; creates it, readable by its owner only, if missing. Checks the hash of every script of the current
   * generation. Close the store to release the root.
   *
   * @param root A path, absolute or relative to the working directory.
   * @throws {RootInUse} If a process has it open.
   * @throws {RootUnreadable} If the folder is not a root or cannot be written, if a newer farcall wrote it, or if the
   *   current generation or one of its scripts is damaged. A damaged script has then been renamed to `ID.js.damaged`;
   *   nothing else has changed.
   */
  static async open(root: string, options: FileStoreOptions = {}): Promise<FileStore> {
    let path = root;
    await refuseClosed(root);
    try {
      await Deno.mkdir(root, { recursive: true, mode: 0o700 });
      path = await Deno.realPath(root);
      const lock = await RootLock.take(join(path, "lock"), root, { bounds: options.bounds });
      try {
        await lock.describe(options.holder);
        await prepareRoot(path);
        const store = new FileStore(path, lock, await loadGenerations(path));
        await store.#checkScripts();
        return store;
      } catch (cause) {
        await lock.release();
        throw cause;
      }
    } catch (cause) {
      // The operating system's errors get a code of ours; the runtime's have none.
      if (!isRefusal(cause)) throw cause;
      throw new RootUnreadable(describeRefusal("use the root", path, cause), { cause });
    }
  }

  missing(ids: Iterable<ScriptId>): Promise<ScriptId[]> {
    this.#checkOpen();
    return this.#scripts.missing(ids);
  }

  recheck(ids: Iterable<ScriptId>): Promise<ScriptId[]> {
    this.#checkOpen();
    return this.#scripts.recheck([...ids]);
  }

  putScript(bytes: Uint8Array<ArrayBuffer>): Promise<ScriptId> {
    this.#checkOpen();
    checkScriptSize(bytes);
    return this.#scripts.put(bytes);
  }

  readScript(id: ScriptId): Promise<Uint8Array<ArrayBuffer>> {
    this.#checkOpen();
    return this.#scripts.read(id);
  }

  async putSourceMap(id: ScriptId, sourceMap: Uint8Array): Promise<void> {
    this.#checkOpen();
    try {
      await this.#sourceMaps.put(id, sourceMap);
    } catch (cause) {
      const path = join(this.root, "places");
      throw new DeployRejected(describeRefusal("write the source map of a script", path, cause), {
        cause,
      });
    }
  }

  readSourceMap(id: ScriptId): Promise<string | undefined> {
    return this.#sourceMaps.read(id);
  }

  scriptUrl(id: ScriptId): string {
    return pathToFileURL(this.#scripts.pathOf(id)).href;
  }

  current(): Generation | undefined {
    this.#checkOpen();
    return this.#current;
  }

  async prepare(
    wanted: Manifest,
    deployment?: DeploymentRecord,
  ): Promise<PreparedGeneration> {
    this.#checkOpen();
    if (this.#brokenBy !== undefined) {
      throw new DeployRejected(
        "an earlier commit on this node failed half-way; restart the node, then run init again",
        { cause: this.#brokenBy },
      );
    }
    checkManifestFormat(wanted);
    // A copy: the caller may modify its array.
    const json = new TextDecoder().decode(await inSlices(encodeJsonSteps(wanted)));
    const manifest = await inSlices(parseJsonSteps(json)) as Manifest;
    const manifestHash = await manifestHashOf(manifest, inSlices);
    await this.reclaim();
    checkNoneMissing(manifest, await this.#scripts.missing(scriptsOf(manifest)));
    const previous = this.#kept.at(-1)?.name;
    const number = (previous?.number ?? 0) + 1;
    const committedAtMs = Date.now();
    const generation = { number, committedAtMs, deployment, previous, manifestHash, manifest };
    const bytes = await inSlices(encodeGenerationSteps(generation));
    const name: GenerationName = { number, fileHash: await hashOf(bytes) };
    const files = await this.#write(name, bytes);
    return {
      commit: () => {
        this.#checkOpen();
        const commit = this.#commits.then(() => this.#commit(generation, name, files));
        this.#commits = commit.catch(() => {});
        return commit;
      },
      discard: async () => {
        await Promise.all(Object.values(files).map((path) => removeIfThere(path)));
      },
    };
  }

  generations(): readonly number[] {
    this.#checkOpen();
    return this.#kept.map((kept) => kept.name.number);
  }

  history(): readonly PastGeneration[] {
    this.#checkOpen();
    return this.#kept.map((kept) => kept.about);
  }

  async survey({ scripts = [], isReread = false }: SurveyOptions = {}): Promise<RootSurvey> {
    this.#checkOpen();
    await this.#commits;
    if (isReread) this.#checked.clear();
    return await surveyRoot(this.#known(this.#kept), scripts);
  }

  async reclaim(): Promise<void> {
    this.#checkOpen();
    try {
      await remakeRoot(this.root);
      await this.#lock.retake();
    } catch (cause) {
      const message = isRefusal(cause)
        ? describeRefusal("use the root", this.root, cause)
        : messageOf(cause);
      throw new DeployRejected(message, { cause });
    }
  }

  async generation(number: number): Promise<Generation> {
    this.#checkOpen();
    const kept = this.#kept.find((kept) => kept.name.number === number);
    if (kept === undefined) throw noSuchGeneration(number, this.generations());
    const path = this.#generationPath(number);
    const bytes = await readIfThere(path);
    const found = bytes === undefined ? undefined : await decodeGeneration(bytes, kept.name);
    if (found !== undefined) return found;
    const what = bytes === undefined ? "is missing" : "is not what was written";
    throw new RootUnreadable(`generation ${number} is lost on this node: "${path}" ${what}`);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#commits;
    await this.#scripts.settle();
    await this.#lock.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #known(kept: readonly KeptGeneration[]): KnownRoot {
    return {
      root: this.root,
      lock: this.#lock,
      kept,
      scripts: this.#scripts,
      checked: this.#checked,
    };
  }

  /** Writes everything that a commit renames. */
  async #write(name: GenerationName, bytes: Uint8Array<ArrayBuffer>): Promise<PreparedFiles> {
    const incoming = join(this.root, "incoming");
    let generation: string | undefined;
    try {
      generation = await writeIncoming(bytes, incoming);
      return { generation, current: await writeIncoming(encodeCurrent(name), incoming) };
    } catch (cause) {
      if (generation !== undefined) await removeIfThere(generation);
      const path = this.#generationPath(name.number);
      throw new DeployRejected(describeRefusal("write the generation", path, cause), { cause });
    }
  }

  async #commit(
    generation: Generation,
    name: GenerationName,
    files: PreparedFiles,
  ): Promise<Generation> {
    checkIsNext(name.number, this.#current);
    await this.#makeCurrent(name, files);
    this.#current = generation;
    this.#kept.push(keptGeneration(name, generation));
    const path = this.#generationPath(name.number);
    this.#checked.add(path, await stampOf(path).catch(() => undefined));
    // The commit is done; what cannot be removed now is removed by a later one.
    await this.#collect().catch(() => {});
    return generation;
  }

  /** The commit itself: nothing has happened before the rename of `current`, everything after it. */
  async #makeCurrent(name: GenerationName, files: PreparedFiles): Promise<void> {
    const path = this.#generationPath(name.number);
    const currentPath = join(this.root, "current");
    try {
      await Deno.rename(files.generation, path);
      await syncFolder(dirname(path));
      await Deno.rename(files.current, currentPath);
    } catch (cause) {
      throw new DeployRejected(describeRefusal("write the generation", path, cause), { cause });
    }
    try {
      await syncFolder(this.root);
    } catch (cause) {
      // The new name exists but may not survive a power cut: only a restart will tell.
      this.#brokenBy = cause;
      throw new DeployRejected(describeRefusal("make durable", currentPath, cause), { cause });
    }
  }

  async #collect(): Promise<void> {
    const kept = this.#kept.slice(-limits.generationsKept);
    this.#kept = await intactGenerations(this.#known(kept));
    const names = new Set(this.#kept.map((kept) => `${kept.name.number}.json`));
    const folder = join(this.root, "generations");
    for await (const { name } of Deno.readDir(folder)) {
      if (name.endsWith(".json") && !names.has(name)) await removeIfThere(join(folder, name));
    }
    const ids = new Set<ScriptId>();
    for (const kept of this.#kept) kept.scripts.forEach((id) => ids.add(id));
    const isKept = await this.#scripts.collect(ids);
    await this.#sourceMaps.collect(isKept);
  }

  async #checkScripts(): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    const missing = await this.#scripts.missing(scriptsOf(current.manifest));
    if (missing.length === 0) return;
    throw new RootUnreadable(
      `${missing.length === 1 ? "a script" : `${missing.length} scripts`} of generation ` +
        `${current.number} in the root "${this.root}" cannot be trusted; restore from a backup what ` +
        "is named below, or remove the root and run init again",
      {
        details: await Promise.all(
          missing.map(async (id) =>
            `${useOf(current.manifest, id)}: ${await this.#scripts.describeLoss(id)}`
          ),
        ),
      },
    );
  }

  #generationPath(number: number): string {
    return join(this.root, "generations", `${number}.json`);
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new TypeError("the store is closed");
  }
}

/** @throws {RootUnreadable} If executors could open no files in a root at this path. */
async function refuseClosed(path: string): Promise<void> {
  const why = await whyClosed(path);
  if (why !== undefined) {
    throw new RootUnreadable(`the root "${path}" ${why}; choose another --root`);
  }
}

function isRefusal(cause: unknown): boolean {
  if (cause instanceof Deno.errors.NotCapable) return true;
  return cause instanceof Error && typeof (cause as { code?: unknown }).code === "string" &&
    /^E[A-Z]+$/.test((cause as unknown as { code: string }).code);
}
