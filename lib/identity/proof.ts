/**
 * The statement that is signed to prove a key. A statement is lines of text, each ended by the next, so that no two
 * statements are the same bytes; its first line says what it is about, so that none is taken for another.
 */
import { MalformedMessage } from "../errors/mod.ts";
import { isPublicKey, type PublicKey, toBase64Url } from "./key.ts";
import { hexOf } from "./script_id.ts";

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

/** One session between a caller and a node that others relay. */
export interface SessionClaim {
  readonly fleet: string;
  /** The node's name in its fleet. */
  readonly node: string;
  /** Where either end hears the other. */
  readonly callerSubject: string;
  readonly nodeSubject: string;
  /** What either end contributes to their secret: a public key of X25519 (RFC 7748) in base64url. */
  readonly callerShare: string;
  readonly nodeShare: string;
  /** The node's. */
  readonly key: PublicKey;
}

/**
 * The bytes that a node signs to prove its key to a caller: they name what the session's secret is made of, so that the
 * signature is worth nothing to anybody who relays it.
 *
 * @throws {MalformedMessage} If a field has a line break in it.
 */
export function sessionStatement(claim: SessionClaim): Uint8Array<ArrayBuffer> {
  const { fleet, node, callerSubject, nodeSubject, callerShare, nodeShare, key } = claim;
  const fields = [fleet, node, callerSubject, nodeSubject, callerShare, nodeShare, key];
  return statement("farcall-session-1", fields);
}

/** What a node says of itself, and where: it cannot be shown again elsewhere, or as an answer to another question. */
export interface PresenceClaim {
  readonly fleet: string;
  /** The subject on which it is said, or the key under which it is stored. */
  readonly subject: string;
  /** The lower-case hex SHA-256 of what is said. */
  readonly hash: string;
  readonly key: PublicKey;
}

/** The bytes that are signed. @throws {MalformedMessage} If a field has a line break in it. */
export function presenceStatement(claim: PresenceClaim): Uint8Array<ArrayBuffer> {
  const { fleet, subject, hash, key } = claim;
  return statement("farcall-presence-1", [fleet, subject, hash, key]);
}

/** The file in a node's root whose content proves its readers: the node's own user, on its own machine. */
export const localSecretName = "deployer.secret";

/** The claim to be that user, on one framed connection. */
export interface LocalClaim {
  /** What stands in the file. */
  readonly secret: string;
  /** The node's, for this connection. */
  readonly challenge: string;
  /** The address that the caller is connected to. */
  readonly to: string;
}

/**
 * Its proof, an HMAC with SHA-256 in base64url: worth nothing to anybody who relays it to another node, or shows it
 * again.
 *
 * @throws {MalformedMessage} If a field has a line break in it.
 */
export async function localProof({ secret, challenge, to }: LocalClaim): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encode(secret), algorithm, false, ["sign"]);
  const proof = await crypto.subtle.sign(
    "HMAC",
    key,
    statement("farcall-local-1", [challenge, to]),
  );
  return toBase64Url(new Uint8Array(proof));
}

/** What a deployer signs of a deployment to one node: nothing of it can be changed, or used again. */
export interface DeploymentClaim {
  /** The node's name in the manifest. */
  readonly node: string;
  /** The deployment's, the same on all nodes. */
  readonly id: string;
  readonly deployer: string;
  /** The generation that the node runs and that this replaces, if any. */
  readonly previous: { readonly number: number; readonly fileHash: string } | undefined;
  /** The generation whose manifest this restores; undefined unless it is a rollback. */
  readonly rollbackTo: number | undefined;
  /** As `manifestHashOf` computes it. */
  readonly manifestHash: string;
  readonly key: PublicKey;
}

/** The bytes that are signed. @throws {MalformedMessage} If a field has a line break in it. */
export function deploymentStatement(claim: DeploymentClaim): Uint8Array<ArrayBuffer> {
  const { node, id, deployer, previous, rollbackTo, manifestHash, key } = claim;
  const replaced = [`${previous?.number ?? 0}`, previous?.fileHash ?? ""];
  const fields = [node, id, deployer, ...replaced, `${rollbackTo ?? ""}`, manifestHash, key];
  return statement("farcall-deployment-1", fields);
}

