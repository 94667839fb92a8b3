/** Waiting for the files of a configuration to change. */
import type { Configuration } from "../config/mod.ts";
import { limits } from "../limits/mod.ts";
import { dirname, extname, resolve, sep } from "node:path";

/** What a deployment was made from. */
export interface Watched {
  /** Absolute paths; a change of any of these is one. */
  readonly files: ReadonlySet<string>;
  /** Whether any source beside these counts too: one that is missing may be about to come. */
  readonly isAnySource: boolean;
  /** Since when a change counts, in milliseconds since the UNIX epoch. */
  readonly sinceMs: number;
}

/**
 * Everything that a deployment of a file may read.
 *
 * @param configuration What was in it, if it could be read.
 * @param inputs The files that went into the scripts, as far as they are known.
 */
export function filesOf(
  file: string,
  configuration: Configuration | undefined,
  inputs: Iterable<string>,
): Set<string> {
  const files = new Set([resolve(file), ...inputs]);
  for (const service of configuration?.services.values() ?? []) {
    for (const rpc of service.rpcs.values()) {
      for (const { source } of rpc.overloads) files.add(source);
    }
  }
  return files;
}

/** Watches folders, since editors put a new file in the place of the old one. */
export class SourceWatch implements Disposable {
  #watcher: Deno.FsWatcher | undefined;
  #folders = "";
  #changed = new Set<string>();
  #wake: (() => void) | undefined;

  /** Resolves when something has changed and then been quiet for `limits.watchQuietMs`. */
  async next(watched: Watched): Promise<void> {
    const isNew = this.#watch(new Set([...watched.files].map((file) => dirname(file))));
    if (isNew && await hasChangedSince(watched)) return;
    while (!this.#takesPart(watched)) await this.#woken();
    const untilMs = performance.now() + limits.watchQuietMsMax;
    while (performance.now() < untilMs && await this.#woken(limits.watchQuietMs));
    this.#changed.clear();
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
  }

  /** @returns Whether other folders are watched than before. */
  #watch(wanted: ReadonlySet<string>): boolean {
    const folders = [...wanted].filter(isFolder).sort();
    const key = folders.join("\0");
    if (key === this.#folders) return false;
    this.#watcher?.close();
    this.#folders = key;
    this.#watcher = Deno.watchFs(folders, { recursive: false });
    this.#listen(this.#watcher);
    return true;
  }

  async #listen(watcher: Deno.FsWatcher): Promise<void> {
    for await (const { kind, paths } of watcher) {
      if (kind === "access") continue;
      for (const path of paths) this.#changed.add(path);
      this.#wake?.();
    }
  }

  /** Whether anything that has changed is part of it; the rest is forgotten. */
  #takesPart({ files, isAnySource }: Watched): boolean {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed.some((path) => files.has(path) || (isAnySource && isSource(path)));
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

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** Whether a file changed before its folder was watched. */
async function hasChangedSince({ files, sinceMs }: Watched): Promise<boolean> {
  const times = await Promise.all(
    [...files].map((file) => Deno.stat(file).then(({ mtime }) => mtime?.getTime() ?? 0, () => 0)),
  );
  return times.some((time) => time >= sinceMs);
}
