/** The connections of a node: who is let in, and who gives way where there are too many. */
import { limits } from "../limits/mod.ts";
import { addressGroup } from "../wire/mod.ts";
import type { ConnectionBounds } from "./operator.ts";

/** A connection, as far as it matters whether it may stay. */
export interface Guest {
  /** Where it comes from. */
  readonly host: string;
  /** Whether it has asked for something and comes from where a client may be. */
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
  readonly strangers: Set<Guest>;
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
  readonly #places = new Map<Guest, Group>();
  #strangerCount = 0;
  /** Those without a place, to be told so, the oldest first. */
  readonly #refused = new Set<Guest>();
  #dismissedCount = 0;

  constructor(bounds: ConnectionBounds) {
    this.#bounds = bounds;
  }

  /** How many there are. */
  get size(): number {
    return this.#places.size + this.#refused.size;
  }

  /** How many had to give way since this was last asked. */
  takeDismissedCount(): number {
    const count = this.#dismissedCount;
    this.#dismissedCount = 0;
    return count;
  }

  /** Takes one in. @returns Why there is no place for it, and what to do; undefined where there is. */
  add(guest: Guest): string | undefined {
    const group = this.#groupOf(guest);
    const { connectionsMax, connectionsPerAddressMax } = this.#bounds;
    const count = group.knownCount + group.strangers.size;
    if (count >= connectionsPerAddressMax && !this.#dismissFrom(group)) {
      this.#refuse(guest, group);
      return `${guest.host} has ${count} connections to this node, as many as an address may have; ` +
        "close some, or start the node with --limit connections-per-address=" +
        2 * connectionsPerAddressMax;
    }
    if (this.#places.size >= connectionsMax && !this.dismissOne()) {
      this.#refuse(guest, group);
      return `this node has ${this.#places.size} connections, as many as it may have; try again ` +
        `later, or start it with --limit connections=${2 * connectionsMax}`;
    }
    while (this.#hasTooManyStrangers() && this.dismissOne());
    group.strangers.add(guest);
    this.#strangerCount += 1;
    this.#places.set(guest, group);
    return undefined;
  }

  /** Lets go of one that has ended, whether it has given way before or not. */
  remove(guest: Guest): void {
    this.#refused.delete(guest);
    const group = this.#places.get(guest);
    if (group === undefined) return;
    this.#places.delete(guest);
    if (group.strangers.delete(guest)) this.#strangerCount -= 1;
    else group.knownCount -= 1;
    this.#forget(group);
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
    const guests = [...this.#places.keys()];
    let bytes = guests.reduce((sum, guest) => sum + guest.pendingBytes, 0);
    if (bytes <= limits.pendingBytesMax) return;
    // Strangers first, and the largest of each.
    guests.sort((a, b) => Number(a.isKnown) - Number(b.isKnown) || b.pendingBytes - a.pendingBytes);
    for (const guest of guests) {
      if (bytes <= limits.pendingBytesMax) return;
      bytes -= guest.pendingBytes;
      this.#dismiss(guest);
    }
  }

  /** Whether there is no place for one more stranger; who is known by now is none. */
  #hasTooManyStrangers(): boolean {
    if (this.#strangerCount < limits.strangersMax) return false;
    for (const group of this.#groups.values()) {
      for (const guest of group.strangers) if (guest.isKnown) this.#acquaint(guest, group);
    }
    return this.#strangerCount >= limits.strangersMax;
  }

  #groupOfMostStrangers(): Group | undefined {
    let most: Group | undefined;
    for (const group of this.#groups.values()) {
      if (group.strangers.size > (most?.strangers.size ?? 0)) most = group;
    }
    return most;
  }

  /** The oldest stranger of a group gives way; who is none any more is not looked at again. */
  #dismissFrom(group: Group): boolean {
    for (const guest of group.strangers) {
      if (!guest.isKnown) {
        this.#dismiss(guest);
        return true;
      }
      this.#acquaint(guest, group);
    }
    return false;
  }

  #acquaint(guest: Guest, group: Group): void {
    group.strangers.delete(guest);
    group.knownCount += 1;
    this.#strangerCount -= 1;
  }

  #dismiss(guest: Guest): void {
    this.#dismissedCount += 1;
    this.remove(guest);
    guest.close();
  }

  #refuse(guest: Guest, group: Group): void {
    this.#forget(group);
    this.#refused.add(guest);
    if (this.#refused.size <= limits.refusedAtOnceMax) return;
    const [oldest] = this.#refused;
    this.#dismiss(oldest);
  }

  #groupOf({ host }: Guest): Group {
    const key = addressGroup(host);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { key, knownCount: 0, strangers: new Set() };
      this.#groups.set(key, group);
    }
    return group;
  }

  #forget({ key, knownCount, strangers }: Group): void {
    if (knownCount + strangers.size === 0) this.#groups.delete(key);
  }
}
