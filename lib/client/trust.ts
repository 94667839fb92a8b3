/** Which certificates to trust: from options to what a connection needs. */
import type { TlsSettings } from "../config/mod.ts";
import type { NodeTls } from "./address.ts";
import { InvalidConfiguration, whyUnreadable } from "../errors/mod.ts";
import type { TlsTrust } from "../transport/mod.ts";
import { describeValue, refuseEmpty } from "../encoding/mod.ts";
import { fingerprintForm, parseFingerprint } from "../identity/mod.ts";

/** Reads a program's `tls` option. @throws {TypeError} If it, or a fingerprint in it, is malformed. */
export function checkTls(tls: true | TlsSettings): TlsSettings {
  if (tls === true) return {};
  refuseEmpty({ tls });
  if (typeof tls !== "object" || tls === null) {
    throw new TypeError(
      `tls must be true, or an object with a fingerprint or ca; got ${describeValue(tls)}`,
    );
  }
  const { ca, serverName } = tls;
  refuseEmpty({ "tls.ca": ca, "tls.serverName": serverName, "tls.fingerprint": tls.fingerprint });
  if (tls.fingerprint === undefined) return tls;
  const fingerprint = parseFingerprint(tls.fingerprint);
  if (fingerprint !== undefined) return { fingerprint };
  throw new TypeError(`"${tls.fingerprint}" is not ${fingerprintForm}`);
}

/**
 * Reads the certificates from their file.
 *
 * @throws {InvalidConfiguration} If the file `ca` has no certificates.
 */
export async function trustOf({ ca, ...trust }: NodeTls): Promise<TlsTrust> {
  if (ca === undefined) return trust;
  const { serverName } = trust;
  let text: string;
  try {
    text = await Deno.readTextFile(ca);
  } catch (cause) {
    const why = whyUnreadable(cause);
    throw new InvalidConfiguration(`cannot read the certificates "${ca}": ${why}`, [], { cause });
  }
  const authorities = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (authorities !== null) return { serverName, authorities };
  throw new InvalidConfiguration(`"${ca}" has no certificate in PEM`, []);
}
