/** Who is in a fleet: nodes that answer now, and those that were there before. */
import { limits } from "../limits/mod.ts";
import { randomToken } from "../transport/nats/mod.ts";
import { type FleetLink, openFleetBucket } from "./link.ts";
import { fleetSubjects, parsePresence, type Presence } from "./presence.ts";

/**
 * Asks who is there, and waits until answers stop coming.
 *
 * @param isEnough Ends it at once when enough have answered. Default: it never does.
 * @returns The nodes that have answered, by name.
 */
export async function readRoster(
  link: FleetLink,
  { root, isEnough = () => false }: {
    /** What the fleet's subjects begin with. */
    readonly root: string;
    isEnough?(present: ReadonlyMap<string, Presence>): boolean;
  },
): Promise<ReadonlyMap<string, Presence>> {
  const present = new Map<string, Presence>();
  const { rosterQuietMs, rosterMaxMs, nodesMax } = limits.fleet;
  const { promise, resolve } = Promise.withResolvers<void>();
  let quiet = setTimeout(resolve, 2 * rosterQuietMs);
  const all = setTimeout(resolve, rosterMaxMs);
  const inbox = `_INBOX.${randomToken()}`;
  const subscription = link.connection.subscribe(inbox, {
    callback: (error, message) => {
      const presence = error === null ? parsePresence(message.data) : undefined;
      if (presence === undefined || presence.isLeaving || present.size >= nodesMax) return;
      present.set(presence.name, presence);
      clearTimeout(quiet);
      quiet = setTimeout(resolve, rosterQuietMs);
      if (isEnough(present)) resolve();
    },
  });
  try {
    link.connection.publish(fleetSubjects(root).who, "", { reply: inbox });
    await promise;
  } finally {
    clearTimeout(quiet);
    clearTimeout(all);
    subscription.unsubscribe();
  }
  return new Map([...present].sort(([a], [b]) => a < b ? -1 : 1));
}

/** A node that does not answer, and when it was heard last. */
export interface Absence {
  readonly presence: Presence;
  /** In milliseconds since the UNIX epoch, by the server's clock; within a minute. */
  readonly lastMs: number;
}

/** Nodes that were there once and are not now, by name. */
export async function readAbsences(
  link: FleetLink,
  { fleet, present }: {
    readonly fleet: string;
    readonly present: ReadonlyMap<string, Presence>;
  },
): Promise<Absence[]> {
  const bucket = await openFleetBucket(link, fleet);
  const absences: Absence[] = [];
  for await (const key of await bucket.keys("node.>")) {
    const entry = await bucket.get(key);
    const presence = entry?.operation === "PUT" ? parsePresence(entry.value) : undefined;
    if (presence === undefined || present.has(presence.name)) continue;
    absences.push({ presence, lastMs: entry!.created.getTime() });
  }
  return absences.sort((a, b) => a.presence.name < b.presence.name ? -1 : 1);
}
