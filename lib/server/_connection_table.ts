/** The connections of a node: admission, and eviction at the limit. */
import type { Limits } from "../limits/mod.ts";
import { addressGroup } from "../identity/mod.ts";
import { LinkedList } from "./linked_list.ts";
import { Group, type Guest, type Stay, Visit } from "./_visit.ts";

/**
 * Keeps room for known peers. At the limit, evicts the oldest stranger of the address with the most strangers; real
 * callers are strangers only until their first message, or hello and first call, and each step makes them young again.
 * Those that have introduced themselves stay while others have not, unless they are the majority. If only known peers
 * are left, evicts the least recently used idle one, which can reconnect. If all are busy, refuses the newcomer.
 */
export class Connections {
  readonly #bounds: Limits;
  readonly #room: () => number;
  readonly #groups = new Map<string, Group>();
  /** Every admitted connection. */
  readonly #visits = new LinkedList<Visit>();
  #strangerCount = 0;
  /** Arrivals until strangers are next checked for becoming known. */
  #unlookedLeft = 0;
  /** Refused connections that are still to be told so, the oldest first. */
  readonly #refused = new LinkedList<Visit>();
  #dismissedCount = 0;
  #evictedAtMs = Infinity;
  /** Connections with a goodbye that have not ended. */
  readonly #leaving = new LinkedList<Visit>();
  /** Idle candidates for eviction, the least recently used last. */
  #idle: { readonly visit: Visit; readonly usedMs: number }[] = [];
  readonly #onEnd = (visit: Visit): void => this.#remove(visit);

  /** @param room The number of connections that the system allows now. */
  constructor(bounds: Limits, room: () => number = () => Infinity) {
    this.#bounds = bounds;
    this.#room = room;
  }

