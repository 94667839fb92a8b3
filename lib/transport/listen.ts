/** Listening on every address that a host has. */
import { AddressInUse } from "../errors/mod.ts";
import { addressesOf } from "./_addresses.ts";
import type { Listener, Transport } from "./transport.ts";

/** How often another free port is looked for, where one is free on the first address and not on the next. */
const freePortTries = 16;

/**
 * Listens on every address of a host, on the same port. Addresses that this machine does not have, e.g. ::1 where it
 * has no IPv6, are left out if another one can be listened on.
 *
 * @param port 0 lets the kernel choose.
 * @throws {AddressInUse} If another program has the port on one of them, or none is this machine's.
 */
export async function listenOnAll(
  host: string,
  port: number,
  open: (address: string, port: number) => Listener | Promise<Listener>,
): Promise<Listener> {
  const addresses = await addressesOf(host);
  for (let tries = 1;; tries++) {
    const listeners: Listener[] = [];
    let absent: unknown;
    try {
      for (const address of addresses) {
        try {
          listeners.push(await open(address, listeners[0]?.port ?? port));
        } catch (error) {
          if (!isAbsent(error)) throw error;
          absent ??= error;
        }
      }
      if (listeners.length === 0) throw absent;
      return listeners.length === 1 ? listeners[0] : new ListenerGroup(listeners);
    } catch (error) {
      for (const listener of listeners) listener.close();
      const isChosen = port === 0 && listeners.length > 0;
      if (!isChosen || !(error instanceof AddressInUse) || tries === freePortTries) throw error;
    }
  }
}

/** Whether an address cannot be listened on because this machine does not have it. */
function isAbsent(error: unknown): boolean {
  if (!(error instanceof AddressInUse)) return false;
  const { cause } = error;
  return !(cause instanceof Deno.errors.AddrInUse || cause instanceof Deno.errors.PermissionDenied);
}

/** Several listeners as one. */
class ListenerGroup implements Listener {
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean | undefined;
  readonly #listeners: readonly Listener[];
  /** The next connection of each; one that was given is asked for anew. */
  readonly #next = new Map<Listener, Promise<{ from: Listener; transport: Transport | null }>>();

  /** @param listeners At least one; all have the same port. */
  constructor(listeners: readonly Listener[]) {
    this.#listeners = listeners;
    ({ host: this.host, port: this.port, isSecure: this.isSecure } = listeners[0]);
    for (const listener of listeners) this.#ask(listener);
  }

  set onShortage(onShortage: () => void) {
    for (const listener of this.#listeners) listener.onShortage = onShortage;
  }

  async accept(): Promise<Transport | null> {
    while (this.#next.size > 0) {
      const { from, transport } = await Promise.race(this.#next.values());
      if (transport === null) this.#next.delete(from);
      else {
        this.#ask(from);
        return transport;
      }
    }
    return null;
  }

  close(): void {
    for (const listener of this.#listeners) listener.close();
  }

  #ask(from: Listener): void {
    const next = from.accept().then((transport) => ({ from, transport }));
    this.#next.set(from, next);
  }
}
