/**
 * Network connections for scripts. The runtime's classes turn the number of any resource into a connection, including
 * that of the link to the node; these can only be created by connecting here.
 */
import type { GrantedAddresses } from "./addresses.ts";
import { isFixed } from "./buffers.ts";
import { answered, plainCopy } from "./errors.ts";
import {
  type ReadableStream,
  shownReadable,
  shownWritable,
  type WritableStream,
} from "./streams.ts";

const { connect: runtimeConnect, connectTls: runtimeConnectTls, resolveDns: runtimeResolve } = Deno;

/** The runtime's connection for a new facade; no script has one. */
class Existing<Value> {
  readonly value: Value;

  constructor(value: Value) {
    this.value = value;
  }
}

function fixed<Bytes extends Uint8Array>(bytes: Bytes): Bytes {
  if (bytes instanceof Uint8Array && isFixed(bytes)) return bytes;
  throw new TypeError("a connection needs a Uint8Array over a buffer of fixed length");
}

/** A connection to a granted host. */
class Connection {
  readonly #conn: Deno.TcpConn | Deno.TlsConn;
  #readable: ReadableStream | undefined;
  #writable: WritableStream | undefined;

  constructor(conn: unknown) {
    if (!(conn instanceof Existing)) throw new TypeError("Illegal constructor");
    this.#conn = conn.value;
  }

  get localAddr(): unknown {
    return plainCopy(this.#conn.localAddr);
  }

  get remoteAddr(): unknown {
    return plainCopy(this.#conn.remoteAddr);
  }

  get readable(): ReadableStream {
    this.#readable ??= shownReadable(this.#conn.readable);
    return this.#readable;
  }

  get writable(): WritableStream {
    this.#writable ??= shownWritable(this.#conn.writable);
    return this.#writable;
  }

  read(bytes: Uint8Array<ArrayBuffer>): Promise<number | null> {
    return answered(() => this.#conn.read(fixed(bytes)));
  }

  write(bytes: Uint8Array): Promise<number> {
    return answered(() => this.#conn.write(fixed(bytes)));
  }

  closeWrite(): Promise<void> {
    return answered(() => this.#conn.closeWrite());
  }

  close(): void {
    try {
      this.#conn.close();
    } catch {
      // Already closed.
    }
  }

  setNoDelay(isOn: unknown = true): void {
    if ("setNoDelay" in this.#conn) this.#conn.setNoDelay(Boolean(isOn));
  }

  setKeepAlive(isOn: unknown = true): void {
    if ("setKeepAlive" in this.#conn) this.#conn.setKeepAlive(Boolean(isOn));
  }

  ref(): void {}

  unref(): void {}

  [Symbol.dispose](): void {
    this.close();
  }

  get [Symbol.toStringTag](): string {
    return "Connection";
  }
}

/** A TLS connection. */
class TlsConnection extends Connection {
  readonly #conn: Deno.TlsConn;

  constructor(conn: unknown) {
    super(conn);
    this.#conn = (conn as Existing<Deno.TlsConn>).value;
  }

  handshake(): Promise<{ alpnProtocol: string | null }> {
    return answered(async () => {
      const { alpnProtocol } = await this.#conn.handshake();
      return { alpnProtocol };
    });
  }
}

interface ConnectionOptions {
  readonly hostname: string;
  readonly port: number;
}

function optionsOf(options: unknown): ConnectionOptions {
  const { transport = "tcp", hostname = "127.0.0.1", port } = Object(options) as Record<
    string,
    unknown
  >;
  if (transport !== "tcp") throw new TypeError('a script can connect by transport "tcp" only');
  const number = Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) {
    throw new TypeError(`a port is a number from 1 to 65535, not ${String(port)}`);
  }
  return { hostname: String(hostname), port: number };
}

function textsOf(list: unknown): string[] | undefined {
  return list === undefined ? undefined : Array.from(list as Iterable<unknown>, String);
}

function given<Value>(options: Record<string, Value | undefined>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Record<string, Value>;
}

/** `Deno.connect`, `connectTls` and `resolveDns` for scripts. */
export function connectingApi(addresses: GrantedAddresses): Record<string, unknown> {
  return {
    connect: (options?: unknown) =>
      answered(async () => {
        const target = optionsOf(options);
        const conn = await runtimeConnect(target);
        addresses.check(target.hostname, conn);
        return new Connection(new Existing(conn));
      }),
    connectTls: (options?: unknown) =>
      answered(async () => {
        const target = optionsOf(options);
        const { caCerts, alpnProtocols, cert, key } = Object(options) as Record<string, unknown>;
        const conn = await runtimeConnectTls({
          ...target,
          ...given({ caCerts: textsOf(caCerts), alpnProtocols: textsOf(alpnProtocols) }),
          ...cert === undefined ? {} : { cert: String(cert), key: String(key) },
        });
        addresses.check(target.hostname, conn);
        return new TlsConnection(new Existing(conn));
      }),
    resolveDns: (query: unknown, type: unknown, options?: unknown) =>
      answered(async () => {
        const { nameServer } = Object(options) as { nameServer?: Record<string, unknown> };
        const at = nameServer === undefined ? {} : {
          nameServer: {
            ipAddr: String(nameServer.ipAddr),
            port: nameServer.port === undefined ? 53 : Number(nameServer.port),
          },
        };
        return plainCopy(await runtimeResolve(String(query), String(type) as "A", at));
      }),
  };
}

/** Objects whose prototypes scripts can reach. */
export const connectionClasses: readonly unknown[] = [Connection, TlsConnection];
