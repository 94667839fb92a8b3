/** What a fleet needs of a connection to NATS, as far as it is needed. */
import type { KvBucket, KvEntry, NatsConnection } from "../transport/nats/mod.ts";

/** A connection that is renewed when it breaks. */
export interface FleetLink {
  readonly connection: Pick<NatsConnection, "publish" | "subscribe" | "flush">;
  readonly isUp: boolean;
  openBucket(name: string, options?: Readonly<Record<string, unknown>>): Promise<KvBucket>;
  /** Calls back whenever it is renewed. @returns What ends that. */
  onRenewal(callback: () => void): () => void;
}

/** The bucket of a fleet; made where it is missing. */
export async function openFleetBucket(link: FleetLink, fleet: string): Promise<KvBucket> {
  return await link.openBucket(`farcall_${fleet}`, { history: 16 });
}

/** The key of the desired state. */
export const stateKey = "fleet";

/** Whether answers may go there: what is said anywhere else would be said in this node's name. */
export function isInbox(subject: string | undefined): subject is string {
  return subject !== undefined && subject.startsWith("_INBOX.");
}

/** Where entries of the store are read by their keys. */
export interface EntrySource {
  get(key: string): Promise<Pick<KvEntry, "operation" | "value"> | null>;
}

/** An entry as it was written. */
export type StoredEntry = readonly [key: string, value: Uint8Array];
