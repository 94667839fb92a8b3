/** The connections of a node: admission, and eviction at the limit. */
import type { Limits } from "../limits/mod.ts";
import { addressGroup } from "../identity/mod.ts";
import { LinkedList, type ListLink } from "./linked_list.ts";

/** A connection, as far as it matters whether it may stay. */
export interface Guest {
  /** Where it comes from. */
  readonly host: string;
  /** Whether it has asked for something and may be a client. */
  readonly isKnown: boolean;
  /** How many steps it has taken that come before its first request: the handshake of TLS, the hello of frames. */
  readonly progress: number;
  /** Whether it is asking for nothing, and is owed nothing. */
  readonly isIdle: boolean;
  /** When it last asked for something, on the clock of `performance.now()`. */
  readonly usedMs: number;
  /** Bytes of messages that are not complete. */
  readonly pendingBytes: number;
  /** Tells it goodbye, where its framing has a word for that; it then leaves. @returns Whether it was told. */
  sayGoodbye(reason: string): boolean;
  /** Ends it at once, without a word. */
  close(): void;
}

/** What comes from one address: an IPv4 address, or a network of IPv6 as one customer gets it. */
interface Group {
  readonly key: string;
  knownCount: number;
  /** Those that were not known when they were last looked at, the oldest first. */
  readonly strangers: LinkedList<Visit>;
}

/** A connection's stay. */
export interface Stay {
  /** Why there is no place for it, and what to do; undefined where there is. */
  readonly refusal: string | undefined;
  /** To be called when the connection has ended, whether it has given way before or not. */
  end(): void;
}

class Visit implements Stay {
  readonly guest: Guest;
  readonly refusal: string | undefined;
  /** Where it counts among all, and among the strangers of its group. */
  place: ListLink | undefined;
  strangerPlace: ListLink | undefined;
  /** Its progress when it was last passed by as the oldest stranger. */
  progress = 0;
  readonly sinceMs = performance.now();
  /** Where it counts among those that were told goodbye, and since when. */
  leavingPlace: ListLink | undefined;
  leavingSinceMs = 0;
  readonly #onEnd: (visit: Visit) => void;

  constructor(
    guest: Guest,
    readonly group: Group,
    refusal: string | undefined,
    onEnd: (visit: Visit) => void,
  ) {
    this.guest = guest;
    this.refusal = refusal;
    this.#onEnd = onEnd;
  }

  end(): void {
    this.#onEnd(this);
  }
}

/**
 * Keeps room for known peers: at the limit, the oldest stranger is closed,
 * of the address that has the most of them. A real caller is a stranger for as long as its first message
 * takes, or its hello and its first call, so it is passed by. Where only known ones are left, one that is idle gives way, the one that was used
 * least recently; it can come back. Where all of them are busy, the newcomer is told so.
 */
export class Connections {
  readonly #bounds: Limits;
  readonly #room: () => number;
  readonly #groups = new Map<string, Group>();
  /** Every connection that has a place. */
  readonly #visits = new LinkedList<Visit>();
  #strangerCount = 0;
  /** Arrivals until strangers are next checked for having become known. */
  #unlookedLeft = 0;
  /** Those without a place, to be told so, the oldest first. */
  readonly #refused = new LinkedList<Visit>();
  #dismissedCount = 0;
  #evictedAtMs = Infinity;
  /** Those that were told goodbye, and have not left. */
  readonly #leaving = new LinkedList<Visit>();
  /** Those that were found idle, the least recently used last. */
  #idle: { readonly visit: Visit; readonly usedMs: number }[] = [];
  readonly #onEnd = (visit: Visit): void => this.#remove(visit);

  /** @param room How many the system has room for now. */
  constructor(bounds: Limits, room: () => number = () => Infinity) {
    this.#bounds = bounds;
    this.#room = room;
  }

