/** The places that a service has for calls, and the calls that wait for one: shared among its clients. */
import { limits } from "../limits/mod.ts";

/** Above this, clients that have no call are forgotten now and then. */
const clientsKept = 1024;

/** The calls of one client of a service. */
export interface ClientCalls<Call> {
  /** Those that have a place. */
  running: number;
  /** Those that wait, by number, in their order. */
  readonly waiting: Map<number, Ticket<Call>>;
  waitingBytes: number;
  /** The number of the last that came. */
  last: number;
}

/** A call that waits, and its arguments. */
export interface Ticket<Call> {
  readonly call: Call;
  readonly payload: Uint8Array;
  readonly client: ClientCalls<Call>;
  readonly number: number;
}

/**
 * No client keeps others out, and one that is alone has nearly all:
 *
 * - A client gets another place while it has fewer than `limits.heldPerFreeMax` times as many as are free.
 * - Waiting calls get places in turn, client by client; the calls of one in their order.
 * - Where no more may wait, the last call of the client with the most gives way to one of a client with fewer.
 */
export class FairQueue<Call> {
  readonly #clients = new Map<string, ClientCalls<Call>>();
  /** Those of them with calls that wait, in the order of their turns. */
  readonly #turns = new Set<ClientCalls<Call>>();
  #forgetAt = clientsKept;
  #size = 0;
  #bytes = 0;

  /** How many calls wait. */
  get size(): number {
    return this.#size;
  }

  /** The bytes of their arguments. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The calls of a client, by its name. */
  of(name: string): ClientCalls<Call> {
    let client = this.#clients.get(name);
    if (client === undefined) {
      if (this.#clients.size >= this.#forgetAt) this.#forgetIdle();
      client = { running: 0, waiting: new Map(), waitingBytes: 0, last: 0 };
      this.#clients.set(name, client);
    }
    return client;
  }

  /** Whether a client gets one of the places that are free. */
  mayRun({ running }: ClientCalls<Call>, freePlaces: number): boolean {
    return running < limits.heldPerFreeMax * freePlaces;
  }

  /** Lets a call wait. The payload is kept. */
  add(call: Call, client: ClientCalls<Call>, payload: Uint8Array): Ticket<Call> {
    const ticket = { call, payload, client, number: client.last += 1 };
    client.waiting.set(ticket.number, ticket);
    client.waitingBytes += payload.length;
    this.#turns.add(client);
    this.#size += 1;
    this.#bytes += payload.length;
    return ticket;
  }

  /** @returns Whether it waited. */
  remove({ client, number, payload }: Ticket<Call>): boolean {
    if (!client.waiting.delete(number)) return false;
    client.waitingBytes -= payload.length;
    if (client.waiting.size === 0) this.#turns.delete(client);
    this.#size -= 1;
    this.#bytes -= payload.length;
    return true;
  }

  /** Takes out the next call for a free place; undefined if none waits. */
  next(freePlaces: number): Ticket<Call> | undefined {
    for (const client of this.#turns) {
      if (!this.mayRun(client, freePlaces)) continue;
      const [ticket] = client.waiting.values();
      this.#turns.delete(client);
      if (client.waiting.size > 1) this.#turns.add(client);
      if (ticket !== undefined) this.remove(ticket);
      return ticket;
    }
    return undefined;
  }

  /**
   * The waiting call that gives way to a client's where too many calls or bytes wait; undefined if none does.
   *
   * @param bytes Those of its arguments, where it is the bytes that are too many.
   */
  yielding(client: ClientCalls<Call>, bytes?: number): Ticket<Call> | undefined {
    const sizeOf = ({ waiting, waitingBytes }: ClientCalls<Call>): number =>
      bytes === undefined ? waiting.size : waitingBytes;
    let most = client;
    for (const each of this.#turns) if (sizeOf(each) > sizeOf(most)) most = each;
    // It must have more than the other has then, or both would give way in turn.
    if (sizeOf(most) <= sizeOf(client) + (bytes ?? 1)) return undefined;
    while (!most.waiting.has(most.last)) most.last -= 1;
    return most.waiting.get(most.last);
  }

  /** All that wait, as it is now. */
  tickets(): Ticket<Call>[] {
    return [...this.#turns].flatMap(({ waiting }) => [...waiting.values()]);
  }

  #forgetIdle(): void {
    for (const [name, { running, waiting }] of this.#clients) {
      if (running === 0 && waiting.size === 0) this.#clients.delete(name);
    }
    this.#forgetAt = Math.max(clientsKept, 2 * this.#clients.size);
  }
}

/** What a call hears that was evicted from the queue. */
export function gaveWay(service: string): string {
  return `the queue of service "${service}" is full, and this client had the most calls in it: its newest made ` +
    "room for another client's; try again later";
}

/** `1 waiting call`, `3 waiting calls`. */
export function waitingCalls(count: number): string {
  return `${count} waiting ${count === 1 ? "call" : "calls"}`;
}
