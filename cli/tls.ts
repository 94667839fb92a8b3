/** How to verify a node named by its address: `--tls`. */
import { type NodeAddress, parseAddress } from "../lib/client/mod.ts";
import type { TlsSettings } from "../lib/config/mod.ts";
import { fingerprintForm, parseFingerprint } from "../lib/identity/mod.ts";
import { UsageError } from "./output.ts";

/**
 * Reads `--tls`: `system`, a fingerprint, or the path of a file with certificates.
 *
 * @param servers The values of `--server`: servers of a file define their own verification.
 * @throws {UsageError} If it is invalid, or has no address to apply to.
 */
export function tlsIn(
  text: string | undefined,
  servers: string | readonly string[] = [],
): TlsSettings | undefined {
  if (text === undefined) return undefined;
  if (![servers].flat().some((server) => parseAddress(server) !== undefined)) {
    throw new UsageError(
      "--tls goes with --server HOST:PORT; for servers of a file, write tls: { … } there",
    );
  }
  if (text === "system") return {};
  if (!/^sha256:/i.test(text)) return { ca: text };
  const fingerprint = parseFingerprint(text);
  if (fingerprint !== undefined) return { fingerprint };
  throw new UsageError(`--tls: "${text}" is not ${fingerprintForm}`);
}

/** As `parseAddress`, for a node with this verification. */
export function parseServer(
  text: string,
  tls: TlsSettings | undefined,
): NodeAddress | undefined {
  const address = parseAddress(text);
  return address === undefined ? undefined : { ...address, tls };
}
