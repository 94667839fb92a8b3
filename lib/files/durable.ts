/** Atomic, durable file writes: a file is complete or absent, even after a crash. */
import { dirname } from "node:path";

/** Writes all of some bytes. */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await file.write(bytes.subarray(written));
  }
}

/**
 * Creates a file that only its user can access; its content is durable when this resolves.
 *
 * @throws The error of the operating system; leaves nothing behind.
 */
export async function writeNewFile(path: string, content: Uint8Array): Promise<void> {
  try {
    using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    await writeAll(file, content);
    await file.sync();
  } catch (cause) {
    await removeIfThere(path).catch(() => {});
    throw cause;
  }
}

/**
 * Replaces a file atomically: a reader, or a restart at any moment, finds the old content or the new. The content is
 * durable when this resolves, the *name* once its folder is synced.
 *
 * @param path The file to replace.
 * @param temporary The temporary path, on the same file system. Default: beside `path`.
 * @throws The error of the operating system; leaves nothing behind.
 */
export async function replaceFile(
  path: string,
  content: Uint8Array,
  temporary: string = `${path}.${crypto.randomUUID()}`,
): Promise<void> {
  await writeNewFile(temporary, content);
  try {
    await Deno.rename(temporary, path);
  } catch (cause) {
    await removeIfThere(temporary).catch(() => {});
    throw cause;
  }
}

/** As {@linkcode replaceFile}, and the name is durable too. */
export async function replaceFileDurably(
  path: string,
  content: Uint8Array,
  temporary?: string,
): Promise<void> {
  await replaceFile(path, content, temporary);
  await syncFolder(dirname(path));
}

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  using folder = await Deno.open(path);
  await folder.sync();
}

/** Removes a file, if it exists. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
}

/** The bytes of a file, if any. */
export async function readIfThere(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw cause;
  }
}
