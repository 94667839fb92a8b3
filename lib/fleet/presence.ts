/** Presence: what a node says of itself on its fleet's subject, and what everybody hears there. */
import { isCount, isObject } from "../encoding/mod.ts";
import { limits } from "../limits/mod.ts";
import { isLabel } from "../manifest/mod.ts";
import { readJson } from "./signed_state.ts";

/** What a node says of itself. */
export interface Presence {
  readonly name: string;
  readonly labels: readonly string[];
  /** `HOST:PORT` where it also listens; empty where it is reached through NATS alone. */
  readonly addresses: readonly string[];
  /** The generation that it serves; 0 where it has none. */
  readonly generation: number;
  /** The number of the desired state that it has reached; 0 where it has reached none. */
  readonly state: number;
  /** Calls in flight. */
  readonly load: number;
  /** When it came, in milliseconds since the UNIX epoch, by its clock. */
  readonly sinceMs: number;
  /** Why it cannot reach the desired state. */
  readonly problem?: string;
  /** It leaves: this is the last that is heard of it. */
  readonly isLeaving?: true;
}

/** As it is sent. */
export function encodePresence(presence: Presence): Uint8Array<ArrayBuffer> {
  const problem = presence.problem?.slice(0, limits.exceptionMessageLengthMax);
  return new TextEncoder().encode(JSON.stringify({ ...presence, problem })) as Uint8Array<
    ArrayBuffer
  >;
}

/** Reads what was sent; undefined where it is none. */
export function parsePresence(bytes: Uint8Array): Presence | undefined {
  const value = bytes.length > limits.fleet.presenceBytesMax ? undefined : readJson(bytes);
  if (!isObject(value)) return undefined;
  const { name, labels, addresses, generation, state, load, sinceMs, problem, isLeaving } = value;
  const isGood = typeof name === "string" && name !== "" && name.length <= limits.nameLengthMax &&
    Array.isArray(labels) && labels.length <= limits.fleet.labelsMax && labels.every(isLabel) &&
    Array.isArray(addresses) && addresses.every((each: unknown) => typeof each === "string") &&
    isCount(generation) && isCount(state) && isCount(load) && isCount(sinceMs) &&
    (problem === undefined || typeof problem === "string") &&
    (isLeaving === undefined || isLeaving === true);
  if (!isGood) return undefined;
  return {
    name,
    labels,
    addresses,
    generation,
    state,
    load,
    sinceMs,
    ...(problem !== undefined && { problem: problem as string }),
    ...(isLeaving && { isLeaving }),
  };
}

/** The subjects of presence and desired state, below the fleet's root. */
export function fleetSubjects(root: string): {
  readonly here: string;
  readonly who: string;
  readonly poke: string;
} {
  return { here: `${root}.here`, who: `${root}.who`, poke: `${root}.poke` };
}
