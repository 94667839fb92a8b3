/** Private keys as files. */
import { InvalidConfiguration, messageOf, whyUnreadable } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { SigningKey } from "../identity/mod.ts";

/**
 * Reads a private key as `farcall keygen` writes it: only its owner may read the file. If root owns it, its group may
 * too, because service managers hand out secrets that way.
 *
 * @throws {InvalidConfiguration} If it is unreadable, malformed, or readable by others. The message never shows the
 *   key.
 */
export async function readKey(path: string): Promise<SigningKey> {
  if (path.includes("-----BEGIN")) {
    throw new InvalidConfiguration(
      "expected the path of a key's file (--key FILE, FARCALL_KEY=FILE), got the key " +
        "itself, which others may have seen by now: make a new one with farcall keygen",
      [],
    );
  }
  let text: string;
  let info: Deno.FileInfo;
  try {
    using file = await Deno.open(path);
    info = await file.stat();
    text = await readShort(file);
  } catch (cause) {
    const why = whyUnreadable(cause, "there is no such file; farcall keygen makes a key");
    throw new InvalidConfiguration(`cannot read the key "${path}": ${why}`, [], { cause });
  }
  let key: SigningKey;
  try {
    key = await SigningKey.fromPem(text);
  } catch (cause) {
    throw new InvalidConfiguration(`the file "${path}" ${messageOf(cause)}`, [], { cause });
  }
  if (!isOpen(info)) return key;
  const mode = (info.mode! & 0o777).toString(8).padStart(4, "0");
  const inShell = /^[\w./@+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
  throw new InvalidConfiguration(
    `the key "${path}" is open to others (its mode is ${mode}) and was not used; make it yours alone: ` +
      `chmod 600 ${inShell}`,
    [],
  );
}

/** Whether others can read or change a file. Windows has no modes. */
function isOpen({ mode, uid }: Deno.FileInfo): boolean {
  const closedTo = uid === 0 ? 0o037 : 0o077;
  return Deno.build.os !== "windows" && mode !== null && (mode & closedTo) !== 0;
}

/** Reads the beginning of a file: anything longer is not a key. */
async function readShort(file: Deno.FsFile): Promise<string> {
  const buffer = new Uint8Array(limits.keyFileBytesMax);
  let bytes = 0;
  while (bytes < buffer.length) {
    const count = await file.read(buffer.subarray(bytes));
    if (count === null) break;
    bytes += count;
  }
  return new TextDecoder().decode(buffer.subarray(0, bytes));
}
