/** The subjects on which a fleet's sessions are opened and carried. */

import { fleetForm, fleetPattern } from "../../identity/nats_address.ts";

/** A name as one token of a subject: dots separate tokens, and no name contains a slash. */
export function tokenOf(name: string): string {
  return name.replaceAll(".", "/");
}

/** The subjects of one fleet. */
export class FleetSubjects {
  readonly root: string;

  /** @throws {TypeError} If the fleet's name cannot be part of a subject. */
  constructor(readonly fleet: string) {
    if (!fleetPattern.test(fleet)) {
      throw new TypeError(`"${fleet}" is not a fleet's name (${fleetForm})`);
    }
    this.root = `farcall.v1.${fleet}`;
  }

  /** The subject for requesting sessions with a node. */
  open(node: string): string {
    return `${this.root}.open.${tokenOf(node)}`;
  }

  /** A node's subject for its sessions, each on a token below. */
  node(node: string): string {
    return `${this.root}.s.${tokenOf(node)}`;
  }

  /** A client program's subject for its sessions, each on a token below. */
  caller(client: string | undefined): string {
    return `${this.root}.c.${tokenOf(client ?? anonymous)}.${randomToken()}`;
  }

  /** The client that a caller's subject names; undefined if it is not a caller's subject of this fleet. */
  clientOf(subject: string): string | undefined {
    const prefix = `${this.root}.c.`;
    if (!subject.startsWith(prefix) || subject.length > subjectLengthMax) return undefined;
    const tokens = subject.slice(prefix.length).split(".");
    return tokens.length === 3 && tokens.every((token) => /^[\w/-]+$/.test(token))
      ? tokens[0]
      : undefined;
  }
}

/** Stands for callers without a client name; no client can have this name. */
const anonymous = "-";

const subjectLengthMax = 512;

/** An unguessable token. */
export function randomToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
