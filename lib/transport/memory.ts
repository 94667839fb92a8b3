import { formatAddress } from "./conn.ts";
import type { Listener, Transport } from "./transport.ts";

/** Unread bytes at which writers must wait. */
const pipeBytesHigh = 256 * 1024;

/** A bounded pipe from one end to the other. */
class Pipe {
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #ended = false;
  /** Whether the writing or the reading end is closed. */
  #broken = { writer: false, reader: false };
  #wake: (() => void)[] = [];

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#ended || this.#broken.reader) throw closed();
    if (bytes.length > 0) {
      this.#chunks.push(bytes.slice());
      this.#bytes += bytes.length;
      this.#notify();
    }
    while (this.#bytes > pipeBytesHigh) {
      if (this.#broken.reader || this.#broken.writer) throw closed();
      await this.#changed();
    }
  }

  async read(target: Uint8Array): Promise<number | null> {
    while (this.#chunks.length === 0) {
      if (this.#broken.reader) throw closed();
      if (this.#ended) return null;
      await this.#changed();
    }
    const chunk = this.#chunks[0]!;
    const count = Math.min(chunk.length, target.length);
    target.set(chunk.subarray(0, count));
    if (count === chunk.length) this.#chunks.shift();
    else this.#chunks[0] = chunk.subarray(count);
    this.#bytes -= count;
    this.#notify();
    return count;
  }

  end(): void {
    this.#ended = true;
    this.#notify();
  }

  /** Closes it immediately: nothing more is written or read. */
  break(side: "writer" | "reader"): void {
    this.#broken[side] = true;
    if (side === "writer") this.#ended = true;
    this.#notify();
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

class MemoryTransport implements Transport {
  readonly remote: string;
  readonly #incoming: Pipe;
  readonly #outgoing: Pipe;
  #closed = false;

  constructor(
    readonly remoteHost: string,
    readonly remotePort: number,
    readonly localHost: string,
    readonly localPort: number,
    incoming: Pipe,
    outgoing: Pipe,
  ) {
    this.remote = formatAddress(remoteHost, remotePort);
    this.#incoming = incoming;
    this.#outgoing = outgoing;
  }

  read(target: Uint8Array): Promise<number | null> {
    if (this.#closed) return Promise.reject(closed());
    return this.#incoming.read(target);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#outgoing.write(bytes);
  }

  closeWrite(): Promise<void> {
    if (this.#closed) return Promise.reject(closed());
    this.#outgoing.end();
    return Promise.resolve();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#outgoing.break("writer");
    this.#incoming.break("reader");
  }
}

function closed(): Error {
  return new Error("the connection is closed");
}

/**
 * The two ends of a connection in memory, for tests and for calls within a program.
 *
 * @param addresses The apparent addresses of the two ends: each end sees the other's as its `remote`.
 */
export function memoryPair(
  addresses: readonly [string, number][] = [["127.0.0.1", 1], ["127.0.0.1", 2]],
): [Transport, Transport] {
  const there = new Pipe();
  const back = new Pipe();
  return [
    new MemoryTransport(...addresses[1]!, ...addresses[0]!, back, there),
    new MemoryTransport(...addresses[0]!, ...addresses[1]!, there, back),
  ];
}

/** A listener in memory, with a `connect` method. */
export class MemoryListener implements Listener {
  readonly host = "127.0.0.1";
  readonly port = 0;
  onShortage?: () => void;
  #waiting: Transport[] = [];
  #takers: ((transport: Transport | null) => void)[] = [];
  #closed = false;

  /** Connects with the apparent address `host:port`. */
  connect(host = "127.0.0.1", port = 1): Transport {
    if (this.#closed) throw new Error("the listener is closed");
    const [client, server] = memoryPair([[host, port], [this.host, this.port]]);
    const taker = this.#takers.shift();
    if (taker !== undefined) taker(server);
    else this.#waiting.push(server);
    return client;
  }

  accept(): Promise<Transport | null> {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) return Promise.resolve(waiting);
    if (this.#closed) return Promise.resolve(null);
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  close(): void {
    this.#closed = true;
    for (const taker of this.#takers.splice(0)) taker(null);
    for (const transport of this.#waiting.splice(0)) transport.close();
  }
}
