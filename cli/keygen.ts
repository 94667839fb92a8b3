/** `farcall keygen`: a key pair, as two files. */
import { readKey } from "../lib/client/mod.ts";
import { generatePem } from "../lib/wire/mod.ts";
import { printLine, printNote, UsageError } from "./output.ts";

/** Makes a key and prints its public half. @returns The exit code. */
export async function keygen(name: string): Promise<number> {
  if (name === "" || /[/\\]$|\.(key|pub)$/.test(name)) {
    throw new UsageError(`"${name}": NAME is that of the files without .key and .pub: keys/ann`);
  }
  const [privatePath, publicPath] = [`${name}.key`, `${name}.pub`];
  await write(privatePath, await generatePem(), 0o600);
  try {
    const { publicKey } = await readKey(privatePath);
    await write(publicPath, `${publicKey}\n`, 0o644);
    printLine(publicKey);
  } catch (error) {
    await Deno.remove(privatePath);
    throw error;
  }
  printNote(
    `wrote ${privatePath}, which is secret (callers say --key ${privatePath}), and ${publicPath}`,
  );
  return 0;
}

/** Writes a file that is not there yet, durably: nobody can make this key again. */
async function write(path: string, text: string, mode: number): Promise<void> {
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
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`cannot write "${path}": ${reason}`, { cause });
  }
}
