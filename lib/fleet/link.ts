/** A fleet's connection to NATS. */
import { DeployRejected, messageOf } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { tokenOf } from "../transport/nats/mod.ts";
import type { KvBucket, KvEntry, NatsConnection } from "../transport/nats/mod.ts";

/** A connection that reconnects when it breaks. */
export interface FleetLink {
  readonly connection: Pick<NatsConnection, "publish" | "subscribe" | "flush" | "info">;
  readonly isUp: boolean;
  openBucket(name: string, options?: Readonly<Record<string, unknown>>): Promise<KvBucket>;
  /** Calls back after each reconnect. @returns Unsubscribes. */
  onRenewal(callback: () => void): () => void;
}

/** Opens the fleet's bucket, which a deployer has created. */
export async function openFleetBucket(link: FleetLink, fleet: string): Promise<KvBucket> {
  return await link.openBucket(bucketOf(fleet));
}

/** As {@linkcode openFleetBucket}, for deployers: creates it if missing. @throws {DeployRejected} If that fails. */
export async function makeFleetBucket(link: FleetLink, fleet: string): Promise<KvBucket> {
  try {
    return await link.openBucket(bucketOf(fleet), { history: limits.fleet.statesKept });
  } catch (cause) {
    throw new DeployRejected(whyNoStore(link, fleet, cause), { cause });
  }
}

function bucketOf(fleet: string): string {
  return `farcall_${fleet}`;
}

/** Whether the server has a store, as far as known. */
export function hasStore({ connection: { info } }: FleetLink): boolean {
  return info === undefined || info.jetstream === true;
}

/** Whether an error means that the fleet's bucket is missing. */
export function isWithoutBucket(link: FleetLink, error: unknown): boolean {
  const name = error instanceof Error ? error.name : "";
  return hasStore(link) &&
    ["TimeoutError", "StreamNotFoundError", "JetStreamNotEnabled"].includes(name);
}

/** Why the store failed, and the remedy. */
export function whyNoStore(link: FleetLink, fleet: string, error: unknown): string {
  const said = messageOf(error);
  if (!hasStore(link)) {
    return "the NATS server has no JetStream, which keeps the desired state: start it with -js, and a folder with -sd";
  }
  const isRefused = [error, error instanceof Error ? error.cause : undefined]
    .some((each) => each instanceof Error && each.name === "PermissionViolationError");
  if (isRefused) {
    return `NATS does not let this program use the fleet's store (${said}); see the permissions in docs/fleet.md`;
  }
  if (/insufficient resources|maximum (?:bytes|messages)|no space/i.test(said)) {
    return `NATS has no room for the desired state (${said}): give JetStream more (max_file_store, or the account's limits)`;
  }
  if (isWithoutBucket(link, error)) {
    return `NATS does not answer for the fleet's bucket ${
      bucketOf(fleet)
    } (${said}): if it was deleted, farcall init ` +
      "recreates it";
  }
  return `the fleet's store in NATS has failed: ${said}`;
}

/** The key of the desired state. */
export const stateKey = "fleet";

/** Whether a reply subject is acceptable: a message anywhere else would appear to be this node's own. */
export function isInbox(subject: string | undefined): subject is string {
  return subject !== undefined && subject.startsWith("_INBOX.");
}

/** The prefix of reply subjects of callers and deployers. */
export const callerInbox = "_INBOX.caller";

/** The prefix of a node's reply subjects, which others must not read. */
export function nodeInbox(node: string): string {
  return `_INBOX.node.${tokenOf(node)}`;
}

/** Reads the store's entries by key. */
export interface EntrySource {
  get(key: string): Promise<Pick<KvEntry, "operation" | "value"> | null>;
}

/** A stored entry. */
export type StoredEntry = readonly [key: string, value: Uint8Array];
