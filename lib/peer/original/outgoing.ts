/** Sends packets until they are acknowledged or given up, without I/O or a clock of its own. */
import { Overloaded } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { PeerProtocol } from "./packet.ts";

/** The outcome of a packet. */
export type Delivery = "acknowledged" | "undeliverable" | "withdrawn";

/** A packet to send. */
export interface Submission {
  readonly to: string;
  readonly protocol: PeerProtocol;
  /** Encodes it, once: every resend has the same bytes and number. */
  readonly write: (sequence: number) => Uint8Array<ArrayBuffer>;
  /** Called once with the outcome. @param attempts How often it was sent. */
  readonly settled: (delivery: Delivery, attempts: number) => void;
  /** Its group, for {@linkcode Outgoing.withdraw}. */
  readonly group?: string;
  /** When it is sent again. Default: `limits.peer.resends`. */
  readonly resends?: Resends;
}

/** When an unacknowledged packet is sent again, and how often. */
export interface Resends {
  /** The wait for the first acknowledgement. Each further wait is longer by `limits.peer.resendFactor`. */
  readonly afterMs: number;
  readonly max: number;
}

/** The sender's environment. */
export interface OutgoingWorld {
  /** The next number of this process. */
  nextSequence(): number;
  transmit(packet: SentPacket): void;
}

/** A packet in flight. */
export interface SentPacket {
  readonly to: string;
  readonly protocol: PeerProtocol;
  readonly sequence: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** 1 for the first. */
  readonly attempt: number;
}

interface Flight {
  readonly submission: Submission;
  readonly sequence: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  attempts: number;
  waitMs: number;
  dueMs: number;
}

/** Packets to one machine. */
interface Destination {
  unacknowledged: number;
  readonly waiting: Submission[];
}

/** The sending half of the original protocol: resends with the same number, with a bounded window per machine. */
export class Outgoing {
  readonly #world: OutgoingWorld;
  readonly #destinations = new Map<string, Destination>();
  /** By number. */
  readonly #flights = new Map<number, Flight>();

  constructor(world: OutgoingWorld) {
    this.#world = world;
  }

  /** Counts packets awaiting acknowledgement, and those waiting to be sent. */
  get counts(): { unacknowledged: number; waiting: number } {
    let waiting = 0;
    for (const destination of this.#destinations.values()) waiting += destination.waiting.length;
    return { unacknowledged: this.#flights.size, waiting };
  }

  /**
   * Sends a packet, immediately or when the machine has acknowledged others.
   *
   * @throws {Overloaded} If too many packets are waiting.
   */
  submit(submission: Submission, nowMs: number): void {
    const { to } = submission;
    let destination = this.#destinations.get(to);
    if (destination === undefined) {
      if (this.#destinations.size >= limits.peer.destinationsMax) {
        throw new Overloaded(
          `packets to ${limits.peer.destinationsMax} machines wait already; try again later`,
        );
      }
      destination = { unacknowledged: 0, waiting: [] };
      this.#destinations.set(to, destination);
    }
    if (destination.waiting.length >= limits.peer.waitingMax) {
      throw new Overloaded(
        `${limits.peer.waitingMax} packets to ${to} wait already; wait until some are acknowledged`,
      );
    }
    destination.waiting.push(submission);
    this.#fill(to, destination, nowMs);
  }

  /**
   * Handles an acknowledgement, from any address: the original replies from the address that it considers its own.
   *
   * @returns Whether it belongs to a packet in flight.
   */
  acknowledge(
    { protocol, sequence }: { protocol: PeerProtocol; sequence: number },
    nowMs: number,
  ): boolean {
    const flight = this.#flights.get(sequence);
    if (flight === undefined || flight.submission.protocol !== protocol) return false;
    this.#land(flight, nowMs);
    flight.submission.settled("acknowledged", flight.attempts);
    return true;
  }

  /** Resends packets that are due, and gives up those that were sent often enough. */
  advance(nowMs: number): void {
    for (const flight of this.#flights.values()) {
      if (flight.dueMs > nowMs) continue;
      if (flight.attempts > resendsOf(flight).max) {
        this.#land(flight, nowMs);
        flight.submission.settled("undeliverable", flight.attempts);
      } else this.#send(flight, nowMs);
    }
  }

  /** When {@linkcode advance} is due; undefined if nothing is pending. */
  get nextDueMs(): number | undefined {
    let next: number | undefined;
    for (const { dueMs } of this.#flights.values()) {
      if (next === undefined || dueMs < next) next = dueMs;
    }
    return next;
  }

  /** Forgets the packets of a group, sent or not; all packets if no group is given. */
  withdraw(nowMs: number, group?: string): void {
    const isMeant = (submission: Submission): boolean =>
      group === undefined || submission.group === group;
    const withdrawn: [Submission, number][] = [];
    for (const destination of this.#destinations.values()) {
      for (const submission of destination.waiting.splice(0)) {
        if (isMeant(submission)) withdrawn.push([submission, 0]);
        else destination.waiting.push(submission);
      }
    }
    for (const flight of this.#flights.values()) {
      if (!isMeant(flight.submission)) continue;
      this.#land(flight, nowMs);
      withdrawn.push([flight.submission, flight.attempts]);
    }
    for (const [submission, attempts] of withdrawn) submission.settled("withdrawn", attempts);
  }

  /** Removes a packet from flight and sends the next one. */
  #land(flight: Flight, nowMs: number): void {
    this.#flights.delete(flight.sequence);
    const { to } = flight.submission;
    const destination = this.#destinations.get(to)!;
    destination.unacknowledged--;
    this.#fill(to, destination, nowMs);
  }

  #fill(to: string, destination: Destination, nowMs: number): void {
    const { waiting } = destination;
    while (waiting.length > 0 && destination.unacknowledged < limits.peer.unacknowledgedMax) {
      const submission = waiting.shift()!;
      const sequence = this.#world.nextSequence();
      const bytes = submission.write(sequence);
      const flight: Flight = { submission, sequence, bytes, attempts: 0, waitMs: 0, dueMs: 0 };
      this.#flights.set(sequence, flight);
      destination.unacknowledged++;
      this.#send(flight, nowMs);
    }
    if (destination.unacknowledged === 0) this.#destinations.delete(to);
  }

  #send(flight: Flight, nowMs: number): void {
    flight.waitMs = flight.attempts === 0
      ? resendsOf(flight).afterMs
      : flight.waitMs * limits.peer.resendFactor;
    flight.attempts++;
    flight.dueMs = nowMs + flight.waitMs;
    const { to, protocol } = flight.submission;
    const { sequence, bytes, attempts: attempt } = flight;
    this.#world.transmit({ to, protocol, sequence, bytes, attempt });
  }
}

function resendsOf({ submission }: Flight): Resends {
  return submission.resends ?? limits.peer.resends;
}
