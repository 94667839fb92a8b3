/**
 * Presence: a node's announcement, signed with its key. The signature covers its subject, so that it cannot be replayed
 * elsewhere, or as the answer to another request.
 */
import { isCount, isObject } from "../encoding/mod.ts";
import {
  isPublicKey,
  isSignedBy,
  presenceStatement,
  type PublicKey,
  scriptIdOf,
  type SigningKey,
} from "../identity/mod.ts";
import { limits } from "../limits/mod.ts";
import { isLabel } from "../manifest/mod.ts";
import { tokenOf } from "../transport/nats/mod.ts";
import { readJson } from "./signed_state.ts";

/** A node's announcement. */
export interface PresenceFacts {
  readonly name: string;
  /** A random id of its process. */
  readonly id: string;
  readonly labels: readonly string[];
  /** The `HOST:PORT`s at which it also listens; empty if it is reached only through NATS. */
  readonly addresses: readonly string[];
  /** The generation that it serves; 0 if none. */
  readonly generation: number;
  /** The number of the desired state that it has reached; 0 if none. */
  readonly state: number;
  /** The hash of that state; left out if none. */
  readonly stateHash?: string;
  /** Calls in flight. */
  readonly load: number;
  /** When it joined, by its clock, in milliseconds since the UNIX epoch. */
  readonly sinceMs: number;
  /** Why it cannot reach the desired state, or another problem of its membership. */
  readonly problem?: string;
  /** Its last announcement before leaving. */
  readonly isLeaving?: true;
}

/** An announcement with its signer. */
export interface Presence extends PresenceFacts {
  /** The node's key, which signed it. */
  readonly key: PublicKey;
  /** When it was signed, by the node's clock, in milliseconds since the UNIX epoch: older ones are replays. */
  readonly saidMs: number;
}

/** Where an announcement is valid: its fleet, and its subject or key in the store. */
export interface PresenceSubject {
  readonly fleet: string;
  readonly subject: string;
}

/** Encodes and signs an announcement. */
export async function signPresence(
  facts: PresenceFacts,
  { key, fleet, subject }: PresenceSubject & { readonly key: SigningKey },
): Promise<Uint8Array<ArrayBuffer>> {
  const problem = facts.problem?.slice(0, limits.fleet.problemLengthMax);
  const said = JSON.stringify({ ...facts, problem, saidMs: Date.now() });
  const { publicKey } = key;
  const claim = { fleet, subject, hash: await hashOf(said), key: publicKey };
  const signature = await key.sign(presenceStatement(claim));
  return encode(JSON.stringify({ said, key: publicKey, signature }));
}

/** Reads an announcement; undefined if it is malformed, or not signed by the key that it names. */
export async function readPresence(
  bytes: Uint8Array,
  { fleet, subject }: PresenceSubject,
): Promise<Presence | undefined> {
  const value = bytes.length > limits.fleet.presenceBytesMax ? undefined : readJson(bytes);
  if (!isObject(value)) return undefined;
  const { said, key, signature } = value;
  if (typeof said !== "string" || !isPublicKey(key) || typeof signature !== "string") {
    return undefined;
  }
  const claim = { fleet, subject, hash: await hashOf(said), key };
  if (!await isSignedBy(key, signature, presenceStatement(claim))) return undefined;
  const facts = factsIn(said);
  return facts && { ...facts, key };
}

function factsIn(text: string): Omit<Presence, "key"> | undefined {
  const value = readJson(encode(text));
  if (!isObject(value)) return undefined;
  const { name, id, labels, addresses, generation, state, stateHash } = value;
  const { load, sinceMs, saidMs, problem, isLeaving } = value;
  const isGood = isName(name) && isName(id) &&
    Array.isArray(labels) && labels.length <= limits.fleet.labelsMax && labels.every(isLabel) &&
    Array.isArray(addresses) && addresses.every((each: unknown) => typeof each === "string") &&
    isCount(generation) && isCount(state) &&
    (state as number) <= limits.fleet.stateMax && isCount(load) && isCount(sinceMs) &&
    isCount(saidMs) &&
    (stateHash === undefined || typeof stateHash === "string") &&
    (problem === undefined || typeof problem === "string") &&
    (isLeaving === undefined || isLeaving === true);
  if (!isGood) return undefined;
  return {
    name,
    id,
    labels,
    addresses,
    generation,
    state,
    load,
    sinceMs,
    saidMs,
    ...(stateHash !== undefined && { stateHash: stateHash as string }),
    ...(problem !== undefined && { problem: problem as string }),
    ...(isLeaving && { isLeaving }),
  };
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= limits.nameLengthMax;
}

function hashOf(text: string): Promise<string> {
  return scriptIdOf(encode(text));
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
}

/** The subjects of presence and desired state, below the fleet's root. */
export function fleetSubjects(root: string): {
  /** Asks all nodes for their presence. */
  readonly who: string;
  /** Announces a desired state. */
  readonly poke: string;
  /** Asks the node of that name. */
  whoIs(name: string): string;
  /** Where the node of that name announces itself. */
  here(name: string): string;
} {
  return {
    who: `${root}.who`,
    poke: `${root}.poke`,
    whoIs: (name) => `${root}.who.${tokenOf(name)}`,
    here: (name) => `${root}.here.${tokenOf(name)}`,
  };
}

/** The store's key of a node's last announcement. */
export function keptKeyOf(name: string): string {
  return `node.${tokenOf(name)}`;
}
