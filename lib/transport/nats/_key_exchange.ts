/**
 * The key exchange of a session (X25519, RFC 7748, and HKDF, RFC 5869), authenticated by the node's signature over both
 * shares. It is part of the messages that open the session.
 */
import { MalformedMessage } from "../../errors/mod.ts";
import {
  fromBase64Url,
  isPublicKey,
  isSignedBy,
  type PublicKey,
  type SessionClaim,
  sessionStatement,
  type SigningKey,
  toBase64Url,
} from "../../identity/mod.ts";

/** A session's identity, known to both ends before the key exchange. */
export type SessionIdentity = Pick<
  SessionClaim,
  "fleet" | "node" | "callerSubject" | "nodeSubject"
>;

/** AES-256-GCM keys, one for each direction. */
export interface SessionKeys {
  readonly ofCaller: CryptoKey;
  readonly ofNode: CryptoKey;
}

/** A caller's offer, kept until the answer. */
export class KeyOffer {
  readonly #share: KeyShare;

  private constructor(share: KeyShare) {
    this.#share = share;
  }

  static async make(): Promise<KeyOffer> {
    return new KeyOffer(await KeyShare.make());
  }

  /** The body of the message that opens the session. */
  get body(): Uint8Array {
    return encode({ share: this.#share.text });
  }

  /**
   * Reads the node's answer.
   *
   * @returns The node's proved key, and the session's keys.
   * @throws {MalformedMessage} If the proof is invalid.
   */
  async accept(
    answer: Uint8Array,
    place: SessionIdentity,
  ): Promise<{ key: PublicKey; keys: SessionKeys }> {
    if (answer.length === 0) {
      throw new MalformedMessage(
        "the node has no key of its own to prove; run this version of farcall on every node",
      );
    }
    const { share, key, signature } = decode(answer);
    if (typeof share !== "string" || !isPublicKey(key) || typeof signature !== "string") {
      throw new MalformedMessage("the node's answer has no key, share and signature");
    }
    const statement = sessionStatement({
      ...place,
      callerShare: this.#share.text,
      nodeShare: share,
      key,
    });
    if (!await isSignedBy(key, signature, statement)) {
      throw new MalformedMessage(
        `the node's answer is not signed by the key that it names, ${key}`,
      );
    }
    return { key, keys: await keysOf(await this.#share.secretWith(share), statement) };
  }
}

/**
 * Answers an offer in a node's name.
 *
 * @param offer The body of the message that opened the session.
 * @returns The body of the answer, and the session's keys.
 * @throws {MalformedMessage} If it is not an offer.
 */
export async function answerOffer(
  offer: Uint8Array,
  { key, ...place }: SessionIdentity & { readonly key: SigningKey },
): Promise<{ body: Uint8Array; keys: SessionKeys }> {
  const { share: callerShare } = decode(offer);
  if (typeof callerShare !== "string") {
    throw new MalformedMessage("the caller offers no share of a key");
  }
  const share = await KeyShare.make();
  const { publicKey } = key;
  const claim = { ...place, callerShare, nodeShare: share.text, key: publicKey };
  const statement = sessionStatement(claim);
  const [signature, secret] = await Promise.all([
    key.sign(statement),
    share.secretWith(callerShare),
  ]);
  return {
    body: encode({ share: share.text, key: publicKey, signature }),
    keys: await keysOf(secret, statement),
  };
}

/** One end's share of a session's secret. */
class KeyShare {
  /** Its public half, in base64url. */
  readonly text: string;
  readonly #private: CryptoKey;

  private constructor(text: string, privateKey: CryptoKey) {
    this.text = text;
    this.#private = privateKey;
  }

  static async make(): Promise<KeyShare> {
    const pair = await crypto.subtle.generateKey("X25519", false, ["deriveBits"]) as CryptoKeyPair;
    const raw = await crypto.subtle.exportKey("raw", pair.publicKey);
    return new KeyShare(toBase64Url(new Uint8Array(raw)), pair.privateKey);
  }

  /** @throws {MalformedMessage} If the other end's share is invalid. */
  async secretWith(text: string): Promise<Uint8Array<ArrayBuffer>> {
    const raw = fromBase64Url(text);
    try {
      if (raw?.length !== shareBytes) throw new TypeError("it has not 32 bytes");
      const share = await crypto.subtle.importKey("raw", raw, "X25519", false, []);
      const algorithm = { name: "X25519", public: share };
      const bits = await crypto.subtle.deriveBits(algorithm, this.#private, 8 * shareBytes);
      return new Uint8Array(bits);
    } catch (cause) {
      throw new MalformedMessage("what the other end offers is no share of a key (X25519)", {
        cause,
      });
    }
  }
}

const shareBytes = 32;

async function keysOf(
  secret: Uint8Array<ArrayBuffer>,
  statement: Uint8Array<ArrayBuffer>,
): Promise<SessionKeys> {
  const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const salt = await crypto.subtle.digest("SHA-256", statement);
  const keyFor = (end: string): Promise<CryptoKey> => {
    const info = new TextEncoder().encode(`farcall-session-1 ${end}`);
    const derivation = { name: "HKDF", hash: "SHA-256", salt, info };
    const cipher = { name: "AES-GCM", length: 256 };
    return crypto.subtle.deriveKey(derivation, base, cipher, false, ["encrypt", "decrypt"]);
  };
  const [ofCaller, ofNode] = await Promise.all([keyFor("caller"), keyFor("node")]);
  return { ofCaller, ofNode };
}

function encode(fields: Readonly<Record<string, string>>): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(fields));
}

/** @throws {MalformedMessage} If it is not a JSON object. */
function decode(body: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // Reported below.
  }
  throw new MalformedMessage("what opens a session is no object of JSON");
}
