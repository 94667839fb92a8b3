/**
 * The socket below a connection to NATS. The library's own for Node.js starts TLS on an open socket of node:net, which
 * Deno 2.4 does not support; the runtime's does.
 */
import { limits } from "../../limits/mod.ts";
import { openTcp } from "../mod.ts";
import type { NatsOptions, NatsServer, NatsSocket } from "./_library.ts";

/** TCP, or TLS if the options or the server require it. */
export class Socket implements NatsSocket {
  readonly lang = "farcall";
  readonly version = "1";
  closeError?: Error;
  #conn: Deno.TcpConn | Deno.TlsConn | undefined;
  #isEncrypted = false;
  #isClosed = false;
  /** Data read before the library starts reading. */
  #first: Uint8Array = new Uint8Array(0);
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #isWriting = false;
  #onDrained: (() => void)[] = [];
  readonly #ended = Promise.withResolvers<void | Error>();

  get isClosed(): boolean {
    return this.#isClosed;
  }

  isEncrypted(): boolean {
    return this.#isEncrypted;
  }

  async connect(server: NatsServer, { tls, timeout }: NatsOptions): Promise<void> {
    const conn = this.#conn = await openTcp(server.hostname, server.port, timeout);
    if (this.#isClosed) {
      conn.close();
      throw new Error("given up");
    }
    try {
      this.#first = await readInfo(conn);
      const info = JSON.parse(new TextDecoder().decode(this.#first).slice("INFO ".length));
      if (tls === undefined && info.tls_required !== true) return;
      if (info.tls_required !== true && info.tls_available !== true) {
        throw new Error("it does not offer TLS, which its URL (tls://) or a certificate requires");
      }
      const secure = await Deno.startTls(conn, {
        hostname: server.tlsName || server.hostname,
        caCerts: [...tls?.authorities ?? []],
      });
      this.#conn = secure;
      await secure.handshake();
      this.#isEncrypted = true;
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    yield this.#first;
    // The library returns views of the buffers that it is given.
    let buffer = new Uint8Array(0);
    while (!this.#isClosed && this.#conn !== undefined) {
      if (buffer.length < readBytesMin) buffer = new Uint8Array(readBytes);
      let count: number | null;
      try {
        count = await this.#conn.read(buffer);
      } catch (error) {
        return this.#end(error as Error);
      }
      if (count === null) return this.#end();
      yield buffer.subarray(0, count);
      buffer = buffer.subarray(count);
    }
  }

  send(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (!this.#isWriting) this.#write();
  }

  /** Whether much sent data waits for the server to read it. */
  get isCongested(): boolean {
    return !this.#isClosed && this.#queuedBytes > limits.nats.queuedBytesHigh;
  }

  /** Resolves when little sent data waits for the server to read it, or the socket has ended. */
  async drained(): Promise<void> {
    while (this.isCongested) {
      await new Promise<void>((resolve) => this.#onDrained.push(resolve));
    }
  }

  async close(error?: Error): Promise<void> {
    // The library's last messages, such as unsubscriptions, need not arrive.
    this.#end(error);
    await this.#ended.promise;
  }

  disconnect(): void {
    this.#end();
  }

  closed(): Promise<void | Error> {
    return this.#ended.promise;
  }

  discard(): void {
    this.#end();
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    try {
      for (;;) {
        const bytes = this.#queue.shift();
        if (bytes === undefined || this.#conn === undefined) break;
        for (let written = 0; written < bytes.length;) {
          written += await this.#conn.write(written === 0 ? bytes : bytes.subarray(written));
        }
        this.#queuedBytes -= bytes.length;
        if (this.#queuedBytes <= limits.nats.queuedBytesHigh) this.#wake();
      }
    } catch (error) {
      this.#end(error as Error);
    } finally {
      this.#isWriting = false;
    }
  }

  #wake(): void {
    for (const wake of this.#onDrained.splice(0)) wake();
  }

  #end(error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.closeError = error;
    this.#queue = [];
    try {
      this.#conn?.close();
    } catch {
      // Already closed by the runtime.
    }
    this.#wake();
    this.#ended.resolve(error);
  }
}

const readBytes = 256 * 1024;
const readBytesMin = 16 * 1024;

/** The first line from the server, which sends nothing more before it is answered. */
async function readInfo(conn: Deno.Conn): Promise<Uint8Array> {
  const buffer = new Uint8Array(limits.nats.infoBytesMax);
  let length = 0;
  while (buffer[length - 1] !== 10) {
    const count = length === buffer.length ? null : await conn.read(buffer.subarray(length));
    if (count === null) throw new Error("its answer is not NATS");
    length += count;
    const begun = new TextDecoder().decode(buffer.subarray(0, Math.min(5, length)));
    if (!"INFO ".startsWith(begun.toUpperCase())) throw new Error("its answer is not NATS");
  }
  return buffer.slice(0, length);
}
