/** The connections of a node: who is let in, and who gives way where there are too many. */
import { limits } from "../limits/mod.ts";
import { addressGroup } from "../wire/mod.ts";
import { Line, type Place } from "./_line.ts";

/** How much there may be. */
export interface ConnectionBounds {
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  /** Bytes of messages that are not complete. */
  readonly pendingBytesMax: number;
}

/** A connection, as far as it matters whether it may stay. */
export interface Guest {
  /** Where it comes from. */
  readonly host: string;
  /** Whether it has asked for something and may be a client. */
  readonly isKnown: boolean;
  /** Bytes of messages that are not complete. */
  readonly pendingBytes: number;
  /** Ends it at once, without a word. */
  close(): void;
}

/** What comes from one address: an IPv4 address, or a network of IPv6 as one customer gets it. */
interface Group {
  readonly key: string;
  knownCount: number;
  /** Those that were not known when they were last looked at, the oldest first. */
  readonly strangers: Line<Visit>;
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
  place: Place | undefined;
  strangerPlace: Place | undefined;
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
 * Keeps a place for whoever is known: where there are too many connections, the oldest stranger gives way,
 * of the address that has the most of them. A real caller is a stranger for as long as its first message
 * takes, so it is passed by. Whoever comes where only known ones are left is told so.
 */
export class Connections {
  readonly #bounds: ConnectionBounds;
  readonly #groups = new Map<string, Group>();
  /** Every connection that has a place. */
  readonly #visits = new Line<Visit>();
  #strangerCount = 0;
  /** So many may still come before it is looked again who of the strangers is known by now. */
  #unlookedLeft = 0;
  /** Those without a place, to be told so, the oldest first. */
  readonly #refused = new Line<Visit>();
  #dismissedCount = 0;
  readonly #onEnd = (visit: Visit): void => this.#remove(visit);

  constructor(bounds: ConnectionBounds) {
    this.#bounds = bounds;
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

  /** Takes one in, or says why not. */
  add(guest: Guest): Stay {
    const group = this.#groupOf(guest);
    const refusal = this.#refusalOf(guest, group);
    const visit = new Visit(guest, group, refusal, this.#onEnd);
    if (refusal !== undefined) {
      this.#forget(group);
      visit.place = this.#refused.add(visit);
      if (this.#refused.size > limits.refusedAtOnceMax) this.#dismiss(this.#refused.first!);
      return visit;
    }
    while (this.#hasTooManyStrangers() && this.dismissOne());
    // It may have gone with its last stranger.
    this.#groups.set(group.key, group);
    visit.strangerPlace = group.strangers.add(visit);
    this.#strangerCount += 1;
    visit.place = this.#visits.add(visit);
    return visit;
  }

  /** Has a stranger give way. @returns Whether there was one. */
  dismissOne(): boolean {
    for (let most; (most = this.#groupOfMostStrangers()) !== undefined;) {
      if (this.#dismissFrom(most)) return true;
    }
    return false;
  }

  /** Has those give way whose incomplete messages take more memory than there is for all. */
  sweep(): void {
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

  /** Why there is no place for one more. */
  #refusalOf(guest: Guest, group: Group): string | undefined {
    const { connectionsMax, connectionsPerAddressMax } = this.#bounds;
    const count = group.knownCount + group.strangers.size;
    if (count >= connectionsPerAddressMax && !this.#dismissFrom(group)) {
      return `${guest.host} has ${count} connections to this node, as many as an address may have; ` +
        "close some, or start the node with --limit connections-per-address=" +
        2 * connectionsPerAddressMax;
    }
    if (this.#visits.size >= connectionsMax && !this.dismissOne()) {
      return `this node has ${this.#visits.size} connections, as many as it may have; try again ` +
        `later, or start it with --limit connections=${2 * connectionsMax}`;
    }
  }

  /** Whether there is no place for one more stranger; who is known by now is none. */
  #hasTooManyStrangers(): boolean {
    if (this.#strangerCount < limits.strangersMax) return false;
    // A look at all of them takes as long as taking one in; where it finds too many, they will not be known soon.
    if (this.#unlookedLeft > 0) {
      this.#unlookedLeft -= 1;
      return true;
    }
    for (const { strangers } of this.#groups.values()) {
      for (const visit of strangers) if (visit.guest.isKnown) this.#acquaint(visit);
    }
    if (this.#strangerCount < limits.strangersMax) return false;
    this.#unlookedLeft = Math.floor(limits.strangersMax / 16);
    return true;
  }

  #groupOfMostStrangers(): Group | undefined {
    let most: Group | undefined;
    for (const group of this.#groups.values()) {
      if (group.strangers.size > (most?.strangers.size ?? 0)) most = group;
    }
    return most;
  }

  /** The oldest stranger of a group gives way; who is none any more is not looked at again. */
  #dismissFrom({ strangers }: Group): boolean {
    for (const visit of strangers) {
      if (!visit.guest.isKnown) {
        this.#dismiss(visit);
        return true;
      }
      this.#acquaint(visit);
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
      group = { key, knownCount: 0, strangers: new Line() };
      this.#groups.set(key, group);
    }
    return group;
  }

  #forget({ key, knownCount, strangers }: Group): void {
    if (knownCount + strangers.size === 0) this.#groups.delete(key);
  }
}
