/** Waits for changes to the files of a configuration. */
import type { Configuration } from "../config/mod.ts";
import { messageOf } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { extname, resolve, sep } from "node:path";
import { stepsOf } from "./_watched_paths.ts";

/** The inputs of a deployment. */
export interface WatchedSources {
  /** Absolute paths of the inputs. */
  readonly files: ReadonlySet<string>;
  /** Whether any source in their folders counts too, because a missing one may be about to appear. */
  readonly isAnySource: boolean;
  /** Changes count from then on, in milliseconds since the UNIX epoch. */
  readonly sinceMs: number;
}

/**
 * Everything that a deployment of a file may read.
 *
 * @param configuration Its content, if it was valid.
 * @param reads The sources that were looked for, as far as known.
 */
export function filesOf(
  file: string,
  configuration: Configuration | undefined,
  reads: Iterable<string>,
): Set<string> {
  const files = new Set([resolve(file), ...reads]);
  for (const service of configuration?.services.values() ?? []) {
    for (const rpc of service.rpcs.values()) {
      for (const { source } of rpc.overloads) files.add(source);
    }
  }
  return files;
}

/** A folder that cannot be watched, and why. */
export type OnUnwatched = (folder: string, reason: string) => void;

/** How often to retry when folders change while the watcher starts. */
const rewatchesMax = 10;

/**
 * Watches folders, because editors replace files; and every folder and link on the way to a file, because these may
 * appear, disappear and change their target.
 */
export class SourceWatch implements Disposable {
  readonly #onUnwatched: OnUnwatched;
  #watcher: Deno.FsWatcher | undefined;
  #listening: Promise<void> | undefined;
  /** The watched folders, by path and identity. */
  #key = "";
  readonly #unwatched = new Set<string>();
  #names: ReadonlySet<string> = new Set();
  #changed = new Set<string>();
  #wake: (() => void) | undefined;

  /** @param onUnwatched Called once for each folder that cannot be watched: changes there are missed. */
  constructor(onUnwatched: OnUnwatched) {
    this.#onUnwatched = onUnwatched;
  }

  /** Resolves after a change that was followed by quiet for `limits.watchQuietMs`. */
  async next(watched: WatchedSources): Promise<void> {
    const { isNew, changedAtMs } = await this.#watch(watched);
    if (isNew && changedAtMs >= watched.sinceMs) return;
    while (!this.#hasRelevantChange(watched)) {
      await this.#woken();
      // A recreated folder needs a new watcher, though its name is the same. Changes before the new watcher started may
      // have been reported only to the old one, which is closed.
      const { isNew, changedAtMs } = await this.#watch(watched);
      if (isNew && changedAtMs >= watched.sinceMs) break;
    }
    const untilMs = performance.now() + limits.watchQuietMsMax;
    while (performance.now() < untilMs && await this.#woken(limits.watchQuietMs));
    this.#changed.clear();
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
  }

  /** Watches the current paths to the files. */
  async #watch({ files }: WatchedSources): Promise<{ isNew: boolean; changedAtMs: number }> {
    for (let count = 1;; count++) {
      const { folders, names, changedAtMs } = await stepsOf(files);
      this.#names = names;
      const isNew = count > 1;
      const key = JSON.stringify([...folders].sort());
      // Checking again finds entries that appeared in a folder before it was watched.
      if (key === this.#key || count === rewatchesMax) return { isNew, changedAtMs };
      await this.#rewatch([...folders.keys()]);
      this.#key = key;
    }
  }

  /**
   * Watches these folders in place of the previous ones, with a single watcher: with several, the runtime loses a
   * folder that replaced another one.
   */
  async #rewatch(folders: readonly string[]): Promise<void> {
    this.#watcher?.close();
    await this.#listening;
    this.#watcher = openWatcher(folders) ??
      Deno.watchFs(folders.filter((folder) => this.#isWatchable(folder)), { recursive: false });
    this.#listening = this.#listen(this.#watcher);
  }

  #isWatchable(folder: string): boolean {
    try {
      Deno.watchFs(folder, { recursive: false }).close();
      this.#unwatched.delete(folder);
      return true;
    } catch (error) {
      if (!this.#unwatched.has(folder)) this.#onUnwatched(folder, messageOf(error));
      this.#unwatched.add(folder);
      return false;
    }
  }

  async #listen(watcher: Deno.FsWatcher): Promise<void> {
    for await (const { kind, paths } of watcher) {
      if (kind === "access") continue;
      for (const path of paths) this.#changed.add(path);
      this.#wake?.();
    }
  }

  /** Whether a collected change concerns the inputs; drops the others. */
  #hasRelevantChange({ files, isAnySource }: WatchedSources): boolean {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed.some((path) =>
      this.#names.has(path) || files.has(path) || (isAnySource && isSource(path))
    );
  }

  /** @returns Whether something happened within the time. */
  async #woken(timeoutMs?: number): Promise<boolean> {
    if (this.#changed.size > 0 && timeoutMs === undefined) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => resolve(false), timeoutMs);
    this.#wake = () => resolve(true);
    const isWoken = await promise;
    clearTimeout(timer);
    this.#wake = undefined;
    return isWoken;
  }
}

const sourceExtensions = new Set([".ts", ".mts", ".js", ".mjs", ".json", ".yaml", ".yml"]);

function isSource(path: string): boolean {
  const isHidden = path.split(sep).some((part) => part.startsWith(".") || part === "node_modules");
  return !isHidden && sourceExtensions.has(extname(path));
}

/** @returns undefined if one of them cannot be watched. */
function openWatcher(folders: readonly string[]): Deno.FsWatcher | undefined {
  try {
    return Deno.watchFs([...folders], { recursive: false });
  } catch {
    return undefined;
  }
}