  /** How many there may be now. */
  get max(): number {
    return Math.min(this.#bounds.connectionsMax, this.#room());
  }

  /** How many may come before what they have sent is read: else they could drive each other out. */
  get unreadMax(): number {
    const { arrivalsPerTurnLeast, arrivalsPerTurnShare } = this.#bounds;
    return Math.max(arrivalsPerTurnLeast, this.max * arrivalsPerTurnShare);
  }

  /** How many there are. */
  get size(): number {
    return this.#visits.size + this.#refused.size;
  }

  /** How many had to give way since this was last asked. */
  takeDismissedCount(): number {
    const count = this.#dismissedCount;
    this.#dismissedCount = 0;
    return count;
  }

  /** Whether strangers had to give way since this was last asked that had hardly come. */
  takeHaste(): boolean {
    const isHasty = this.#evictedAtMs < this.#bounds.handshakeLeastMs;
    this.#evictedAtMs = Infinity;
    return isHasty;
  }

  /** Takes one in, or says why not. */
  add(guest: Guest): Stay {
    const group = this.#groupOf(guest);
    const refusal = this.#refusalOf(guest, group);
    const visit = new Visit(guest, group, refusal, this.#onEnd);
    if (refusal !== undefined) {
      this.#forget(group);
      visit.place = this.#refused.add(visit);
      if (this.#refused.size > this.#refusedMax) this.#dismiss(this.#leastOfRefused());
      return visit;
    }
    while (this.#hasTooManyStrangers() && this.#dismissStranger());
    // It may have gone with its last stranger.
    this.#groups.set(group.key, group);
    visit.strangerPlace = group.strangers.add(visit);
    this.#strangerCount += 1;
    visit.place = this.#visits.add(visit);
    return visit;
  }

  /** Evicts connections beyond the limit. */
  trim(): void {
    while (this.#staying > this.max && this.#dismissOne(0));
  }

  /** Has some strangers give way at once: the system has nothing left. @returns Whether there were any. */
  dismissStrangers(): boolean {
    let count = 0;
    while (count < this.#bounds.dismissedAtOnce && this.#dismissStranger()) count += 1;
    return count > 0;
  }

  /** Has the known one give way that is idle and was used least recently. @returns Whether there was one. */
  dismissIdle(): boolean {
    return this.#partFrom(0);
  }

  /**
   * Has one give way, a stranger where there are many: a burst of callers must not drive each other out before their
   * first messages are read, and a flood of strangers must not evict all idle ones.
   *
   * @returns Whether there was one, stranger or idle so long.
   */
  #dismissOne(idleMs: number): boolean {
    return this.#areStrangers(Math.ceil(this.max / 2))
      ? this.#dismissStranger() || this.#partFrom(idleMs)
      : this.#partFrom(idleMs) || this.#dismissStranger();
  }

  /** How many there are without those that were told goodbye. */
  get #staying(): number {
    return this.#visits.size - this.#leaving.size;
  }

  #dismissStranger(): boolean {
    for (let most; (most = this.#groupOfMostStrangers()) !== undefined;) {
      if (this.#dismissFrom(most)) return true;
    }
    return false;
  }

  /** Has those give way whose incomplete messages take more memory than there is for all. */
  sweep(): void {
    this.#hurry();
    const visits = [...this.#visits];
    let bytes = visits.reduce((sum, { guest }) => sum + guest.pendingBytes, 0);
    if (bytes <= this.#bounds.pendingBytesMax) return;
    // Strangers first, and the largest of each.
    visits.sort(({ guest: a }, { guest: b }) =>
      Number(a.isKnown) - Number(b.isKnown) || b.pendingBytes - a.pendingBytes
    );
    for (const visit of visits) {
      if (bytes <= this.#bounds.pendingBytesMax) return;
      bytes -= visit.guest.pendingBytes;
      this.#dismiss(visit);
    }
  }

  /** Connections at once that are only told that there is no place: of few descriptors, few are for that. */
  get #refusedMax(): number {
    const { refusedAtOnceMax, leavingAtOnceMax } = this.#bounds;
    return Math.min(refusedAtOnceMax, Math.max(leavingAtOnceMax, this.max >> 4));
  }

  /** The first one that has heard its refusal, or waits for it; one that has asked for something by then is a deployer. */
  #leastOfRefused(): Visit {
    const visits = [...this.#refused];
    return visits.find(({ guest }) => !guest.isKnown) ??
      visits.find(({ guest }) => guest.isIdle) ?? visits[0]!;
  }

  /** Why there is no place for one more. */
  #refusalOf(guest: Guest, group: Group): string | undefined {
    const { connectionsPerAddressMax } = this.#bounds;
    const { max } = this;
    const count = group.knownCount + group.strangers.size;
    if (
      count >= connectionsPerAddressMax && !this.#dismissFrom(group) &&
      !this.#partFrom(this.#bounds.idleKeptMs, group)
    ) {
      return `${guest.host} has ${count} connections to this node, as many as an address may have; ` +
        "close some, or start the node with --limit connections-per-address=" +
        2 * connectionsPerAddressMax;
    }
    // Under the operator's limit, not the system's, a momentarily idle connection keeps its place.
    const isSystems = max < this.#bounds.connectionsMax;
    if (this.#staying >= max && !this.#dismissOne(isSystems ? 0 : this.#bounds.idleKeptMs)) {
      const what = isSystems
        ? "let it have more file descriptors (ulimit -n, LimitNOFILE= in systemd)"
        : `start it with --limit connections=${2 * max}`;
      return `this node has ${this.#staying} connections, as many as it may have; all of them ` +
        `are busy; try again later, or ${what}`;
    }
  }

  /**
   * Has one give way that is known and idle so long, of all or of a group: the one that was used least recently.
   *
   * @returns Whether there was one.
   */
  #partFrom(idleMs: number, group?: Group): boolean {
    const untilMs = performance.now() - idleMs;
    for (let isFresh = false;;) {
      while (this.#idle.length > 0) {
        const index = this.#idle.findLastIndex(({ visit }) =>
          group === undefined || visit.group === group
        );
        if (index < 0) break;
        const { visit, usedMs } = this.#idle.splice(index, 1)[0]!;
        // It may have been used since, or have gone.
        if (usedMs === visit.guest.usedMs && usedMs <= untilMs && isIdle(visit)) {
          this.#sayGoodbye(visit);
          return true;
        }
      }
      if (isFresh) return false;
      this.#idle = this.#lookForIdle(group);
      isFresh = true;
    }
  }

  #lookForIdle(group: Group | undefined): { visit: Visit; usedMs: number }[] {
    const found = [];
    for (const visit of this.#visits) {
      if ((group === undefined || visit.group === group) && isIdle(visit)) {
        found.push({ visit, usedMs: visit.guest.usedMs });
      }
    }
    return found.sort((a, b) => b.usedMs - a.usedMs).slice(-this.#bounds.idleLookMax);
  }

  /** It leaves when it has read that; of those that do not, only a few are waited for. */
  #sayGoodbye(visit: Visit): void {
    if (!visit.guest.sayGoodbye(makesRoom)) return this.#dismiss(visit);
    visit.leavingPlace = this.#leaving.add(visit);
    visit.leavingSinceMs = performance.now();
    if (this.#leaving.size <= this.#bounds.leavingAtOnceMax) return;
    for (const each of this.#leaving) if (each.guest.isIdle) return this.#dismiss(each);
  }

  /** Closes those that were told goodbye and stay for nothing. */
  #hurry(): void {
    const nowMs = performance.now();
    for (const visit of this.#leaving) {
      const sinceMs = nowMs - visit.leavingSinceMs;
      if (sinceMs >= this.#bounds.goodbyeTimeoutMs && visit.guest.isIdle) this.#dismiss(visit);
    }
  }

  /** Whether there is no place for one more stranger. */
  #hasTooManyStrangers(): boolean {
    return this.#areStrangers(this.#bounds.strangersMax);
  }

  /** Whether so many are strangers; peers that have become known do not count. */
  #areStrangers(count: number): boolean {
    if (this.#strangerCount < count) return false;
    // A look at all of them takes as long as taking one in; where it finds too many, they will not be known soon.
    if (this.#unlookedLeft > 0) {
      this.#unlookedLeft -= 1;
      return true;
    }
    for (const { strangers } of this.#groups.values()) {
      for (const visit of strangers) if (visit.guest.isKnown) this.#acquaint(visit);
    }
    if (this.#strangerCount < count) return false;
    this.#unlookedLeft = Math.floor(count / 16);
    return true;
  }

  #groupOfMostStrangers(): Group | undefined {
    let most: Group | undefined;
    for (const group of this.#groups.values()) {
      if (group.strangers.size > (most?.strangers.size ?? 0)) most = group;
    }
    return most;
  }

  /**
   * Closes the oldest stranger of a group; peers that have become known leave the queue. One that has made progress is
   * passed by: its first call is on its way.
   */
  #dismissFrom({ strangers }: Group): boolean {
    for (let visit; (visit = strangers.first) !== undefined;) {
      if (visit.guest.isKnown) this.#acquaint(visit);
      else if (visit.guest.progress > visit.progress) {
        visit.progress = visit.guest.progress;
        visit.strangerPlace!.leave();
        visit.strangerPlace = strangers.add(visit);
      } else {
        this.#evictedAtMs = Math.min(this.#evictedAtMs, performance.now() - visit.sinceMs);
        this.#dismiss(visit);
        return true;
      }
    }
    return false;
  }

  #acquaint(visit: Visit): void {
    this.#isStrangerNoMore(visit);
    visit.group.knownCount += 1;
  }

  #isStrangerNoMore(visit: Visit): void {
    visit.strangerPlace!.leave();
    visit.strangerPlace = undefined;
    this.#strangerCount -= 1;
  }

  #dismiss(visit: Visit): void {
    this.#dismissedCount += 1;
    this.#remove(visit);
    visit.guest.close();
  }

  #remove(visit: Visit): void {
    if (visit.place === undefined) return;
    visit.leavingPlace?.leave();
    visit.place.leave();
    visit.place = undefined;
    if (visit.refusal !== undefined) return;
    if (visit.strangerPlace === undefined) visit.group.knownCount -= 1;
    else this.#isStrangerNoMore(visit);
    this.#forget(visit.group);
  }

  #groupOf({ host }: Guest): Group {
    const key = addressGroup(host);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { key, knownCount: 0, strangers: new LinkedList() };
      this.#groups.set(key, group);
    }
    return group;
  }

  #forget({ key, knownCount, strangers }: Group): void {
    if (knownCount + strangers.size === 0) this.#groups.delete(key);
  }
}

const makesRoom = "the node needs room for other callers, and this connection was idle";

/** Whether it could give way: it has asked for something before, and is not told goodbye yet. */
function isIdle({ guest, place, leavingPlace }: Visit): boolean {
  return place !== undefined && leavingPlace === undefined && guest.isKnown && guest.isIdle;
}
