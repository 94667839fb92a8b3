/** Listens on every address of a host. */
import { AddressInUse, AddressNotAvailable } from "../errors/mod.ts";
import { addressesOf, isAbbreviated } from "./_addresses.ts";
import type { Listener, Transport } from "./transport.ts";

/** How often to try another port, if one is free on the first address but not on the next. */
const freePortTries = 16;

/**
 * Listens on every address of a host, on the same port. Addresses that this machine does not have, e.g. ::1 where it
 * has no IPv6, are left out if another one can be listened on.
 *
 * @param port 0 lets the kernel choose.
 * @throws {AddressInUse} If another program has the port on one of them.
 * @throws {AddressNotAvailable} If none is this machine's, or the port is not permitted.
 * @throws {TypeError} If the host is a number instead of an address.
 */
export async function listenOnAll(
  host: string,
  port: number,
  open: (address: string, port: number) => Listener | Promise<Listener>,
): Promise<Listener> {
  if (isAbbreviated(host)) {
    throw new TypeError(
      `"${host}" is not an address to listen on: IPv4 has four numbers from 0 to 255, such as 127.0.0.1; 0.0.0.0 means all`,
    );
  }
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
      return joinListeners(listeners);
    } catch (error) {
      for (const listener of listeners) listener.close();
      const isChosen = port === 0 && listeners.length > 0;
      if (!isChosen || !(error instanceof AddressInUse) || tries === freePortTries) throw error;
    }
  }
}

/** Whether an address cannot be listened on because this machine does not have it. */
function isAbsent(error: unknown): boolean {
  return error instanceof AddressNotAvailable &&
    !(error.cause instanceof Deno.errors.PermissionDenied);
}

/** Combines listeners; the first one's address counts. @param listeners At least one. */
export function joinListeners(listeners: readonly Listener[]): Listener {
  return listeners.length === 1 ? listeners[0]! : new ListenerGroup(listeners);
}

/** Combined listeners. Only one `accept` may be pending. */
class ListenerGroup implements Listener {
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean | undefined;
  readonly carrier: Listener["carrier"];
  readonly #listeners: readonly Listener[];
  /** Accepted connections, at most one of each listener, not returned yet. */
  readonly #accepted: { readonly from: Listener; readonly transport: Transport }[] = [];
  /** Open listeners. */
  #openCount = 0;
  #onNews = () => {};

  /** @param listeners At least one; the first one's port counts. */
  constructor(listeners: readonly Listener[]) {
    this.#listeners = listeners;
    ({ host: this.host, port: this.port, isSecure: this.isSecure, carrier: this.carrier } =
      listeners[0]!);
    this.#openCount = listeners.length;
    for (const listener of listeners) this.#ask(listener);
  }

  set onShortage(onShortage: () => void) {
    for (const listener of this.#listeners) listener.onShortage = onShortage;
  }

  // Not Promise.race: a promise that is pending for long, such as an unused IPv6 listener's, would retain all winners.
  async accept(): Promise<Transport | null> {
    while (this.#accepted.length === 0) {
      if (this.#openCount === 0) return null;
      await new Promise<void>((resolve) => this.#onNews = resolve);
    }
    const { from, transport } = this.#accepted.shift()!;
    this.#ask(from);
    return transport;
  }

  close(): void {
    for (const listener of this.#listeners) listener.close();
  }

  async #ask(from: Listener): Promise<void> {
    const transport = await from.accept();
    if (transport === null) this.#openCount -= 1;
    else this.#accepted.push({ from, transport });
    this.#onNews();
  }
}
