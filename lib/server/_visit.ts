/** The stay of one connection in the table of connections. */
import type { Admission } from "./node_context.ts";
import { LinkedList, type ListLink } from "./linked_list.ts";

/** A connection, as the table sees it. */
export interface Guest {
  /** The remote address. */
  readonly host: string;
  /** Whether it has made a request and may be a client. */
  readonly isKnown: boolean;
  /** Whether it has said which client it is, and may be that one. */
  readonly isIntroduced: boolean;
  /** Whether it has no requests in progress. */
  readonly isIdle: boolean;
  /** When it last made a request, on the clock of `performance.now()`. */
  readonly usedMs: number;
  /** Bytes of incomplete messages. */
  readonly pendingBytes: number;
  /** Sends a goodbye, if its framing has one; the peer then disconnects. @returns Whether it was sent. */
  sayGoodbye(reason: string): boolean;
  /** Closes it, and tells it why if that costs no wait. */
  dismiss(reason: string): void;
}

/** The connections of one address: an IPv4 address, or an IPv6 network of the size that a customer gets. */
export class Group {
  readonly key: string;
  knownCount = 0;
  /** Connections that were strangers when last checked, those whose last step is oldest first. */
  readonly newcomers = new LinkedList<Visit>();
  /** Those of them that have introduced themselves. */
  readonly introduced = new LinkedList<Visit>();

  constructor(key: string) {
    this.key = key;
  }

  get strangerCount(): number {
    return this.newcomers.size + this.introduced.size;
  }
}

/** The stay of a connection. */
export interface Stay extends Admission {
  /** Call when the connection has ended, evicted or not. */
  end(): void;
}

/** A stay and its places in the table's lists. */
export class Visit implements Stay {
  readonly guest: Guest;
  readonly refusal: string | undefined;
  /** Its entries among all connections, and among the strangers of its group. */
  place: ListLink | undefined;
  strangerPlace: ListLink | undefined;
  readonly sinceMs = performance.now();
  /** Its entry among connections with a goodbye, and when that was sent. */
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

  advance(): void {
    if (this.strangerPlace === undefined) return;
    this.strangerPlace.leave();
    this.beStranger();
  }

  /** Adds it to the strangers, as the youngest. */
  beStranger(): void {
    const { newcomers, introduced } = this.group;
    this.strangerPlace = (this.guest.isIntroduced ? introduced : newcomers).add(this);
  }

  end(): void {
    this.#onEnd(this);
  }
}
