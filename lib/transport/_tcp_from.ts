/** Connecting from a chosen address and port, which the runtime's own `connect` cannot do. */
import { createConnection, type Socket } from "node:net";
import { NodeUnreachable } from "../errors/mod.ts";
import { formatAddress } from "./_conn.ts";
import type { ConnectTcpOptions } from "./tcp.ts";
import type { Transport } from "./transport.ts";

/** @throws {NodeUnreachable} If it cannot connect, or not from there. */
export function connectTcpFrom(
  host: string,
  port: number,
  options: ConnectTcpOptions,
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
      options.timeoutMs,
    );
    socket.once("error", (error) => fail(error.message, error));
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      resolve(new SocketTransport(socket, host, port));
    });
  });
}

class SocketTransport implements Transport {
  readonly remote: string;
  readonly #socket: Socket;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest = new Uint8Array(0);

  constructor(socket: Socket, readonly remoteHost: string, readonly remotePort: number) {
    this.#socket = socket;
    this.remote = formatAddress(remoteHost, remotePort);
    socket.on("error", () => {});
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  async read(target: Uint8Array): Promise<number | null> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return null;
      this.#rest = new Uint8Array(next.value);
    }
    const count = Math.min(target.length, this.#rest.length);
    target.set(this.#rest.subarray(0, count));
    this.#rest = this.#rest.subarray(count);
    return count;
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes.slice(), (error) => error ? reject(error) : resolve());
    });
  }

  closeWrite(): Promise<void> {
    return new Promise((resolve) => this.#socket.end(() => resolve()));
  }

  close(): void {
    this.#socket.destroy();
  }
}
