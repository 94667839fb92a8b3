/** Private keys as files. */
import { InvalidConfiguration, messageOf } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { SigningKey } from "../wire/mod.ts";

/**
 * Reads a private key, as `farcall keygen` writes it.
 *
 * @throws {InvalidConfiguration} If it cannot be read, or is none. The message shows nothing of it.
 */
export async function readKey(path: string): Promise<SigningKey> {
  let text: string;
  try {
    text = await readShort(path);
  } catch (cause) {
    const isMissing = cause instanceof Deno.errors.NotFound;
    const why = isMissing ? "there is no such file; farcall keygen makes a key" : messageOf(cause);
    throw new InvalidConfiguration(`cannot read the key "${path}": ${why}`, [], { cause });
  }
  try {
    return await SigningKey.fromPem(text);
  } catch (cause) {
    throw new InvalidConfiguration(`the file "${path}" ${messageOf(cause)}`, [], { cause });
  }
}

/** The beginning of a file: a key is not longer, and what is longer is no key. */
async function readShort(path: string): Promise<string> {
  using file = await Deno.open(path);
  const buffer = new Uint8Array(limits.keyFileBytesMax);
  let bytes = 0;
  while (bytes < buffer.length) {
    const count = await file.read(buffer.subarray(bytes));
    if (count === null) break;
    bytes += count;
  }
  return new TextDecoder().decode(buffer.subarray(0, bytes));
}
