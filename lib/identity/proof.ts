/**
 * The statements that are signed to prove a key. A statement consists of lines, so that different statements never have
 * the same bytes; its first line names its purpose, so that none can be mistaken for another.
 */
import { MalformedMessage } from "../errors/mod.ts";
import { isPublicKey, type PublicKey, toBase64Url } from "./key.ts";
import { hexOf } from "./script_id.ts";

/** A caller's claim to a key on one framed connection. */
export interface ConnectionClaim {
  /** The challenge in the node's hello. */
  readonly challenge: string;
  /** The address that the caller connected to: `10.0.0.5:8181`, `[fd00::5]:8181`. */
  readonly to: string;
  /** The node's name in the caller's init.yaml; empty if it has none. */
  readonly node: string;
  /** The client that the caller names; empty if it names none. */
  readonly client: string;
  readonly key: PublicKey;
}

/** The signed bytes. @throws {MalformedMessage} If a field contains a line break. */
export function connectionStatement(claim: ConnectionClaim): Uint8Array<ArrayBuffer> {
  const { challenge, to, node, client, key } = claim;
  return statement("farcall-connection-1", [challenge, to, node, client, key]);
}

/** A relayed session between a caller and a node. */
export interface SessionClaim {
  readonly fleet: string;
  /** The node's name in its fleet. */
  readonly node: string;
  /** The subjects on which the two ends receive. */
  readonly callerSubject: string;
  readonly nodeSubject: string;
  /** Each end's share of the secret: an X25519 public key (RFC 7748) in base64url. */
  readonly callerShare: string;
  readonly nodeShare: string;
  /** The node's. */
  readonly key: PublicKey;
}

/**
 * The bytes that a node signs to prove its key to a caller. They include both shares of the session's secret, so that
 * the signature cannot be relayed.
 *
 * @throws {MalformedMessage} If a field contains a line break.
 */
export function sessionStatement(claim: SessionClaim): Uint8Array<ArrayBuffer> {
  const { fleet, node, callerSubject, nodeSubject, callerShare, nodeShare, key } = claim;
  const fields = [fleet, node, callerSubject, nodeSubject, callerShare, nodeShare, key];
  return statement("farcall-session-1", fields);
}

/**
 * A node's announcement and its place, so that it cannot be replayed elsewhere, or as the answer to another request.
 */
export interface PresenceClaim {
  readonly fleet: string;
  /** The subject on which it is published, or the key under which it is stored. */
  readonly subject: string;
  /** The lower-case hex SHA-256 of the announcement. */
  readonly hash: string;
  readonly key: PublicKey;
}

/** The signed bytes. @throws {MalformedMessage} If a field contains a line break. */
export function presenceStatement(claim: PresenceClaim): Uint8Array<ArrayBuffer> {
  const { fleet, subject, hash, key } = claim;
  return statement("farcall-presence-1", [fleet, subject, hash, key]);
}

/** The file in a node's root whose content authenticates its readers: the node's own user on its own machine. */
export const localSecretName = "deployer.secret";

/** A claim to be that user, on one framed connection. */
export interface LocalClaim {
  /** The content of the file. */
  readonly secret: string;
  /** The node's challenge for this connection. */
  readonly challenge: string;
  /** The address that the caller connected to. */
  readonly to: string;
}

/**
 * Its proof, an HMAC-SHA-256 in base64url. It cannot be relayed to another node or replayed.
 *
 * @throws {MalformedMessage} If a field contains a line break.
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

/** A deployment to one node, as its deployer signs it: tamper-proof, and valid once. */
export interface DeploymentClaim {
  /** The node's name in the manifest. */
  readonly node: string;
  /** The deployment's id, the same on all nodes. */
  readonly id: string;
  readonly deployer: string;
  /** The node's current generation, which this one replaces, if any. */
  readonly previous: { readonly number: number; readonly fileHash: string } | undefined;
  /** The generation whose manifest this restores; undefined unless it is a rollback. */
  readonly rollbackTo: number | undefined;
  /** The result of `manifestHashOf`. */
  readonly manifestHash: string;
  readonly key: PublicKey;
}

/** The signed bytes. @throws {MalformedMessage} If a field contains a line break. */
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

/** The proof in one request, outside of frames. */
export interface RequestProof {
  readonly key: PublicKey;
  readonly signature: string;
  /** The signed text: the whole request and the fields below. */
  readonly statement: Uint8Array<ArrayBuffer>;
  /** The address that the caller connects to: `10.0.0.5:8181`, `[fd00::5]:8181`. */
  readonly to: string;
  /** When it was signed, by the caller's clock, in milliseconds since the UNIX epoch. */
  readonly timeMs: number;
  /** A text that the caller has not used with this key in recent minutes. */
  readonly nonce: string;
  /** Whether the signature is valid, if it was checked while parsing the request. */
  readonly isGenuine?: boolean;
}

/** The signed part of a request in the text framing. @param value The request's JSON value. */
export function textStatement(value: string): Uint8Array<ArrayBuffer> {
  return encode(`farcall-request-1\n${value}`);
}

/** The signed part of a request in JSON-RPC. @param value The request's JSON value. */
export function jsonRpcStatement(value: string): Uint8Array<ArrayBuffer> {
  return encode(`farcall-json-rpc-1\n${value}`);
}

/** The signed parts of an HTTP request. */
export interface HttpSubject {
  readonly method: string;
  /** As in the request line: `/math/add`. */
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

/** The length of a nonce: enough to be random, short enough to be cheap. */
const nonceLengthMin = 16;
const nonceLengthMax = 64;

function statement(label: string, fields: readonly string[]): Uint8Array<ArrayBuffer> {
  if (fields.some((field) => field.includes("\n"))) {
    throw new MalformedMessage("a signed field must not contain line breaks");
  }
  return encode([label, ...fields].join("\n"));
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
}
