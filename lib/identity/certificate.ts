/** Makes self-signed certificates: X.509 (RFC 5280) in DER. */
import { addressBytes, canonicalAddress } from "./ip_address.ts";
import { hexOf } from "./script_id.ts";

/** The content of a new certificate. */
export interface CertificateClaims {
  /** The names and IP addresses of the key's holder; the first is the subject, too. At least one. */
  readonly hosts: readonly string[];
  /** The start of its validity, in milliseconds since the UNIX epoch. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** A certificate and its key, both in PEM. */
export interface CertificatePem {
  /** Self-signed, and so also its authority's certificate. */
  readonly certificate: string;
  /** In PKCS #8. */
  readonly key: string;
  /** The SHA-256 of the certificate, `sha256:` and 64 hex digits. */
  readonly fingerprint: string;
}

/** Makes a key (ECDSA with P-256, which every TLS implementation supports) and a self-signed certificate. */
export async function generateCertificate(claims: CertificateClaims): Promise<CertificatePem> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey));
  const body = tbsCertificate(claims, publicKey);
  const raw = new Uint8Array(await crypto.subtle.sign(algorithm, keys.privateKey, body));
  const [r, s] = [positiveInteger(raw.subarray(0, 32)), positiveInteger(raw.subarray(32))];
  const certificate = sequence(body, ecdsaWithSha256, bitString(sequence(r, s)));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", certificate));
  return {
    certificate: pem("CERTIFICATE", certificate),
    key: pem(
      "PRIVATE KEY",
      new Uint8Array(await crypto.subtle.exportKey("pkcs8", keys.privateKey)),
    ),
    fingerprint: `sha256:${hexOf(hash)}`,
  };
}

type Bytes = Uint8Array<ArrayBuffer>;

/** The signed part. */
function tbsCertificate({ hosts, fromMs, toMs }: CertificateClaims, publicKey: Bytes): Bytes {
  const name = sequence(set(sequence(objectId(0x55, 4, 3), text(hosts[0]!.slice(0, 64)))));
  return sequence(
    der(0xa0, integer(2)), // version 3
    positiveInteger(crypto.getRandomValues(new Uint8Array(16))),
    ecdsaWithSha256,
    name,
    sequence(time(fromMs), time(toMs)),
    name,
    publicKey,
    der(
      0xa3,
      sequence(
        extension(objectId(0x55, 29, 17), sequence(...hosts.map(generalName))),
        // Not an authority; valid only for signing handshakes as a server.
        extension(objectId(0x55, 29, 19), sequence(), "critical"),
        extension(objectId(0x55, 29, 15), der(0x03, Uint8Array.of(7, 0x80)), "critical"),
        extension(objectId(0x55, 29, 37), sequence(objectId(0x2b, 6, 1, 5, 5, 7, 3, 1))),
      ),
    ),
  );
}

/** dNSName, or iPAddress. */
function generalName(host: string): Bytes {
  const address = canonicalAddress(host);
  return address === undefined
    ? der(0x82, new TextEncoder().encode(host))
    : der(0x87, addressBytes(address));
}

/** Encodes one value: tag, length, content. */
function der(tag: number, ...parts: readonly Uint8Array[]): Bytes {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const lengthBytes = length < 128
    ? [length]
    : length < 256
    ? [0x81, length]
    : [0x82, length >> 8, length & 255];
  const bytes = new Uint8Array(1 + lengthBytes.length + length);
  bytes.set([tag, ...lengthBytes]);
  let offset = 1 + lengthBytes.length;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function sequence(...parts: readonly Uint8Array[]): Bytes {
  return der(0x30, ...parts);
}

function set(...parts: readonly Uint8Array[]): Bytes {
  return der(0x31, ...parts);
}

function integer(value: number): Bytes {
  return der(0x02, Uint8Array.of(value));
}

/** Without leading zeros, except for one if the first bit would mean a negative number. */
function positiveInteger(bytes: Uint8Array): Bytes {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = bytes.subarray(first < 0 ? bytes.length - 1 : first);
  return digits[0]! < 128 ? der(0x02, digits) : der(0x02, Uint8Array.of(0), digits);
}

/** @param bytes The encoded identifier; all components here are small. */
function objectId(...bytes: readonly number[]): Bytes {
  return der(0x06, Uint8Array.from(bytes));
}

function bitString(bytes: Uint8Array): Bytes {
  return der(0x03, Uint8Array.of(0), bytes);
}

function text(value: string): Bytes {
  return der(0x0c, new TextEncoder().encode(value));
}

/** By RFC 5280, UTCTime until 2049 and GeneralizedTime from then on. */
function time(ms: number): Bytes {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  const isUtcTime = digits < "2050";
  return der(
    isUtcTime ? 0x17 : 0x18,
    new TextEncoder().encode(isUtcTime ? digits.slice(2) : digits),
  );
}

function extension(id: Bytes, value: Bytes, critical?: "critical"): Bytes {
  const flag = critical === undefined ? [] : [der(0x01, Uint8Array.of(0xff))];
  return sequence(id, ...flag, der(0x04, value));
}

const ecdsaWithSha256 = sequence(objectId(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2));

function pem(what: string, bytes: Bytes): string {
  const base64 = btoa(String.fromCharCode(...bytes));
  return `-----BEGIN ${what}-----\n${
    base64.match(/.{1,64}/g)!.join("\n")
  }\n-----END ${what}-----\n`;
}
