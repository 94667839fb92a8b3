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

/** All of it, as a text. @throws {UsageError} As {@linkcode readStandardInput}. */
export async function standardInputText(): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  for (let count; (count = await readStandardInput(buffer)) !== null;) {
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
  return text + decoder.decode();
}
