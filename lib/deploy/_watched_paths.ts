/**
 * Resolves a path step by step: each folder on the way, and the targets of links. A change of any step changes the
 * path's target.
 */
import { dirname, isAbsolute, join, parse, resolve, sep } from "node:path";

/** As many as Linux follows. */
const linksMax = 40;

/** The steps of some paths. */
export interface PathSteps {
  /** The folders to watch: real paths, with the identity of the current folder. */
  readonly folders: ReadonlyMap<string, string>;
  /** The entries on the way, as watchers report them: real folder and name. */
  readonly names: ReadonlySet<string>;
  /** The latest change of any step, in milliseconds since the UNIX epoch. */
  readonly changedAtMs: number;
}

/** Finds the steps of paths; for a path that does not exist, up to the missing step. */
export async function stepsOf(paths: Iterable<string>): Promise<PathSteps> {
  const steps = new Steps();
  for (const path of paths) await steps.follow(resolve(path));
  return steps;
}

class Steps implements PathSteps {
  readonly folders = new Map<string, string>();
  readonly names = new Set<string>();
  changedAtMs = 0;

  async follow(path: string): Promise<void> {
    let folder = parse(path).root;
    let left = path.slice(folder.length).split(sep);
    for (let links = 0; left.length > 0;) {
      const name = left.shift()!;
      if (name === "" || name === ".") continue;
      if (name === "..") {
        folder = dirname(folder);
        continue;
      }
      if (!await this.#addFolder(folder)) return;
      const step = join(folder, name);
      this.names.add(step);
      const info = await Deno.lstat(step).catch(() => undefined);
      if (info === undefined) return;
      const isFile = left.length === 0;
      // Other entries of a folder on the way may come and go without being a change.
      if (isFile || info.isSymlink) this.#note(info);
      if (!info.isSymlink) {
        folder = step;
        continue;
      }
      if (++links > linksMax) return;
      const target = await Deno.readLink(step).catch(() => "");
      if (isAbsolute(target)) folder = parse(target).root;
      left = [...target.split(sep), ...left];
    }
  }

  #note({ mtime, ctime }: Deno.FileInfo): void {
    this.changedAtMs = Math.max(this.changedAtMs, mtime?.getTime() ?? 0, ctime?.getTime() ?? 0);
  }

  async #addFolder(path: string): Promise<boolean> {
    if (this.folders.has(path)) return true;
    const info = await Deno.stat(path).catch(() => undefined);
    if (!info?.isDirectory) return false;
    this.folders.set(path, `${info.dev}:${info.ino}`);
    return true;
  }
}
