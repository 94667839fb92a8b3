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

/** A manifest that was committed. */
export type Generation = GenerationRecord;

/** What is looked at. */
export interface SurveyOptions {
  /** Scripts besides those of the generations that are kept. */
  readonly scripts?: readonly ScriptId[];
  /** Whether files that seem to be those that were checked are read again. Default: false. */
  readonly isReread?: boolean;
}

/** What was found on the disk. */
export interface RootSurvey {
  readonly damage: readonly RootDamage[];
  /** Those of the scripts that were asked for. */
  readonly missing: readonly ScriptId[];
}

/** A manifest that can become the next generation. */
export interface PreparedGeneration {
  /**
   * Makes it the current generation: durable before it resolves, all or nothing. Afterwards the
   * oldest generations beyond `limits.generationsKept` go, and with them the scripts that no kept
   * generation names. A script that was put or reported as here since the commit before stays this once,
   * so that another deployment that is under way does not lose what it has sent.
   *
   * @throws {DeployRejected} If another one was committed since it was prepared, or the disk refuses.
   * The current generation is then what it was.
   */
  commit(): Promise<Generation>;

  /** Takes back what was written for it. Not after {@linkcode PreparedGeneration.commit} has succeeded. */
  discard(): Promise<void>;
}

/**
 * A node's scripts and generations. Its opener closes it; after that, every method but
 * {@linkcode Store.close} throws a `TypeError`.
 */
export interface Store {
  /** What was found damaged and set aside when the store was opened; for the log, one a line. */
  readonly warnings: readonly string[];

  /**
   * Which of these scripts are not here, in the order asked, each once. A script counts as here only
   * if its hash was checked; a damaged one is set aside and counts as missing, so that it is sent again.
   */
  missing(ids: Iterable<ScriptId>): Promise<ScriptId[]>;

  /**
   * What a restart would not find again of all that is kept, and which of some scripts are missing, as
   * {@linkcode Store.missing} says. Files that are, by their size, times and number, those that were checked are not read
   * again, unless that is asked for. A generation that is committed afterwards makes all again that it needs; what could
   * not be gone back to is not kept any longer then.
   */
  survey(options?: SurveyOptions): Promise<RootSurvey>;

  /**
   * Makes folders again that were removed since the store was opened, and takes their lock.
   *
   * @throws {DeployRejected} If they cannot be made, or another process has them by now.
   */
  reclaim(): Promise<void>;

  /** As {@linkcode Store.missing}, but trusts no earlier look: for scripts that are about to be loaded. */
  recheck(ids: Iterable<ScriptId>): Promise<ScriptId[]>;

  /**
   * Keeps a bundled script, durably before it resolves. Keeping one that is here changes nothing.
   *
   * @param bytes The script; must not be changed until the promise settles.
   * @returns Its id, computed here.
   * @throws {DeployRejected} If it is larger than `limits.scriptBytesMax` or cannot be written.
   */
  putScript(bytes: Uint8Array<ArrayBuffer>): Promise<ScriptId>;

  /**
   * The bytes of a script, whose hash was checked.
   *
   * @throws {DeployRejected} If it is not here, or damaged.
   */
  readScript(id: ScriptId): Promise<Uint8Array<ArrayBuffer>>;

  /**
   * Keeps where the places in a script come from, as long as the script is kept.
   *
   * @throws {DeployRejected} If it cannot be written.
   */
  putPlaces(id: ScriptId, places: Uint8Array): Promise<void>;

  /** What was put there; undefined where it is not known. */
  readPlaces(id: ScriptId): Promise<string | undefined>;

  /** The URL that an executor `import()`s a script from. Does not check that the script is here. */
  scriptUrl(id: ScriptId): string;

  /** The generation that the node serves; undefined before the first commit. */
  current(): Generation | undefined;

  /**
   * Writes all that the next generation needs, so that its commit cannot fail for want of room.
   *
   * @throws {DeployRejected} If the manifest is of a format that this version does not know, names a
   * script that is not here, or cannot be written.
   */
  prepare(manifest: Manifest, deployment?: DeploymentRecord): Promise<PreparedGeneration>;

  /** The numbers of the generations that are kept, ascending; the last is the current one. */
  generations(): readonly number[];

  /** What is known of the generations that are kept, ascending; the last is the current one. */
  history(): readonly PastGeneration[];

  /**
   * A generation that is kept.
   *
   * @throws {RangeError} If it is none of {@linkcode Store.generations}.
   * @throws {RootUnreadable} If it was damaged since the store was opened.
   */
  generation(number: number): Promise<Generation>;

  /** Ends what is under way and lets go of everything. Closing twice does nothing. */
  close(): Promise<void>;

  [Symbol.asyncDispose](): Promise<void>;
}

/** Where a script is used, for messages: the first overload that names it. */
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

/** The ids of every script that a manifest names. */
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

/** Refuses a manifest that names scripts that are not here. */
export function checkNoneMissing(manifest: Manifest, missing: readonly ScriptId[]): void {
  if (missing.length === 0) return;
  throw new DeployRejected(
    `cannot commit: ${missing.length === 1 ? "a script" : `${missing.length} scripts`} of the ` +
      `manifest did not reach this node; run init again`,
    { details: missing.slice(0, 10).map((id) => `${useOf(manifest, id)}: script ${id}`) },
  );
}

/** Refuses to commit what was prepared to follow another generation than the current one. */
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

/** What all stores say of a generation that they do not keep. */
export function noSuchGeneration(number: number, kept: readonly number[]): RangeError {
  const have = kept.length === 0
    ? "none was committed yet"
    : `kept are ${kept[0]} to ${kept[kept.length - 1]}`;
  return new RangeError(`there is no generation "${number}": ${have}`);
}
