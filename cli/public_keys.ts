/** Public keys on a command line: a key, or the path of a file with one per line. */
import { NotUtf8, readUtf8 } from "../lib/encoding/mod.ts";
import { whyUnreadable } from "../lib/errors/mod.ts";
import { isPublicKey, type PublicKey, publicKeyForm } from "../lib/identity/mod.ts";
import { printNote, UsageError } from "./output.ts";

/**
 * Reads an option's values.
 *
 * @param option Its name, for messages.
 * @param given Each a key, or the path of a file with one key per line; empty lines, and comments after `#`, are
 *   ignored.
 * @returns Each key once, in order.
 * @throws {UsageError} If a value is neither, or a file has no key, or an invalid line.
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
  // Not shown: it is a private key.
  if (path.includes("-----BEGIN")) throw new UsageError(`${option} takes ${publicKeyForm}`);
  let text: string;
  try {
    text = readUtf8(await Deno.readFile(path));
  } catch (cause) {
    const reason = cause instanceof NotUtf8 ? `it ${cause.message}` : whyUnreadable(cause);
    throw new UsageError(
      `${option} takes ${publicKeyForm}, or the path of a file with such keys; cannot read ` +
        `"${path}": ${reason}`,
      { cause },
    );
  }
  const keys: PublicKey[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const key = line.split("#", 1)[0]!.trim();
    if (key === "") continue;
    // The invalid line is not shown: it may be a private key.
    if (!isPublicKey(key)) {
      throw new UsageError(`${option}: line ${index + 1} of "${path}" is not ${publicKeyForm}`);
    }
    keys.push(key);
  }
  await warnIfOpen(option, path);
  if (keys.length > 0) return keys;
  throw new UsageError(`${option}: there is no key in "${path}"; farcall keygen makes some`);
}

/** Public keys are not secret, but write access to the file decides which keys are trusted. */
async function warnIfOpen(option: string, path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  const { mode, isFile } = await Deno.stat(path);
  if (!isFile || mode === null || (mode & 0o022) === 0) return;
  printNote(
    `warning: ${option}: others than its owner can write "${path}" (its mode is ` +
      `${
        (mode & 0o777).toString(8).padStart(4, "0")
      }), and so name keys of their own; chmod go-w it`,
  );
}
