/**
 * The desired state of a fleet as it is signed: a number, the hash of the state before, and the hash of the content.
 * A key that may deploy vouches for it once, for nodes that are there and for those that come later.
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

/** What is signed. */
export interface UnsignedState {
  readonly fleet: string;
  /** 1 for the first; one more for each after it. */
  readonly number: number;
  /** The hash of the state before, see {@linkcode stateHashOf}; empty for the first of a history. */
  readonly previous: string;
  readonly deployment: DeploymentInfo;
  /** The lower-case hex SHA-256 of the content. */
  readonly content: string;
}

/** The desired state as it lies in the store. */
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

/** Whether the key that a state names has signed it, and exactly this. */
export async function isWellSigned(state: SignedState): Promise<boolean> {
  return await isSignedBy(state.key, state.signature, statementOf(state, state.key));
}

/** The hash by which the next state names this one. */
export async function stateHashOf(state: SignedState): Promise<string> {
  return await scriptIdOf(statementOf(state, state.key));
}

/** As it lies in the store. */
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
      `what lies in NATS as the desired state of the fleet "${fleet}" is none of this version; run init again`,
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

/** A list of fields as JSON: no field can be mistaken for part of another. */
function statementOf(
  { fleet, number, previous, deployment: { id, deployer, rollbackTo }, content }: UnsignedState,
  key: PublicKey,
): Uint8Array<ArrayBuffer> {
  const fields = [fleet, number, previous, id, deployer, rollbackTo ?? null, content, key];
  return new TextEncoder().encode(`farcall fleet state 1\n${JSON.stringify(fields)}`) as Uint8Array<
    ArrayBuffer
  >;
}
