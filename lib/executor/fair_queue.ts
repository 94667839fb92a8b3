/** Shares a service's concurrent calls and its queue fairly among clients. */
import { limits } from "../limits/mod.ts";

/** Above this, clients without calls are pruned. */
const clientsKept = 1024;

/** What runs of all clients. */
interface Running {
  calls: number;
  /** The number of clients with running calls. */
  clients: number;
}

/** The calls of one client of a service. */
export class ClientCalls<Call> {
  readonly #all: Running;
  #running = 0;
  /** Queued calls by number, in order. */
  readonly waiting = new Map<number, Ticket<Call>>();
  waitingBytes = 0;
  /** The number of the newest call. */
  last = 0;

  constructor(all: Running) {
    this.#all = all;
  }

  /** The number of running calls. */
  get running(): number {
    return this.#running;
  }

  /** A call has begun to run. */
  begin(): void {
    this.#running += 1;
    this.#all.calls += 1;
    if (this.#running === 1) this.#all.clients += 1;
  }

  /** A running call is over. */
  end(): void {
    this.#running -= 1;
    this.#all.calls -= 1;
    if (this.#running === 0) this.#all.clients -= 1;
  }
}

/** A queued call, and its arguments. */
export interface Ticket<Call> {
  readonly call: Call;
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly client: ClientCalls<Call>;
  readonly number: number;
}

/**
 * No client can starve others, but a single client gets nearly all:
 *
 * - A client gets another place while it has fewer than `limits.heldPerFreeMax` times as many as are free, and more are
 *   free than are kept: one for every other client that has called before and runs nothing, and one for a new client,
 *   but at most a quarter.
 * - Waiting calls get places in turn, client by client; the calls of one in their order.
 * - If the queue is full, the newest call of the client with the most is evicted for one of a client with fewer.
 */
export class FairQueue<Call> {
  readonly #clients = new Map<string, ClientCalls<Call>>();
  readonly #running: Running = { calls: 0, clients: 0 };
  /** Clients with queued calls, in the order of their turns. */
  readonly #turns = new Set<ClientCalls<Call>>();
  #forgetAt = clientsKept;
  #size = 0;
  #bytes = 0;

  /** The number of queued calls. */
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
      client = new ClientCalls(this.#running);
      this.#clients.set(name, client);
    }
    return client;
  }

  /** Whether a client may use a free place. */
  mayRun({ running }: ClientCalls<Call>, freeSlots: number): boolean {
    if (running === 0) return freeSlots > 0;
    return running < limits.heldPerFreeMax * freeSlots && freeSlots > this.#kept(freeSlots);
  }

  /** The free places for clients that run nothing; none of fewer than eight places. */
  #kept(freeSlots: number): number {
    const others = 1 + this.#clients.size - this.#running.clients;
    return Math.min(others, 2 * Math.floor((this.#running.calls + freeSlots) / 8));
  }

  /** Queues a call. Keeps the payload. */
  add(call: Call, client: ClientCalls<Call>, payload: Uint8Array<ArrayBuffer>): Ticket<Call> {
    const ticket = { call, payload, client, number: client.last += 1 };
    client.waiting.set(ticket.number, ticket);
    client.waitingBytes += payload.length;
    this.#turns.add(client);
    this.#size += 1;
    this.#bytes += payload.length;
    return ticket;
  }

  /** @returns Whether it was queued. */
  remove({ client, number, payload }: Ticket<Call>): boolean {
    if (!client.waiting.delete(number)) return false;
    client.waitingBytes -= payload.length;
    if (client.waiting.size === 0) this.#turns.delete(client);
    this.#size -= 1;
    this.#bytes -= payload.length;
    return true;
  }

  /** Dequeues the next call for a free place, if any. */
  next(freeSlots: number): Ticket<Call> | undefined {
    for (const client of this.#turns) {
      if (!this.mayRun(client, freeSlots)) continue;
      const [ticket] = client.waiting.values();
      this.#turns.delete(client);
      if (client.waiting.size > 1) this.#turns.add(client);
      if (ticket !== undefined) this.remove(ticket);
      return ticket;
    }
    return undefined;
  }

  /**
   * The queued call to evict for a client's when the queue is full; undefined if none.
   *
   * @param bytes The size of its arguments, if the bound on bytes is exceeded.
   */
  yielding(client: ClientCalls<Call>, bytes?: number): Ticket<Call> | undefined {
    const sizeOf = ({ waiting, waitingBytes }: ClientCalls<Call>): number =>
      bytes === undefined ? waiting.size : waitingBytes;
    let most = client;
    for (const each of this.#turns) if (sizeOf(each) > sizeOf(most)) most = each;
    // It must keep more than the other gets, or the two would evict each other in turn.
    if (sizeOf(most) <= sizeOf(client) + (bytes ?? 1)) return undefined;
    while (!most.waiting.has(most.last)) most.last -= 1;
    return most.waiting.get(most.last);
  }

  /** A snapshot of the queue. */
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

/** The exception of an evicted call. */
export function gaveWay(service: string): string {
  return `the queue of service "${service}" is full, and this client had the most calls in it: its newest made ` +
    "room for another client's; try again later";
}

/** `1 waiting call`, `3 waiting calls`. */
export function waitingCalls(count: number): string {
  return `${count} waiting ${count === 1 ? "call" : "calls"}`;
}
