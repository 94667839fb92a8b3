/** Public keys on a command line: a key, or the path of a file with one a line. */
import { messageOf } from "../lib/errors/mod.ts";
import { isPublicKey, type PublicKey, publicKeyForm } from "../lib/wire/mod.ts";
import { UsageError } from "./output.ts";

/**
 * Reads what an option was given.
 *
 * @param option Its name, for messages.
 * @param given Each a key, or the path of a file with keys: one a line; empty lines, and what is behind a `#`, are
 * left out.
 * @returns Each key once, in their order.
 * @throws {UsageError} If one is neither, or a file has no key, or something else too.
 */
export async function readPublicKeys(
  option: string,
  given: readonly string[],
): Promise<PublicKey[]> {
  const keys = new Set<PublicKey>();
  for (const each of given) {
    if (isPublicKey(each)) keys.add(each);
    else if (each.startsWith("ed25519:")) throw new UsageError(`${option} takes ${publicKeyForm}`);
    else for (const key of await readFile(option, each)) keys.add(key);
  }
  return [...keys];
}

async function readFile(option: string, path: string): Promise<PublicKey[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotFound
      ? "there is no such file"
      : messageOf(cause);
    throw new UsageError(
      `${option} takes ${publicKeyForm}, or the path of a file with such keys; cannot read ` +
        `"${path}": ${reason}`,
      { cause },
    );
  }
  const keys: PublicKey[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const key = line.replace(/#.*$/, "").trim();
    if (key === "") continue;
    // What stands there instead is not shown: it may be a private key.
    if (!isPublicKey(key)) {
      throw new UsageError(`${option}: line ${index + 1} of "${path}" is not ${publicKeyForm}`);
    }
    keys.push(key);
  }
  if (keys.length > 0) return keys;
  throw new UsageError(`${option}: there is no key in "${path}"; farcall keygen makes some`);
}