const challengeBytes = 32;

/** A fresh challenge: 32 random bytes in base64url. */
export function newChallenge(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(challengeBytes)));
}

/** The proof that comes with one request, outside of frames. */
export interface RequestProof {
  readonly key: PublicKey;
  readonly signature: string;
  /** What is signed: the whole request, with what follows. */
  readonly statement: Uint8Array<ArrayBuffer>;
  /** The address that the caller connects to: `10.0.0.5:8181`, `[fd00::5]:8181`. */
  readonly to: string;
  /** When it was signed, by the caller's clock: milliseconds since the UNIX epoch. */
  readonly timeMs: number;
  /** A text that the caller has not used with this key for some minutes. */
  readonly nonce: string;
  /** Whether the signature is right, where that was looked at when the request was read. */
  readonly isGenuine?: boolean;
}

/** What is signed of a request in the text framing. @param value Its value, as it stands in the request. */
export function textStatement(value: string): Uint8Array<ArrayBuffer> {
  return encode(`farcall-request-1\n${value}`);
}

/** What is signed of a request in JSON-RPC. @param value The request, as it stands in what is sent. */
export function jsonRpcStatement(value: string): Uint8Array<ArrayBuffer> {
  return encode(`farcall-json-rpc-1\n${value}`);
}

/** What an HTTP request is, besides its proof. */
export interface HttpSubject {
  readonly method: string;
  /** As it stands in the request: `/math/add`. */
  readonly target: string;
  /** The field `farcall-client`, if any. */
  readonly client: string | undefined;
  readonly body: Uint8Array;
}

/**
 * Reads the field `farcall-proof` of an HTTP request: `key=…; to=…; time=…; nonce=…; signature=…`.
 *
 * @throws {MalformedMessage} If it is not one.
 */
export async function httpProof(field: string, subject: HttpSubject): Promise<RequestProof> {
  const parts = new Map<string, string>();
  for (const part of field.split(";")) {
    const [, name, value = ""] = /^\s*(\w+)=(\S*)\s*$/.exec(part) ?? [];
    if (name === undefined || parts.has(name)) throw new MalformedMessage(httpProofForm);
    parts.set(name, value);
  }
  const [key = "", to = "", time = "", nonce = "", signature = ""] = httpProofParts.map((name) =>
    parts.get(name) ?? ""
  );
  if (!isPublicKey(key) || !/^\d{1,15}$/.test(time)) throw new MalformedMessage(httpProofForm);
  checkNonce(nonce);
  const { method, target, client = "", body } = subject;
  const digest = await crypto.subtle.digest("SHA-256", body.slice());
  const hash = hexOf(new Uint8Array(digest));
  const fields = [to, time, nonce, `${method} ${target}`, client, hash];
  const bytes = statement("farcall-http-1", fields);
  return { key, signature, statement: bytes, to, timeMs: Number(time), nonce };
}

const httpProofParts = ["key", "to", "time", "nonce", "signature"];
const httpProofForm = '"farcall-proof" must be "key=…; to=…; time=…; nonce=…; signature=…"; see ' +
  "docs/protocol.md";

/** @throws {MalformedMessage} If it is not one. */
export function checkNonce(nonce: string): void {
  if (nonce.length >= nonceLengthMin && nonce.length <= nonceLengthMax) return;
  throw new MalformedMessage(
    `"nonce" must have ${nonceLengthMin} to ${nonceLengthMax} characters, got ${nonce.length}`,
  );
}

/** Characters of a nonce: enough to be random, few enough to be read. */
const nonceLengthMin = 16;
const nonceLengthMax = 64;

function statement(label: string, fields: readonly string[]): Uint8Array<ArrayBuffer> {
  if (fields.some((field) => field.includes("\n"))) {
    throw new MalformedMessage("what is signed must not have line breaks in it");
  }
  return encode([label, ...fields].join("\n"));
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
}
