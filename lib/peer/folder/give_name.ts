/** The names of files that were received. */
import { join } from "node:path";
import { syncFolder } from "../../files/durable.ts";
import { numberedName } from "./names.ts";

/**
 * Gives a file that is whole its final name in a folder, or one with a number where that is taken. Replaces nothing, and
 * is durable when this resolves. A file that has such a name already keeps it; its old name stays.
 *
 * @returns The name.
 */
export async function giveName(
  path: string,
  { folder, name }: { folder: string; name: string },
): Promise<string> {
  const own = await Deno.stat(path);
  for (let number = 0;; number++) {
    const candidate = numberedName(name, number);
    const target = join(folder, candidate);
    const there = await Deno.lstat(target).catch(() => undefined);
    const isOwn = there !== undefined && there.dev === own.dev && there.ino === own.ino &&
      own.ino !== null;
    if (there !== undefined && !isOwn) continue;
    if (!isOwn && !await link(path, target)) continue;
    await syncFolder(folder);
    return candidate;
  }
}

/** @returns Whether it was done; not where the name was taken meanwhile. */
async function link(path: string, target: string): Promise<boolean> {
  try {
    await Deno.link(path, target);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    if (error instanceof Deno.errors.NotFound) throw error;
    // A file system without hard links.
    await Deno.rename(path, target);
    return true;
  }
}
