/** The members of a fleet: present nodes, and absent ones that were present before. */
import type { PublicKey } from "../identity/mod.ts";
import { limits } from "../limits/mod.ts";
import { randomToken } from "../transport/nats/mod.ts";
import { callerInbox, type FleetLink, nodeInbox, openFleetBucket } from "./link.ts";
import { fleetSubjects, type Presence, readPresence } from "./presence.ts";

/** A fleet, and the keys that its nodes are pinned to. */
export interface PinnedFleet {
  readonly fleet: string;
  /** By node name. Default: none. */
  readonly keys?: Readonly<Record<string, PublicKey>>;
}

/** Nodes that have answered. */
export interface Roster {
  /** By name. */
  readonly present: ReadonlyMap<string, Presence>;
  /** Programs that claim a name held by another key. */
  readonly refused: readonly RefusedPresence[];
}

/** A program that is not accepted as the node it claims to be. */
export interface RefusedPresence {
  readonly presence: Presence;
  /** The key that holds the name. */
  readonly holder: PublicKey;
  /** Whether init.yaml pins that key; otherwise its holder joined first. */
  readonly isPinned: boolean;
}

/**
 * Asks which nodes are present, and waits until answers stop arriving.
 *
 * @param isEnough Ends the wait early if it returns true. Default: never.
 */
export async function readRoster(
  link: FleetLink,
  { fleet, keys = {}, root, isEnough = () => false }: PinnedFleet & {
    /** The prefix of the fleet's subjects. */
    readonly root: string;
    isEnough?(count: number): boolean;
  },
): Promise<Roster> {
  const answers: Uint8Array[] = [];
  const { rosterFirstMs, rosterQuietMs, rosterQuietMaxMs, rosterMaxMs, nodesMax } = limits.fleet;
  const { promise, resolve } = Promise.withResolvers<void>();
  const askedMs = performance.now();
  let quiet = setTimeout(resolve, rosterFirstMs);
  const all = setTimeout(resolve, rosterMaxMs);
  const inbox = `${callerInbox}.${randomToken()}`;
  const subscription = link.connection.subscribe(inbox, {
    callback: (error, message) => {
      // The server's own answer: there are no subscribers.
      if (message?.headers?.code === 503) return resolve();
      const isAnswer = error === null && message.data.length > 0 &&
        message.data.length <= limits.fleet.presenceBytesMax;
      if (!isAnswer || answers.length >= nodesMax) return;
      answers.push(message.data.slice());
      clearTimeout(quiet);
      // If answers are slow, the next one will be, too.
      const tookMs = performance.now() - askedMs;
      const quietMs = Math.min(rosterQuietMaxMs, Math.max(rosterQuietMs, tookMs));
      quiet = setTimeout(resolve, quietMs);
      if (isEnough(answers.length)) resolve();
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
  // Signatures are checked after the last answer, because checking takes longer than the pauses between answers.
  const read = await Promise.all(
    answers.map((bytes) => readPresence(bytes, { fleet, subject: inbox })),
  );
  return rosterOf(read.filter((each) => each !== undefined), keys);
}

/** Among several claimants of a name, the pinned key holds it; otherwise the first to join. Pure. */
export function rosterOf(
  answers: readonly Presence[],
  keys: Readonly<Record<string, PublicKey>>,
): Roster {
  const present = new Map<string, Presence>();
  const refused: RefusedPresence[] = [];
  const ordered = answers.filter(({ isLeaving }) => !isLeaving)
    .sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : a.sinceMs - b.sinceMs);
  for (const presence of ordered) {
    const { name, key } = presence;
    const pin = Object.hasOwn(keys, name) ? keys[name] : undefined;
    const holder = pin ?? present.get(name)?.key ?? key;
    if (key === holder) present.set(name, present.get(name) ?? presence);
    else refused.push({ presence, holder, isPinned: pin !== undefined });
  }
  return { present, refused };
}

/** The node that holds a name now, if one answers. */
export async function holderOf(
  link: FleetLink,
  { fleet, root, name }: {
    readonly fleet: string;
    readonly root: string;
    readonly name: string;
  },
): Promise<Presence | undefined> {
  const subject = `${nodeInbox(name)}.${randomToken()}`;
  const { promise, resolve } = Promise.withResolvers<Presence | undefined>();
  const late = setTimeout(() => resolve(undefined), limits.fleet.holderMs);
  const subscription = link.connection.subscribe(subject, {
    callback: async (error, message) => {
      // Without subscribers, the server itself answers, with an empty body.
      if (error !== null || message.data.length === 0) return resolve(undefined);
      const presence = await readPresence(message.data, { fleet, subject });
      if (presence?.name === name) resolve(presence);
    },
  });
  try {
    link.connection.publish(fleetSubjects(root).whoIs(name), "", { reply: subject });
    return await promise;
  } finally {
    clearTimeout(late);
    subscription.unsubscribe();
  }
}

/** An absent node, and when it was last heard. */
export interface Absence {
  readonly presence: Presence;
  /** In milliseconds since the UNIX epoch, by the server's clock; within a minute. */
  readonly lastMs: number;
}

/** Absent nodes that were present before, by name. */
export async function readAbsences(
  link: FleetLink,
  { fleet, keys = {}, present }: PinnedFleet & {
    readonly present: ReadonlyMap<string, Presence>;
  },
): Promise<Absence[]> {
  const bucket = await openFleetBucket(link, fleet);
  const absences: Absence[] = [];
  for await (const key of await bucket.keys("node.>")) {
    const entry = await bucket.get(key);
    if (entry?.operation !== "PUT") continue;
    const presence = await readPresence(entry.value, { fleet, subject: key });
    if (presence === undefined || present.has(presence.name)) continue;
    const pin = Object.hasOwn(keys, presence.name) ? keys[presence.name] : undefined;
    if (pin !== undefined && pin !== presence.key) continue;
    absences.push({ presence, lastMs: entry.created.getTime() });
  }
  return absences.sort((a, b) => a.presence.name < b.presence.name ? -1 : 1);
}
