/** The interface of a store, without files. */
import { DeployRejected } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import {
  type DeploymentRecord,
  type GenerationRecord,
  type Manifest,
  manifestFormat,
  type PastGeneration,
  type RootDamage,
} from "../manifest/mod.ts";
import type { ScriptId } from "../identity/mod.ts";

/** A committed manifest. */
export type Generation = GenerationRecord;

/** The scope of a check. */
export interface SurveyOptions {
  /** Scripts besides those of kept generations. */
  readonly scripts?: readonly ScriptId[];
  /** Whether to reread files that seem unchanged since their last check. Default: false. */
  readonly isReread?: boolean;
}

/** The findings on disk. */
export interface RootSurvey {
  readonly damage: readonly RootDamage[];
  /** The missing ones among the given scripts. */
  readonly missing: readonly ScriptId[];
}

/** A manifest that can become the next generation. */
export interface PreparedGeneration {
  /**
   * Makes it the current generation: atomic, and durable before it resolves. Then removes the oldest generations beyond
   * `limits.generationsKept`, and scripts that no kept generation names. Scripts that were put or reported as present
   * since the last commit stay this once, so that another deployment in progress does not lose them.
   *
   * @throws {DeployRejected} If another one was committed since it was prepared, or writing fails. The current
   *   generation is then unchanged.
   */
  commit(): Promise<Generation>;

  /** Removes its files. Not after {@linkcode PreparedGeneration.commit} has succeeded. */
  discard(): Promise<void>;
}

/**
 * A node's scripts and generations. Its opener closes it; after that, every method but
 * {@linkcode Store.close} throws a `TypeError`.
 */
export interface Store {
  /** Damaged files that were set aside at opening; for the log, one per line. */
  readonly warnings: readonly string[];

  /**
   * The missing ones among these scripts, in the given order, each once. A script counts as present only if its hash
   * was checked; a damaged one is set aside and counts as missing, so that it is sent again.
   */
  missing(ids: Iterable<ScriptId>): Promise<ScriptId[]>;

  /**
   * Finds what a restart would find missing or damaged of everything that is kept, and which of the given scripts are
   * missing, as {@linkcode Store.missing} does. Files whose size, times and inode equal those of a checked file are not
   * read again, unless requested. The next commit rewrites all that it needs, and drops generations that can no longer
   * be rolled back to.
   */
  survey(options?: SurveyOptions): Promise<RootSurvey>;

  /**
   * Recreates folders that were removed since the store was opened, and takes their lock.
   *
   * @throws {DeployRejected} If they cannot be created, or another process holds them by now.
   */
  reclaim(): Promise<void>;

  /** As {@linkcode Store.missing}, but trusts no earlier check: for scripts that are about to be loaded. */
  recheck(ids: Iterable<ScriptId>): Promise<ScriptId[]>;

  /**
   * Stores a bundled script, durably before it resolves. Idempotent.
   *
   * @param bytes The script; must not be changed until the promise settles.
   * @returns Its id, computed here.
   * @throws {DeployRejected} If it is larger than `limits.scriptBytesMax` or cannot be written.
   */
  putScript(bytes: Uint8Array<ArrayBuffer>): Promise<ScriptId>;

  /**
   * Reads a script, and checks its hash.
   *
   * @throws {DeployRejected} If it is missing or damaged.
   */
  readScript(id: ScriptId): Promise<Uint8Array<ArrayBuffer>>;

  /**
   * Stores the source map of a script, as long as the script is kept.
   *
   * @throws {DeployRejected} If it cannot be written.
   */
  putSourceMap(id: ScriptId, sourceMap: Uint8Array): Promise<void>;

  /** The stored source map, if any. */
  readSourceMap(id: ScriptId): Promise<string | undefined>;

  /** The URL from which an executor imports a script. Does not check that the script exists. */
  scriptUrl(id: ScriptId): string;

  /** The generation that the node serves; undefined before the first commit. */
  current(): Generation | undefined;

  /**
   * Writes everything that the next generation needs, so that its commit cannot fail for lack of space.
   *
   * @throws {DeployRejected} If the manifest has a format that this version does not know or names a missing script, or
   *   if writing fails.
   */
  prepare(manifest: Manifest, deployment?: DeploymentRecord): Promise<PreparedGeneration>;

  /** The numbers of kept generations, ascending; the last is the current one. */
  generations(): readonly number[];

  /** Summaries of kept generations, ascending; the last is the current one. */
  history(): readonly PastGeneration[];

  /**
   * Reads a kept generation.
   *
   * @throws {RangeError} If it is not among {@linkcode Store.generations}.
   * @throws {RootUnreadable} If it was damaged since the store was opened.
   */
  generation(number: number): Promise<Generation>;

  /** Finishes pending work and releases everything. Idempotent. */
  close(): Promise<void>;

  [Symbol.asyncDispose](): Promise<void>;
}

/** The first overload that uses a script, for messages. */
export function useOf(manifest: Manifest, id: ScriptId): string {
  for (const service of manifest.services) {
    for (const overload of service.overloads) {
      if (overload.script === id) {
        return `${service.name}.${overload.rpc}(${overload.args.join(", ")})`;
      }
    }
  }
  return "no rpc";
}

/** The ids of a manifest's scripts. */
export function scriptsOf(manifest: Manifest): Set<ScriptId> {
  const ids = new Set<ScriptId>();
  for (const service of manifest.services) {
    for (const overload of service.overloads) ids.add(overload.script);
  }
  return ids;
}

/** Refuses a manifest of another version. */
export function checkManifestFormat(manifest: Manifest): void {
  if (manifest.format === manifestFormat) return;
  throw new DeployRejected(
    `the manifest has format "${manifest.format}", and this farcall knows ${manifestFormat}; ` +
      "run the same version of farcall on the node as for init",
  );
}

/** Refuses a manifest with missing scripts. */
export function checkNoneMissing(manifest: Manifest, missing: readonly ScriptId[]): void {
  if (missing.length === 0) return;
  throw new DeployRejected(
    `cannot commit: ${missing.length === 1 ? "a script" : `${missing.length} scripts`} of the ` +
      `manifest did not reach this node; run init again`,
    { details: missing.slice(0, 10).map((id) => `${useOf(manifest, id)}: script ${id}`) },
  );
}

/** Refuses to commit a generation whose predecessor is no longer current. */
export function checkIsNext(number: number, current: Generation | undefined): void {
  if (number === (current?.number ?? 0) + 1) return;
  throw new DeployRejected(
    `generation ${current?.number} was committed meanwhile; run init again`,
  );
}

/** Refuses a script that is too large. */
export function checkScriptSize(bytes: Uint8Array): void {
  if (bytes.byteLength <= limits.scriptBytesMax) return;
  throw new DeployRejected(
    `a script of ${bytes.byteLength} bytes is larger than a node takes ` +
      `(${limits.scriptBytesMax} bytes, bundled); move its data out of it`,
  );
}

/** The error of all stores for a generation that is not kept. */
export function noSuchGeneration(number: number, kept: readonly number[]): RangeError {
  const have = kept.length === 0
    ? "none was committed yet"
    : `kept are ${kept[0]} to ${kept[kept.length - 1]}`;
  return new RangeError(`there is no generation "${number}": ${have}`);
}
