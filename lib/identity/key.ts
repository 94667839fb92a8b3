/** Ed25519 keys (RFC 8032), using the runtime's cryptography: identities of callers and deployers. */
import { fromBase64, toBase64 } from "../encoding/mod.ts";

/** A public key: `ed25519:` and its 32 bytes in canonical base64url without padding. */
export type PublicKey = string & { readonly __brand: "PublicKey" };

/** The form of a public key, for messages. */
export const publicKeyForm = 'a public key: "ed25519:" and 43 letters, digits, - or _, as ' +
  "farcall keygen prints it";

const publicKeyBytes = 32;
const signatureBytes = 64;
const prefix = "ed25519:";

/** Whether it is a public key in canonical spelling. */
export function isPublicKey(value: unknown): value is PublicKey {
  return typeof value === "string" && bytesOfPublicKey(value) !== undefined;
}

/** The pattern of a public key. */
export const publicKeyPattern = "^ed25519:[A-Za-z0-9_-]{43}$";

/**
 * Checks that a text is a public key.
 *
 * @throws {TypeError} If it is not one. The message does not show the text, which may be a private key.
 */
export function publicKey(text: string): PublicKey {
  if (!isPublicKey(text)) throw new TypeError(`expected ${publicKeyForm}`);
  return text;
}

/** The beginning of a public key, for messages. */
export function shortKey(key: PublicKey): string {
  return `${key.slice(0, prefix.length + 8)}…`;
}

/** Whether a key's signature over these bytes is valid. */
export async function isSignedBy(
  key: PublicKey,
  signature: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const signed = fromBase64Url(signature);
  if (signed?.length !== signatureBytes) return false;
  try {
    const raw = bytesOfPublicKey(key)!;
    const imported = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", imported, signed, bytes);
  } catch {
    // The 32 bytes are not a point on the curve.
    return false;
  }
}

/** A private key that can sign but cannot be read, and its public half. */
export class SigningKey {
  readonly publicKey: PublicKey;
  readonly #key: CryptoKey;

  private constructor(key: CryptoKey, publicKey: PublicKey) {
    this.#key = key;
    this.publicKey = publicKey;
  }

  /**
   * Reads a private key.
   *
   * @param pem PKCS #8 in PEM, unencrypted, as `farcall keygen` and `openssl genpkey` write it.
   * @throws {TypeError} If it is not a private key, or of another kind; the message says which, but never shows the
   *   key.
   */
  static async fromPem(pem: string): Promise<SigningKey> {
    const der = derIn(pem);
    try {
      const readable = await crypto.subtle.importKey("pkcs8", der, "Ed25519", true, ["sign"]);
      const { x } = await crypto.subtle.exportKey("jwk", readable);
      const key = await crypto.subtle.importKey("pkcs8", der, "Ed25519", false, ["sign"]);
      return new SigningKey(key, publicKey(prefix + x));
    } catch {
      throw new TypeError("is a private key, but not an Ed25519 key; farcall keygen makes one");
    } finally {
      der.fill(0);
    }
  }

  /** The signature over bytes: 64 bytes in base64url. */
  async sign(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
    return toBase64Url(new Uint8Array(await crypto.subtle.sign("Ed25519", this.#key, bytes)));
  }
}

/** Makes a new private key, in the form that {@linkcode SigningKey.fromPem} reads. */
export async function generatePem(): Promise<string> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const der = await crypto.subtle.exportKey("pkcs8", (pair as CryptoKeyPair).privateKey);
  return `${pemBegin}\n${toBase64(new Uint8Array(der))}\n${pemEnd}\n`;
}

const pemBegin = "-----BEGIN PRIVATE KEY-----";
const pemEnd = "-----END PRIVATE KEY-----";

function derIn(pem: string): Uint8Array<ArrayBuffer> {
  const start = pem.indexOf(pemBegin);
  const end = pem.indexOf(pemEnd);
  if (start === -1 || end < start) throw new TypeError(whatElse(pem));
  const text = pem.slice(start + pemBegin.length, end).replaceAll(/\s/g, "");
  const der = fromBase64(text);
  if (der !== undefined) return der;
  throw new TypeError("is damaged: the text between BEGIN and END is not base64");
}

/** Describes a text that is not a private key, for messages. */
function whatElse(text: string): string {
  if (isPublicKey(text.trim()) || text.includes("BEGIN PUBLIC KEY")) {
    return "is a public key; the private one is needed, which farcall keygen writes as NAME.key";
  }
  if (text.includes("BEGIN ENCRYPTED PRIVATE KEY")) {
    return "is encrypted; openssl pkey -in FILE -out OTHER writes it without its passphrase";
  }
  const kind = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----/.exec(text)?.[1];
  return kind === undefined
    ? 'is not a private key: it has no line "-----BEGIN PRIVATE KEY-----"; farcall keygen makes one'
    : `is of another format, ${kind}; farcall keygen makes one that can be used`;
}

function bytesOfPublicKey(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!text.startsWith(prefix)) return undefined;
  const bytes = fromBase64Url(text.slice(prefix.length));
  return bytes?.length === publicKeyBytes ? bytes : undefined;
}

/** Bytes as base64url (RFC 4648 §5) without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The bytes of canonical base64url; undefined for any other text. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const padded = text.replaceAll("-", "+").replaceAll("_", "/") +
    "===".slice((text.length + 3) % 4);
  const bytes = fromBase64(padded);
  // The last letter may have unused bits, which must be 0.
  return bytes !== undefined && toBase64Url(bytes) === text ? bytes : undefined;
}
