/** Writes commands' files atomically: under a temporary name first. */
import { dirname } from "node:path";
import { messageOf } from "../lib/errors/mod.ts";
import { UsageError } from "./output.ts";

/** Creates a key file, durably, because a key cannot be recreated. */
export async function writeNew(path: string, text: string, mode: number): Promise<void> {
  const temporary = await writeBeside(path, text, mode);
  try {
    await nameNew(temporary, path);
  } catch (cause) {
    if (cause instanceof Deno.errors.AlreadyExists) {
      throw new UsageError(
        `"${path}" already exists, and keys are never overwritten; choose another NAME, or move it`,
      );
    }
    throw unwritable("", path, cause);
  } finally {
    await Deno.remove(temporary).catch(() => {});
  }
}

/** Replaces a file atomically: readers find the old text or the new. Writes to devices directly. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const before = await Deno.stat(path).catch(() => undefined);
  if (before !== undefined && !before.isFile) {
    await Deno.writeTextFile(path, text).catch((cause) => {
      throw unwritable("", path, cause);
    });
    return;
  }
  const target = before === undefined ? path : await Deno.realPath(path);
  const mode = before?.mode == null ? 0o666 : before.mode & 0o777;
  const temporary = await writeBeside(target, text, mode);
  try {
    await Deno.rename(temporary, target);
  } catch (cause) {
    await Deno.remove(temporary).catch(() => {});
    throw unwritable("", path, cause);
  }
}

/** The error for an unwritable path. @param what The kind of file, e.g. `the log `. */
export function unwritable(what: string, path: string, cause: unknown): UsageError {
  const why = cause instanceof Deno.errors.NotFound
    ? `there is no folder "${dirname(path)}"; create it, or choose another path`
    : messageOf(cause);
  return new UsageError(`cannot write ${what}"${path}": ${why}`, { cause });
}

/** Writes a text durably to a temporary file, or leaves nothing. @returns The path. */
async function writeBeside(path: string, text: string, mode: number): Promise<string> {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    using file = await Deno.open(temporary, { write: true, createNew: true, mode });
    const bytes = new TextEncoder().encode(text);
    for (let written = 0; written < bytes.length;) {
      written += await file.write(bytes.subarray(written));
    }
    await file.sync();
    return temporary;
  } catch (cause) {
    await Deno.remove(temporary).catch(() => {});
    throw unwritable("", path, cause);
  }
}

/** Renames a file to an unused name. */
async function nameNew(temporary: string, path: string): Promise<void> {
  try {
    await Deno.link(temporary, path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw error;
    // Not every file system supports hard links.
    const isThere = await Deno.lstat(path).then(() => true, () => false);
    if (isThere) throw new Deno.errors.AlreadyExists();
    await Deno.rename(temporary, path);
  }
}
