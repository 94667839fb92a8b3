import { readInto, writeFrom } from "./_direct_io.ts";
import type { Transport } from "./transport.ts";

/** So many bytes fit into one segment of TCP, whatever the way. */
const segmentBytes = 536;

/** A stream socket of the runtime as a {@linkcode Transport}. */
export class ConnTransport implements Transport {
  readonly remote: string;
  readonly localHost: string | undefined;
  readonly localPort: number | undefined;
  receivedBytes = 0;
  sentBytes = 0;
  readonly #conn: Deno.Conn;
  #closed = false;
  #isWriting = false;
  /** Whether the system sends small writes at once. */
  #isPrompt = false;
  /** One function for all reads: each connection has a pending read. */
  #counted: ((count: number | null) => number | null) | undefined;
  /** Callbacks that wait for the current write. */
  #writers: (() => void)[] | undefined;

  constructor(conn: Deno.Conn, readonly remoteHost: string, readonly remotePort: number) {
    this.#conn = conn;
    const { localAddr } = conn;
    // A TLS connection does not always report its transport as TCP.
    if ("hostname" in localAddr) {
      this.localHost = plainHost(localAddr.hostname);
      this.localPort = localAddr.port;
    }
    this.remote = remoteHost === "" ? "unix" : formatAddress(remoteHost, remotePort);
  }

  read(target: Uint8Array): Promise<number | null> {
    if (target.length === 0) return Promise.resolve(0);
    return readInto(this.#conn, target).then(this.#counted ??= (count) => this.#count(count));
  }

  #count(count: number | null): number | null {
    if (count === null || count === 0) return null;
    this.receivedBytes += count;
    return count;
  }

  async write(bytes: Uint8Array): Promise<void> {
    // The runtime may split a large write; parts of another must not come in between.
    if (this.#isWriting) {
      await new Promise<void>((resolve) => (this.#writers ??= []).push(resolve));
    }
    this.#isWriting = true;
    try {
      this.#beginWrite(bytes);
      let written = await writeFrom(this.#conn, bytes);
      while (written < bytes.length) {
        written += await writeFrom(this.#conn, bytes.subarray(written));
      }
      this.sentBytes += bytes.length;
    } finally {
      // Already handed over, so that no other write comes in between.
      const next = this.#writers?.shift();
      if (next === undefined) this.#isWriting = false;
      else next();
    }
  }

  /**
   * Has the system send small writes without waiting until earlier ones are acknowledged. A first write that fits into a
   * segment waits for none, and many connections have no other.
   */
  #beginWrite(bytes: Uint8Array): void {
    if (this.#isPrompt || this.sentBytes === 0 && bytes.length <= segmentBytes) return;
    this.#isPrompt = true;
    // The runtime offers it for plain TCP only.
    if ("setNoDelay" in this.#conn) (this.#conn as Deno.TcpConn).setNoDelay(true);
  }

  closeWrite(): Promise<void> {
    return this.#conn.closeWrite();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#conn.close();
    } catch {
      // The runtime has already closed it, which is the desired state.
    }
  }
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatAddress(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** An address with its carrier: `udp://10.0.0.1:8181`, `nats:lab/s7`; over TCP as `formatAddress`. */
export function formatCarried(
  host: string,
  port: number,
  carrier: Transport["carrier"],
): string {
  if (carrier === "nats") return `nats:${host}`;
  const address = formatAddress(host, port);
  return carrier === undefined ? address : `${carrier}://${address}`;
}

/**
 * The node at a transport's other end, as named in key proofs: a UDP port may belong to another program than the TCP
 * port.
 */
export function formatPeer(
  { remoteHost, remotePort, carrier }: Pick<Transport, "remoteHost" | "remotePort" | "carrier">,
): string {
  return formatCarried(remoteHost, remotePort, carrier);
}

const mappedIpv4 = /^::ffff:\d+\.\d+\.\d+\.\d+$/i;

/** An IPv4 address that was mapped into IPv6 (`::ffff:10.0.0.1`), as IPv4; others unchanged. */
export function plainHost(host: string): string {
  return host.startsWith("::") && mappedIpv4.test(host) ? host.slice(7) : host;
}
