/** `farcall keygen --tls HOST`: a self-signed certificate, and its key. */
import { pinnedName } from "../../lib/transport/tls.ts";
import { generateCertificate } from "../../lib/identity/certificate.ts";
import { namePatterns } from "../../lib/manifest/mod.ts";
import { canonicalAddress, isHostName } from "../../lib/identity/mod.ts";
import { printNote, reportLine, UsageError } from "../output.ts";
import { writeNew } from "../new_file.ts";

/** Validity; renewing it affects only callers. */
const validMs = 5 * 365 * 24 * 3600 * 1000;

/** Tolerates clock differences. */
const beforeMs = 24 * 3600 * 1000;

/**
 * Creates both, and prints the fingerprint.
 *
 * @param host The name or IP address that callers connect to.
 * @param name The name of the files, without .crt and .key. Default: the host.
 * @returns The exit code.
 */
export async function keygenTls(host: string, name: string | undefined): Promise<number> {
  const address = canonicalAddress(host.replace(/^\[(.*)\]$/, "$1"));
  const subject = address ?? host.toLowerCase();
  if (address === undefined && !isHostName(subject)) {
    throw new UsageError(
      `--tls takes the host name or IP address of the node, without port; got "${host}"`,
    );
  }
  const files = name ?? subject.replaceAll(":", "_");
  const server = name === undefined ? "s1" : serverNameOf(name);
  const [certificatePath, keyPath] = [`${files}.crt`, `${files}.key`];
  const nowMs = Date.now();
  const { certificate, key, fingerprint } = await generateCertificate({
    hosts: [subject, pinnedName],
    fromMs: nowMs - beforeMs,
    toMs: nowMs + validMs,
  });
  await writeNew(keyPath, key, 0o600);
  try {
    await writeNew(certificatePath, certificate, 0o644);
  } catch (error) {
    await Deno.remove(keyPath);
    throw error;
  }
  reportLine(fingerprint);
  printNote(
    `wrote ${keyPath}, which is secret, and ${certificatePath}, valid until ` +
      `${new Date(nowMs + validMs).toISOString().slice(0, 10)}\n` +
      `on the node:  farcall serve ${subject} --tls-cert ${certificatePath} --tls-key ${keyPath}\n` +
      `in init.yaml: ${server}: { ip: ${
        JSON.stringify(subject)
      }, port: 8181, tls: { fingerprint: "${fingerprint}" } }`,
  );
  return 0;
}

/** The files' name as that of a server, without its folder. */
function serverNameOf(name: string): string {
  const last = name.split(/[/\\]/).at(-1)!;
  return namePatterns.server[0].test(last) ? last : "s1";
}
