/** Connects from a chosen local address and port, which the runtime's own `connect` cannot do. */
import { createConnection, type Socket } from "node:net";
import { NodeUnreachable } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { addressesOf } from "./_addresses.ts";
import { formatAddress, plainHost } from "./conn.ts";
import type { ConnectTcpOptions, Transport } from "./transport.ts";

/** The system's errors for a local port whose last connection has just ended. */
const portIsHeld = new Set(["EADDRINUSE", "EADDRNOTAVAIL", "EINVAL"]);

/**
 * Connects. Retries within the time while the system still holds the local port for a connection that has just ended.
 *
 * @throws {NodeUnreachable} If it cannot connect, or not from that address.
 */
export async function connectTcpFrom(
  host: string,
  port: number,
  options: ConnectTcpOptions,
): Promise<Transport> {
  const endMs = performance.now() + options.timeoutMs;
  const addresses = await reachableFrom(options.localHost, host);
  for (;;) {
    const leftMs = endMs - performance.now();
    try {
      return await connectInTurn(addresses, port, { ...options, leftMs });
    } catch (error) {
      const { code } = (error as NodeUnreachable).cause as { code?: string } | undefined ?? {};
      const isHeld = options.localPort !== undefined && portIsHeld.has(code ?? "");
      if (!isHeld || leftMs <= limits.localPortRetryMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, limits.localPortRetryMs));
  }
}

/** The addresses of a host in the local address's family. */
async function reachableFrom(localHost: string | undefined, host: string): Promise<string[]> {
  const addresses = await addressesOf(host);
  const isReachable = (address: string) =>
    localHost === undefined || address.includes(":") === localHost.includes(":");
  const reachable = addresses.filter(isReachable);
  return reachable.length > 0 ? reachable : [...addresses];
}

/** Tries one address after the other: a chosen local port allows one attempt at a time. */
async function connectInTurn(
  addresses: readonly string[],
  port: number,
  options: ConnectTcpOptions & { leftMs: number },
): Promise<Transport> {
  let first: unknown;
  for (const address of addresses) {
    try {
      return await connectOnce(address, port, options);
    } catch (error) {
      first ??= error;
    }
  }
  throw first;
}

function connectOnce(
  host: string,
  port: number,
  options: ConnectTcpOptions & { leftMs: number },
): Promise<Transport> {
  const address = formatAddress(host, port);
  const from = `${options.localHost ?? "any address"}, port ${options.localPort ?? "any"}`;
  return new Promise((resolve, reject) => {
    const socket = createConnection({
      host,
      port,
      localAddress: options.localHost,
      localPort: options.localPort,
      noDelay: true,
      allowHalfOpen: true,
    });
    const fail = (reason: string, cause?: unknown) => {
      clearTimeout(timer);
      socket.destroy();
      reject(
        new NodeUnreachable(`cannot connect to ${address} from ${from}: ${reason}`, {
          node: address,
          cause,
        }),
      );
    };
    const timer = setTimeout(
      () => fail(`no answer within ${options.timeoutMs} ms`),
      options.leftMs,
    );
    socket.once("error", (error) => fail(error.message, error));
    socket.once("connect", () => {
      clearTimeout(timer);
      if (!isFrom(socket, options)) {
        // Older runtimes silently ignore the options.
        fail(
          "this runtime cannot choose where a connection comes from; run farcall with Deno 2.9 or later",
        );
        return;
      }
      socket.removeAllListeners("error");
      resolve(new SocketTransport(socket, host, port));
    });
  });
}

/** Whether a connection has the requested local address. */
function isFrom(socket: Socket, { localHost, localPort }: ConnectTcpOptions): boolean {
  return (localPort === undefined || socket.localPort === localPort) &&
    (localHost === undefined || socket.localAddress === localHost);
}

class SocketTransport implements Transport {
  readonly remote: string;
  readonly remoteHost: string;
  readonly #socket: Socket;
  /** Received but unread data; the socket is paused while there is any. */
  #arrived: Uint8Array[] = [];
  #hasEnded = false;
  #isClosed = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(socket: Socket, host: string, readonly remotePort: number) {
    this.#socket = socket;
    this.remoteHost = plainHost(socket.remoteAddress ?? host);
    this.remote = formatAddress(this.remoteHost, remotePort);
    // Not its async iterator, which would close our direction when the peer closes its own.
    socket.pause();
    socket.on("data", (chunk: Uint8Array) => {
      socket.pause();
      this.#arrived.push(chunk);
      this.#wake?.();
    });
    socket.on("end", () => {
      this.#hasEnded = true;
      this.#wake?.();
    });
    socket.on("error", (error) => this.#failure = error);
    socket.on("close", () => this.#wake?.());
  }

  async read(target: Uint8Array): Promise<number | null> {
    for (;;) {
      if (this.#isClosed) throw closed();
      if (this.#arrived.length > 0) break;
      if (this.#hasEnded) return null;
      if (this.#socket.destroyed) throw this.#failure ?? closed();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#socket.resume();
      });
    }
    const chunk = this.#arrived[0]!;
    const count = Math.min(target.length, chunk.length);
    target.set(chunk.subarray(0, count));
    if (count === chunk.length) this.#arrived.shift();
    else this.#arrived[0] = chunk.subarray(count);
    return count;
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes.slice(), (error) => error ? reject(error) : resolve());
    });
  }

  closeWrite(): Promise<void> {
    // On a destroyed socket the callback is never called.
    if (this.#socket.destroyed) return Promise.reject(closed());
    return new Promise((resolve) => this.#socket.end(() => resolve()));
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.destroy();
    this.#wake?.();
  }
}

function closed(): Error {
  return new Error("the connection is closed");
}
