/** `farcall keygen`: a key pair in two files. */
import { readKey } from "../../lib/client/mod.ts";
import { generatePem } from "../../lib/identity/mod.ts";
import { writeNew } from "../new_file.ts";
import { printNote, reportLine, UsageError } from "../output.ts";

/**
 * Creates a key and prints its public half.
 *
 * @param tls The host for a certificate, instead of a caller's key.
 * @returns The exit code.
 */
export async function keygen(given: string | undefined, tls: string | undefined): Promise<number> {
  if (given !== undefined) checkName(given);
  if (tls !== undefined) {
    const { keygenTls } = await import("./_tls_certificate.ts");
    return await keygenTls(tls, given);
  }
  const name = given ?? "farcall";
  const [privatePath, publicPath] = [`${name}.key`, `${name}.pub`];
  await writeNew(privatePath, await generatePem(), 0o600);
  try {
    const { publicKey } = await readKey(privatePath);
    await writeNew(publicPath, `${publicKey}\n`, 0o644);
    reportLine(publicKey);
  } catch (error) {
    await Deno.remove(privatePath);
    throw error;
  }
  printNote(
    `wrote ${privatePath}, which is secret (callers say --key ${privatePath}), and ${publicPath}`,
  );
  return 0;
}

function checkName(name: string): void {
  if (!/[/\\]$|\.(key|pub|crt)$/.test(name)) return;
  throw new UsageError(`"${name}": NAME is that of the files without .key and .pub: keys/ann`);
}
