/** Files that are whole or not there. */
import { dirname, join } from "node:path";
import { numberedName } from "./names.ts";

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  using folder = await Deno.open(path);
  await folder.sync();
}

/** Writes a file so that a reader, or a restart, finds the old content or the new. Durable when this resolves. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}`;
  try {
    using file = await Deno.open(temporary, { write: true, createNew: true, mode: 0o600 });
    await writeAll(file, new TextEncoder().encode(text));
    await file.sync();
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Writes all of some bytes. */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await file.write(bytes.subarray(written));
  }
}

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
