/** Listening, independent of the kind of connection. */
import { AddressInUse, AddressNotAvailable, messageOf } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { OwnSockets } from "./_own_sockets.ts";
import { ConnTransport, formatAddress, plainHost } from "./conn.ts";
import type { Listener, Transport } from "./transport.ts";

/** Deno 2.4 does not support `tcpBacklog`: its queues have 128 places, unless the program may use FFI. */
function ignoresBacklog(): boolean {
  return Number(Deno.version.deno.split(".")[1]) < 9;
}

/** The runtime's listener. */
export type RuntimeListener = Deno.Listener<Deno.TcpConn | Deno.TlsConn, Deno.NetAddr>;

/**
 * Starts listening.
 *
 * @throws {AddressInUse} If another program listens there.
 * @throws {AddressNotAvailable} If the address is not this machine's, or not permitted.
 */
export function openListener(
  host: string,
  port: number,
  open: (options: Deno.TcpListenOptions) => RuntimeListener,
): RuntimeListener {
  // Some runtimes would listen on every address.
  if (host === "") {
    throw new TypeError("the address to listen on is empty; 0.0.0.0 means all addresses");
  }
  const address = formatAddress(host, port);
  const options = { hostname: host, port, tcpBacklog: limits.listenBacklog };
  try {
    const listener = open(options);
    if (ignoresBacklog()) OwnSockets.open()?.setBacklog(listener.addr.port, limits.listenBacklog);
    return listener;
  } catch (cause) {
    if (cause instanceof TypeError) throw cause;
    if (cause instanceof Deno.errors.AddrInUse) {
      throw new AddressInUse(
        `cannot listen on ${address}: another program does; stop it, or choose another port ` +
          "(0: any free one)",
        { cause },
      );
    }
    const why = cause instanceof Deno.errors.AddrNotAvailable
      ? `"${host}" is not an address of this machine; choose one of its own, or 0.0.0.0 for all of them`
      : cause instanceof Deno.errors.PermissionDenied
      ? "not permitted; choose a port from 1024 on, or grant the program the right"
      : `${messageOf(cause)}; is "${host}" an address of this machine?`;
    throw new AddressNotAvailable(`cannot listen on ${address}: ${why}`, { cause });
  }
}

/** How long the system may hold a released address, and the number of retries. */
const replaceTries = 1000;
const replacePauseMs = 5;

/** A listener over one of the runtime's. */
export class ConnListener implements Listener {
  readonly host: string;
  readonly port: number;
  onShortage?: () => void;
  #listener: RuntimeListener;
  #replacing: Promise<void> | undefined;
  #closed = false;

  constructor(listener: RuntimeListener) {
    this.#listener = listener;
    this.host = listener.addr.hostname;
    this.port = listener.addr.port;
  }

  async accept(): Promise<Transport | null> {
    let failures = 0;
    while (!this.#closed) {
      try {
        if (this.#replacing !== undefined) await this.#replacing;
        return this.#transportOf(await this.#listener.accept());
      } catch (error) {
        if (this.#closed) return null;
        if (this.#replacing !== undefined) continue;
        if (error instanceof Deno.errors.BadResource) return null;
        failures += 1;
        if (isShortage(error)) {
          this.onShortage?.();
          await pause(limits.acceptPauseMs);
        } else if (failures % limits.acceptFailuresPerTurn === 0) {
          // Peers that left before they were accepted delay others for at most a turn. Other errors may persist.
          const turns = failures / limits.acceptFailuresPerTurn;
          await pause(hasLeft(error) ? 0 : Math.min(turns - 1, limits.acceptPauseMs));
        }
      }
    }
    return null;
  }

  #transportOf(conn: Deno.TcpConn | Deno.TlsConn): Transport {
    try {
      const { hostname, port } = conn.remoteAddr;
      return this.transportOf(conn, plainHost(hostname), port);
    } catch (error) {
      conn.close();
      throw error;
    }
  }

  protected transportOf(conn: Deno.TcpConn | Deno.TlsConn, host: string, port: number): Transport {
    return new ConnTransport(conn, host, port);
  }

  /**
   * Replaces the runtime's listener on the same address, which the system releases with a short delay.
   *
   * @throws {AddressInUse} If another program has taken it meanwhile: then nothing listens.
   */
  async replace(open: () => RuntimeListener): Promise<void> {
    if (this.#closed) return;
    const replacing = this.#replacing = this.#replace(open);
    try {
      await replacing;
    } finally {
      this.#replacing = undefined;
    }
  }

  async #replace(open: () => RuntimeListener): Promise<void> {
    this.#listener.close();
    for (let count = 1; !this.#closed; count++) {
      await new Promise((resolve) => setTimeout(resolve, count === 1 ? 0 : replacePauseMs));
      try {
        if (!this.#closed) this.#listener = open();
        return;
      } catch (error) {
        if (!(error instanceof AddressInUse) || count >= replaceTries) throw error;
      }
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // Undefined while it is being replaced.
    if (this.#replacing === undefined) this.#listener.close();
  }
}

/** The system's errors when it lacks descriptors or memory to accept a connection. */
const shortageCodes: readonly unknown[] = ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"];

function isShortage(error: unknown): boolean {
  return shortageCodes.includes((error as { code?: unknown } | null)?.code);
}

/** Whether the peer ended the connection before it was accepted. */
function hasLeft(error: unknown): boolean {
  return error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.ConnectionAborted || error instanceof Deno.errors.ConnectionReset;
}

function pause(waitMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, waitMs));
}

/**
 * Listens on a TCP address.
 *
 * @param port 0 lets the kernel choose.
 * @throws {AddressInUse} If another program listens there.
 * @throws {AddressNotAvailable} If the address is not this machine's, or not permitted.
 */
export function listenTcp(host: string, port: number): Listener {
  return new ConnListener(openListener(host, port, (options) => Deno.listen(options)));
}
