/** Standard input, as far as it can be read. */
import { whyUnreadable } from "../lib/errors/mod.ts";
import { UsageError } from "./output.ts";

/** Reads into a buffer. @returns How many bytes; null at the end. @throws {UsageError} If it cannot be read. */
export async function readStandardInput(buffer: Uint8Array): Promise<number | null> {
  try {
    return await Deno.stdin.read(buffer);
  } catch (cause) {
    throw new UsageError(`cannot read standard input: ${whyUnreadable(cause)}`, { cause });
  }
}

/** All of it. @throws {UsageError} As {@linkcode readStandardInput}. */
export async function allStandardInput(): Promise<Uint8Array> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (;;) {
    const buffer = new Uint8Array(64 * 1024);
    const count = await readStandardInput(buffer);
    if (count === null) return new Uint8Array(await new Blob(chunks).arrayBuffer());
    chunks.push(buffer.subarray(0, count));
  }
}
