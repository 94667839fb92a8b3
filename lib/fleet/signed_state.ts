/**
 * The signed desired state of a fleet: a number, the hash of its predecessor, and the hash of the content. A deploy key
 * signs it once, for present nodes and for those that join later.
 */
import { DeployRejected } from "../errors/mod.ts";
import { isCount, isObject } from "../encoding/mod.ts";
import {
  isPublicKey,
  isSignedBy,
  type PublicKey,
  scriptIdOf,
  type SigningKey,
} from "../identity/mod.ts";
import { limits } from "../limits/mod.ts";
import { type DeploymentInfo, isDeploymentInfo } from "../manifest/mod.ts";

/** The signed part. */
export interface UnsignedState {
  readonly fleet: string;
  /** 1 for the first; one more for each after it. */
  readonly number: number;
  /** The hash of its predecessor, see {@linkcode stateHashOf}; empty for the first of a history. */
  readonly previous: string;
  readonly deployment: DeploymentInfo;
  /** The lower-case hex SHA-256 of the content. */
  readonly content: string;
}

/** The stored form of a desired state. */
export interface SignedState extends UnsignedState {
  readonly key: PublicKey;
  /** In base64url, over {@linkcode statementOf}. */
  readonly signature: string;
}

/** Signs a state. */
export async function signState(key: SigningKey, state: UnsignedState): Promise<SignedState> {
  const { publicKey } = key;
  return { ...state, key: publicKey, signature: await key.sign(statementOf(state, publicKey)) };
}

/** Whether a state's signature by its key is valid. */
export async function isWellSigned(state: SignedState): Promise<boolean> {
  return await isSignedBy(state.key, state.signature, statementOf(state, state.key));
}

/** The hash by which its successor refers to it. */
export async function stateHashOf(state: SignedState): Promise<string> {
  return await scriptIdOf(statementOf(state, state.key));
}

/** Encodes a state. */
export function encodeState(state: SignedState): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(state)) as Uint8Array<ArrayBuffer>;
}

/** Parses a stored state. @throws {DeployRejected} If it is not a state of this fleet. */
export function parseState(bytes: Uint8Array, fleet: string): SignedState {
  const value = readJson(bytes);
  const isState = isObject(value) && value.fleet === fleet && isCount(value.number) &&
    (value.number as number) > 0 && isHash(value.content) &&
    (value.previous === "" || (value.number as number) > 1 && isHash(value.previous)) &&
    (value.number as number) <= limits.fleet.stateMax &&
    isDeploymentInfo(value.deployment) && isPublicKey(value.key) &&
    typeof value.signature === "string";
  if (!isState) {
    throw new DeployRejected(
      `the desired state of the fleet "${fleet}" in NATS is not of this version; run init again`,
    );
  }
  const { number, previous, deployment, content, key, signature } = value as unknown as SignedState;
  return { fleet, number, previous, deployment, content, key, signature };
}

/** Parsed JSON; undefined if it is not JSON. */
export function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function isHash(value: unknown): boolean {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

/** Fields as JSON, so that no field can be mistaken for part of another. */
function statementOf(
  { fleet, number, previous, deployment: { id, deployer, rollbackTo }, content }: UnsignedState,
  key: PublicKey,
): Uint8Array<ArrayBuffer> {
  const fields = [fleet, number, previous, id, deployer, rollbackTo ?? null, content, key];
  return new TextEncoder().encode(`farcall fleet state 1\n${JSON.stringify(fields)}`) as Uint8Array<
    ArrayBuffer
  >;
}
