/** Files that commands write. */
import { dirname } from "node:path";
import { messageOf } from "../lib/errors/mod.ts";
import { UsageError } from "./output.ts";

/** Writes the file of a key, which is not there yet, durably: nobody can make this key again. */
export async function writeNew(path: string, text: string, mode: number): Promise<void> {
  try {
    using file = await Deno.open(path, { write: true, createNew: true, mode });
    const bytes = new TextEncoder().encode(text);
    for (let written = 0; written < bytes.length;) {
      written += await file.write(bytes.subarray(written));
    }
    await file.sync();
  } catch (cause) {
    if (cause instanceof Deno.errors.AlreadyExists) {
      throw new UsageError(
        `"${path}" is there already, and keys are never overwritten; choose another NAME, or move it`,
      );
    }
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
