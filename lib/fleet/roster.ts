/** The members of a fleet: nodes that answer now, and those that were present before. */
import type { PublicKey } from "../identity/mod.ts";
import { limits } from "../limits/mod.ts";
import { randomToken } from "../transport/nats/mod.ts";
import { callerInbox, type FleetLink, nodeInbox, openFleetBucket } from "./link.ts";
import { fleetSubjects, type Presence, readPresence } from "./presence.ts";

/** A fleet, and the keys that its nodes are pinned to. */
export interface PinnedFleet {
  readonly fleet: string;
  /** By the nodes' names. Default: none. */
  readonly keys?: Readonly<Record<string, PublicKey>>;
}

/** Nodes that have answered. */
export interface Roster {
  /** By name. */
  readonly present: ReadonlyMap<string, Presence>;
  /** Programs that claim a name which another key holds. */
  readonly refused: readonly RefusedPresence[];
}

/** A program that is not taken for the node that it says it is. */
export interface RefusedPresence {
  readonly presence: Presence;
  /** The key that holds the name. */
  readonly holder: PublicKey;
  /** Whether init.yaml says so; else the other one has come first. */
  readonly isPinned: boolean;
}

/**
 * Asks which nodes are present, and waits until answers stop coming.
 *
 * @param isEnough Ends it at once when so many have answered. Default: it never does.
 */
export async function readRoster(
  link: FleetLink,
  { fleet, keys = {}, root, isEnough = () => false }: PinnedFleet & {
    /** What the fleet's subjects begin with. */
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
      // The server's own answer: nobody is there.
      if (message?.headers?.code === 503) return resolve();
      const isAnswer = error === null && message.data.length > 0 &&
        message.data.length <= limits.fleet.presenceBytesMax;
      if (!isAnswer || answers.length >= nodesMax) return;
      answers.push(message.data.slice());
      clearTimeout(quiet);
      // Where answers are slow, the next one is slow, too.
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
  // Signatures are checked when the last has come: that takes longer than the pauses between answers.
  const read = await Promise.all(
    answers.map((bytes) => readPresence(bytes, { fleet, subject: inbox })),
  );
  return rosterOf(read.filter((each) => each !== undefined), keys);
}

/** Of several that claim a name, the pinned one holds it; else the one that came first. Pure. */
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
      // The server answers itself, without a body, where nobody subscribes.
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

/** A node that does not answer, and when it was heard last. */
export interface Absence {
  readonly presence: Presence;
  /** In milliseconds since the UNIX epoch, by the server's clock; within a minute. */
  readonly lastMs: number;
}

/** Nodes that were there once and are not now, by name. */
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
