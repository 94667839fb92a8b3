/** Parses fingerprints of certificates. */

/** The form of a fingerprint, for messages. */
export const fingerprintForm = "the SHA-256 of a certificate, sha256: and 64 hex digits";

/**
 * Reads a fingerprint; accepts openssl's colons between the digits.
 *
 * @returns `sha256:` and 64 lower-case hex digits; undefined if it is not one.
 */
export function parseFingerprint(text: string): string | undefined {
  const match = /^sha256:([0-9a-f]{64}|(?:[0-9a-f]{2}:){31}[0-9a-f]{2})$/i.exec(text);
  return match === null ? undefined : `sha256:${match[1]!.replaceAll(":", "").toLowerCase()}`;
}
