import type { ConnectTcpOptions, Transport } from "./transport.ts";
import { NodeUnreachable } from "../errors/mod.ts";
import { Timer } from "../timers/mod.ts";
import { addressesOf, connectToFirst } from "./_addresses.ts";
import { ConnTransport, formatAddress, plainHost } from "./conn.ts";

/**
 * Connects to a node.
 *
 * @throws {NodeUnreachable} If it cannot connect in time; the message says why.
 */
export async function connectTcp(
  host: string,
  port: number,
  options: ConnectTcpOptions,
): Promise<Transport> {
  if (options.localHost !== undefined || options.localPort !== undefined) {
    const { connectTcpFrom } = await import("./_tcp_from.ts");
    return await connectTcpFrom(host, port, options);
  }
  const conn = await openTcp(host, port, options.timeoutMs);
  const { preferredHost } = options;
  if (preferredHost !== undefined && plainHost(conn.localAddr.hostname) !== preferredHost) {
    const preferred = await connectFrom(preferredHost, { host, port }, options).catch(() => {});
    if (preferred !== undefined) {
      conn.close();
      return preferred;
    }
  }
  // The address that the name resolved to: a caller proves its key to that one.
  return new ConnTransport(conn, plainHost(conn.remoteAddr.hostname), conn.remoteAddr.port);
}

async function connectFrom(
  localHost: string,
  { host, port }: { readonly host: string; readonly port: number },
  { timeoutMs }: ConnectTcpOptions,
): Promise<Transport> {
  const { connectTcpFrom } = await import("./_tcp_from.ts");
  return await connectTcpFrom(host, port, { timeoutMs, localHost });
}

/** As {@linkcode connectTcp}, from an address that the kernel chooses; returns the runtime's own connection. */
export async function openTcp(
  host: string,
  port: number,
  timeoutMs: number,
): Promise<Deno.TcpConn> {
  const address = formatAddress(host, port);
  const ending = new AbortController();
  const connecting = connectToAny(host, port, ending.signal);
  let timer: Timer | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = new Timer(() => {
      reject(
        new NodeUnreachable(
          `${address} did not answer within ${
            Math.ceil(timeoutMs)
          } ms; is the machine up and the port open?`,
          { node: address },
        ),
      );
    }, timeoutMs);
  });
  try {
    const conn = await Promise.race([connecting, timeout]);
    conn.setNoDelay(true);
    return conn;
  } catch (error) {
    connecting.then((conn) => conn.close(), () => {});
    ending.abort();
    if (error instanceof NodeUnreachable) throw error;
    throw unreachable(address, error);
  } finally {
    timer?.stop();
  }
}

/** Connects to the address of the host that responds first. */
async function connectToAny(
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<Deno.TcpConn> {
  const addresses = await addressesOf(host);
  const connect = (hostname: string, signal: AbortSignal) =>
    Deno.connect({ hostname, port, signal });
  try {
    return await connectToFirst(addresses, connect, signal);
  } catch (error) {
    // A program may be permitted to connect to a name, and to none of its addresses.
    if (!(error instanceof Deno.errors.NotCapable) || addresses[0] === host) throw error;
    return await connect(host, signal);
  }
}

/** Explains a failed connection to the user. */
export function unreachable(address: string, cause: unknown): NodeUnreachable {
  const reason = cause instanceof Deno.errors.ConnectionRefused
    ? `nothing listens there; start it with "farcall serve ${address.replace(/:(\d+)$/, " $1")}"`
    : cause instanceof Error
    ? cause.message
    : String(cause);
  return new NodeUnreachable(`cannot connect to ${address}: ${reason}`, { node: address, cause });
}
