import { AddressInUse, NodeUnreachable } from "../errors/mod.ts";
import { ConnTransport, formatAddress, plainHost } from "./_conn.ts";
import type { Listener, Transport } from "./transport.ts";

/** How to connect. */
export interface ConnectTcpOptions {
  /** Gives up after this many milliseconds. */
  timeoutMs: number;
  /** The address and port to call from; the kernel chooses where left out. */
  localHost?: string;
  localPort?: number;
}

/**
 * Connects to a node.
 *
 * @throws {NodeUnreachable} If it cannot, within the time; the message says why.
 */
export async function connectTcp(
  host: string,
  port: number,
  options: ConnectTcpOptions,
): Promise<Transport> {
  const address = formatAddress(host, port);
  if (options.localHost !== undefined || options.localPort !== undefined) {
    const { connectTcpFrom } = await import("./_tcp_from.ts");
    return await connectTcpFrom(host, port, options);
  }
  const connecting = Deno.connect({ hostname: host, port });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new NodeUnreachable(
          `${address} did not answer within ${options.timeoutMs} ms; is the machine up and the port open?`,
          { node: address },
        ),
      );
    }, options.timeoutMs);
  });
  try {
    const conn = await Promise.race([connecting, timeout]);
    conn.setNoDelay(true);
    // The address that the host's name stood for: a caller proves its key to that one.
    return new ConnTransport(conn, plainHost(conn.remoteAddr.hostname), conn.remoteAddr.port);
  } catch (error) {
    connecting.then((conn) => conn.close(), () => {});
    if (error instanceof NodeUnreachable) throw error;
    throw unreachable(address, error);
  } finally {
    clearTimeout(timer);
  }
}

/** What a failed connection means to a person. */
export function unreachable(address: string, cause: unknown): NodeUnreachable {
  const reason = cause instanceof Deno.errors.ConnectionRefused
    ? `nothing listens there; start it with "farcall serve ${address.replace(/:(\d+)$/, " $1")}"`
    : cause instanceof Error
    ? cause.message
    : String(cause);
  return new NodeUnreachable(`cannot connect to ${address}: ${reason}`, { node: address, cause });
}

/**
 * Listens on a TCP address.
 *
 * @param port 0 lets the kernel choose.
 * @throws {AddressInUse} If the address is taken, or not this machine's.
 */
export function listenTcp(host: string, port: number): Listener {
  const address = formatAddress(host, port);
  let listener: Deno.TcpListener;
  try {
    listener = Deno.listen({ hostname: host, port });
  } catch (cause) {
    if (cause instanceof Deno.errors.AddrInUse) {
      throw new AddressInUse(
        `cannot listen on ${address}: another program does; stop it, or choose another port (0: any free one)`,
        { cause },
      );
    }
    if (cause instanceof Deno.errors.AddrNotAvailable) {
      throw new AddressInUse(
        `cannot listen on ${address}: "${host}" is not an address of this machine`,
        { cause },
      );
    }
    if (cause instanceof Deno.errors.PermissionDenied) {
      throw new AddressInUse(
        `cannot listen on ${address}: not permitted; ports below 1024 belong to the system`,
        { cause },
      );
    }
    throw new AddressInUse(
      `cannot listen on ${address}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  return new TcpListener(listener);
}

class TcpListener implements Listener {
  readonly host: string;
  readonly port: number;
  onShortage?: () => void;
  readonly #listener: Deno.TcpListener;
  #closed = false;

  constructor(listener: Deno.TcpListener) {
    this.#listener = listener;
    this.host = listener.addr.hostname;
    this.port = listener.addr.port;
  }

  async accept(): Promise<Transport | null> {
    while (!this.#closed) {
      try {
        const conn = await this.#listener.accept();
        conn.setNoDelay(true);
        const { hostname, port } = conn.remoteAddr;
        return new ConnTransport(conn, plainHost(hostname), port);
      } catch (error) {
        if (this.#closed) return null;
        // A caller that left between the kernel's handshake and here, or no descriptor to spare:
        // neither ends the listener. The pause keeps the second from becoming a busy loop.
        if (error instanceof Deno.errors.BadResource) return null;
        if (!(error instanceof Deno.errors.ConnectionAborted)) this.onShortage?.();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
    return null;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
  }
}