  /** The current limit. */
  get max(): number {
    return Math.min(this.#bounds.connectionsMax, this.#room());
  }

  /** How many may be accepted before their first bytes are read; more could evict each other. */
  get unreadMax(): number {
    const { arrivalsPerTurnLeast, arrivalsPerTurnShare } = this.#bounds;
    return Math.max(arrivalsPerTurnLeast, this.max * arrivalsPerTurnShare);
  }

  /** The number of connections. */
  get size(): number {
    return this.#visits.size + this.#refused.size;
  }

  /** The number of evictions since the last call. */
  takeDismissedCount(): number {
    const count = this.#dismissedCount;
    this.#dismissedCount = 0;
    return count;
  }

  /** Arrivals per millisecond that leave each time for its handshake; unlimited if none was evicted too young lately. */
  takePace(): number {
    const [evictedAtMs, leastMs] = [this.#evictedAtMs, this.#bounds.handshakeLeastMs];
    this.#evictedAtMs = Infinity;
    return evictedAtMs < leastMs ? this.max / leastMs : Infinity;
  }

  /** Admits or refuses a connection. */
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
    // The group may have been removed with its last stranger.
    this.#groups.set(group.key, group);
    visit.beStranger();
    this.#strangerCount += 1;
    visit.place = this.#visits.add(visit);
    return visit;
  }

  /**
   * Evicts connections beyond the limit. Where the system's descriptors are short, those that have been told to leave
   * go at once, too; a refused one that has made a request is a deployer's.
   */
  trim(): void {
    while (this.#staying > this.max && this.#dismissOne(0));
    const room = this.#room();
    for (const visit of [...this.#leaving, ...this.#refused]) {
      if (this.size <= room) return;
      const { isIdle, isKnown } = visit.guest;
      if (visit.refusal === undefined ? isIdle : !isKnown) this.#dismiss(visit);
    }
  }

  /** Evicts some strangers, because the system has no descriptors left. @returns Whether there were any. */
  dismissStrangers(): boolean {
    let count = 0;
    while (count < this.#bounds.dismissedAtOnce && this.#dismissStranger()) count += 1;
    return count > 0;
  }

  /** Evicts the least recently used idle known connection. @returns Whether there was one. */
  dismissIdle(): boolean {
    return this.#partFrom(0);
  }

  /**
   * Evicts one connection, a stranger if there are many: a burst of callers must not evict each other before their
   * first messages are read, and a flood of strangers must not evict all idle ones.
   *
   * @returns Whether there was one.
   */
  #dismissOne(idleMs: number): boolean {
    return this.#areStrangers(Math.ceil(this.max / 2))
      ? this.#dismissStranger() || this.#partFrom(idleMs)
      : this.#partFrom(idleMs) || this.#dismissStranger();
  }

  /** The number of connections without a goodbye. */
  get #staying(): number {
    return this.#visits.size - this.#leaving.size;
  }

  #dismissStranger(): boolean {
    return this.#dismissFrom(this.#groups);
  }

  /** Evicts connections while their incomplete messages exceed the common bound. */
  sweep(): void {
    this.#hurry();
    const visits = [...this.#visits];
    let bytes = visits.reduce((sum, { guest }) => sum + guest.pendingBytes, 0);
    if (bytes <= this.#bounds.pendingBytesMax) return;
    // Strangers first, the largest first.
    visits.sort(({ guest: a }, { guest: b }) =>
      Number(a.isKnown) - Number(b.isKnown) || b.pendingBytes - a.pendingBytes
    );
    for (const visit of visits) {
      if (bytes <= this.#bounds.pendingBytesMax) return;
      bytes -= visit.guest.pendingBytes;
      this.#dismiss(visit);
    }
  }

  /** The number of refused connections kept until they are told; a share of the descriptors. */
  get #refusedMax(): number {
    const { refusedAtOnceMax, leavingAtOnceMax } = this.#bounds;
    return Math.min(refusedAtOnceMax, Math.max(leavingAtOnceMax, this.max >> 4));
  }

  /** The oldest refused connection; one that has made a request by then is a deployer's. */
  #leastOfRefused(): Visit {
    const visits = [...this.#refused];
    return visits.find(({ guest }) => !guest.isKnown) ??
      visits.find(({ guest }) => guest.isIdle) ?? visits[0]!;
  }

  /** Why another connection is refused. */
  #refusalOf(guest: Guest, group: Group): string | undefined {
    const { connectionsPerAddressMax } = this.#bounds;
    const { max } = this;
    const count = group.knownCount + group.strangerCount;
    if (
      count >= connectionsPerAddressMax && !this.#dismissFrom([group]) &&
      !this.#partFrom(this.#bounds.idleKeptMs, group)
    ) {
      return `${guest.host} has ${count} connections to this node, as many as an address may have; ` +
        "close some, or start the node with --limit connections-per-address=" +
        2 * connectionsPerAddressMax;
    }
    // At the operator's limit, as opposed to the system's, a momentarily idle connection stays.
    const isSystems = max < this.#bounds.connectionsMax;
    if (this.#staying >= max && !this.#dismissOne(isSystems ? 0 : this.#bounds.idleKeptMs)) {
      const what = isSystems
        ? "let it have more file descriptors (ulimit -n, LimitNOFILE= in systemd)"
        : `start it with --limit connections=${2 * max}`;
      return `this node has ${this.#staying} connections, as many as it may have; all of them ` +
        `are busy; try again later, or ${what}`;
    }
  }

  /** Evicts the least recently used known connection, of all or of a group. @returns Whether one was idle long enough. */
  #partFrom(idleMs: number, group?: Group): boolean {
    const untilMs = performance.now() - idleMs;
    for (let isFresh = false;;) {
      while (this.#idle.length > 0) {
        const index = this.#idle.findLastIndex(({ visit }) =>
          group === undefined || visit.group === group
        );
        if (index < 0) break;
        const { visit, usedMs } = this.#idle.splice(index, 1)[0]!;
        // It may have been used since, or have ended.
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

  /** Sends a goodbye. The peer disconnects when it has read it; only a bounded number may take their time. */
  #sayGoodbye(visit: Visit): void {
    if (!visit.guest.sayGoodbye(makesRoom)) return this.#dismiss(visit);
    visit.leavingPlace = this.#leaving.add(visit);
    visit.leavingSinceMs = performance.now();
    if (this.#leaving.size <= this.#bounds.leavingAtOnceMax) return;
    for (const each of this.#leaving) if (each.guest.isIdle) return this.#dismiss(each);
  }

  /** Closes idle connections whose goodbye was ignored. */
  #hurry(): void {
    const nowMs = performance.now();
    for (const visit of this.#leaving) {
      const sinceMs = nowMs - visit.leavingSinceMs;
      if (sinceMs >= this.#bounds.goodbyeTimeoutMs && visit.guest.isIdle) this.#dismiss(visit);
    }
  }

  /** Whether another stranger must be refused. */
  #hasTooManyStrangers(): boolean {
    return this.#areStrangers(this.#bounds.strangersMax);
  }

  /** Whether there are this many strangers, not counting peers that have become known. */
  #areStrangers(count: number): boolean {
    if (this.#strangerCount < count) return false;
    // Checking a few takes a moment, checking all of them does not; one that is to be evicted is checked by itself.
    if (this.#unlookedLeft > 0) {
      this.#unlookedLeft -= 1;
      return true;
    }
    for (const { newcomers, introduced } of this.#groups.values()) {
      for (const line of [newcomers, introduced]) {
        for (const visit of line) if (visit.guest.isKnown) this.#acquaint(visit);
      }
    }
    if (this.#strangerCount < count) return false;
    this.#unlookedLeft = Math.floor(count / 4);
    return true;
  }

  /** Closes the oldest stranger of the group with the most of them, and dequeues peers that have become known. */
  #dismissFrom(groups: Groups): boolean {
    for (let visit; (visit = firstToLeave(groups)) !== undefined;) {
      if (visit.guest.isKnown) this.#acquaint(visit);
      else {
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
    visit.guest.dismiss(makesRoom);
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
      group = new Group(key);
      this.#groups.set(key, group);
    }
    return group;
  }

  #forget({ key, knownCount, strangerCount }: Group): void {
    if (knownCount + strangerCount === 0) this.#groups.delete(key);
  }
}

const makesRoom = "the node needs room for other connections; connect again";

/** Of all addresses, or of one. */
type Groups = { values(): Iterable<Group> };

/** The oldest of the most strangers: newcomers, unless more have introduced themselves. */
function firstToLeave(groups: Groups): Visit | undefined {
  let newcomers: LinkedList<Visit> | undefined;
  let introduced: LinkedList<Visit> | undefined;
  let [newcomerCount, introducedCount] = [0, 0];
  for (const group of groups.values()) {
    newcomerCount += group.newcomers.size;
    introducedCount += group.introduced.size;
    if (group.newcomers.size > (newcomers?.size ?? 0)) newcomers = group.newcomers;
    if (group.introduced.size > (introduced?.size ?? 0)) introduced = group.introduced;
  }
  return (introducedCount > newcomerCount ? introduced : newcomers)?.first;
}

/** Whether it may be evicted: it has made a request before, and has no goodbye yet. */
function isIdle({ guest, place, leavingPlace }: Visit): boolean {
  return place !== undefined && leavingPlace === undefined && guest.isKnown && guest.isIdle;
}
