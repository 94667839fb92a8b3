/** Files that commands write: whole under another name first, so that no half of one is ever found under theirs. */
import { dirname } from "node:path";
import { messageOf } from "../lib/errors/mod.ts";
import { UsageError } from "./output.ts";

/** Writes the file of a key, which is not there yet, durably: this key cannot be made again. */
export async function writeNew(path: string, text: string, mode: number): Promise<void> {
  const temporary = await writeBeside(path, text, mode);
  try {
    await nameNew(temporary, path);
  } catch (cause) {
    if (cause instanceof Deno.errors.AlreadyExists) {
      throw new UsageError(
        `"${path}" is there already, and keys are never overwritten; choose another NAME, or move it`,
      );
    }
    throw unwritable("", path, cause);
  } finally {
    await Deno.remove(temporary).catch(() => {});
  }
}

/** Puts a file in place of what is there: its readers find the old text or the new. A device is written to. */
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

/** The mistake of a path that cannot be written. @param what `the log `, or nothing, where a file is just a file. */
export function unwritable(what: string, path: string, cause: unknown): UsageError {
  const why = cause instanceof Deno.errors.NotFound
    ? `there is no folder "${dirname(path)}"; make it, or choose another path`
    : messageOf(cause);
  return new UsageError(`cannot write ${what}"${path}": ${why}`, { cause });
}

/** Writes a text durably under a name of its own, or leaves nothing. @returns The path. */
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

/** Gives a file a name that no other file has. */
async function nameNew(temporary: string, path: string): Promise<void> {
  try {
    await Deno.link(temporary, path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw error;
    // Not every file system has files of two names.
    const isThere = await Deno.lstat(path).then(() => true, () => false);
    if (isThere) throw new Deno.errors.AlreadyExists();
    await Deno.rename(temporary, path);
  }
}
