/** Files of keys. */
import { messageOf } from "../lib/errors/mod.ts";
import { UsageError } from "./output.ts";

/** Writes a file that is not there yet, durably: nobody can make this key again. */
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
    throw new UsageError(`cannot write "${path}": ${messageOf(cause)}`, { cause });
  }
}
