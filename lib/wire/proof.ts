/**
 * What is signed to prove a key. A statement is lines of text, each ended by the next, so that no two
 * statements are the same bytes; its first line says what it is about, so that none is taken for another.
 */
import { MalformedMessage } from "../errors/mod.ts";
import { type PublicKey, toBase64Url } from "./key.ts";

/** A caller's claim to a key on one framed connection. */
export interface ConnectionClaim {
  /** The node's, as it stands in its hello. */
  readonly challenge: string;
  /** The address that the caller is connected to: `10.0.0.5:8181`, `[fd00::5]:8181`. */
  readonly to: string;
  /** The node's name in the caller's init.yaml; empty where it has none. */
  readonly node: string;
  /** The name that the caller gives itself; empty where it gives none. */
  readonly client: string;
  readonly key: PublicKey;
}

/** The bytes that are signed. @throws {MalformedMessage} If a field has a line break in it. */
export function connectionStatement(claim: ConnectionClaim): Uint8Array<ArrayBuffer> {
  const { challenge, to, node, client, key } = claim;
  return statement("farcall-connection-1", [challenge, to, node, client, key]);
}

const challengeBytes = 32;

/** A challenge that nobody has seen: 32 random bytes in base64url. */
export function newChallenge(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(challengeBytes)));
}

function statement(label: string, fields: readonly string[]): Uint8Array<ArrayBuffer> {
  if (fields.some((field) => field.includes("\n"))) {
    throw new MalformedMessage("what is signed must not have line breaks in it");
  }
  return new TextEncoder().encode([label, ...fields].join("\n")) as Uint8Array<ArrayBuffer>;
}
