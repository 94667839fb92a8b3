/** The limit: a TCP echo on the same runtime, without frames, checks or other processes. 16 bytes stand for a call. */
import type { Connection } from "./contender.ts";

const callBytes = new Uint8Array(16).fill(120);
const readBytesFirst = 4 * 1024;
const readBytesMax = 256 * 1024;

/** Connects. */
export async function open(port: number, atOnce: number): Promise<Connection> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  conn.setNoDelay(true);
  return atOnce > 1 ? new SharedConnection(conn) : new DirectConnection(conn);
}

/** Echoes all input. */
export function serve(): Promise<number> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  (async () => {
    for await (const conn of listener) {
      conn.setNoDelay(true);
      echo(conn).catch(() => {}).finally(() => conn.close());
    }
  })();
  return Promise.resolve(listener.addr.port);
}

async function echo(conn: Deno.TcpConn): Promise<void> {
  let buffer = new Uint8Array(readBytesFirst);
  let count: number | null;
  while ((count = await conn.read(buffer)) !== null) {
    await writeAll(conn, buffer.subarray(0, count));
    if (count === buffer.length && count < readBytesMax) buffer = new Uint8Array(count * 4);
  }
}

async function writeAll(conn: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let start = 0; start < bytes.length;) start += await conn.write(bytes.subarray(start));
}

/** One echo at a time: writes and reads. */
class DirectConnection implements Connection {
  readonly #conn: Deno.TcpConn;
  #buffer = new Uint8Array(readBytesFirst);

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  async add(a: number, b: number): Promise<number> {
    await this.bytes(callBytes);
    return a + b;
  }

  async bytes(payload: Uint8Array<ArrayBuffer>): Promise<number> {
    if (payload.length >= this.#buffer.length) this.#buffer = new Uint8Array(readBytesMax);
    // Input beyond the system's buffers must be read while writing.
    const writing = writeAll(this.#conn, payload);
    let bytes = 0;
    while (bytes < payload.length) {
      const count = await this.#conn.read(this.#buffer);
      if (count === null) throw new Error("the echo has ended");
      bytes += count;
    }
    await writing;
    return bytes;
  }

  async text(payload: string): Promise<number> {
    return await this.bytes(new TextEncoder().encode(payload) as Uint8Array<ArrayBuffer>);
  }

  close(): void {
    this.#conn.close();
  }
}

/** Many concurrent echoes, matched by their order; one write per turn. */
class SharedConnection implements Connection {
  readonly #conn: Deno.TcpConn;
  readonly #reading: Promise<void>;
  #waiting: (() => void)[] = [];
  #isScheduled = false;
  #unsent = 0;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    this.#reading = this.#read().catch(() => {}); // The connection was closed.
  }

  async add(a: number, b: number): Promise<number> {
    const answered = new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#unsent += 1;
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      queueMicrotask(() => this.#flush());
    }
    await answered;
    return a + b;
  }

  bytes(): Promise<number> {
    throw new TypeError("only calls are shared");
  }

  text(): Promise<number> {
    throw new TypeError("only calls are shared");
  }

  async close(): Promise<void> {
    this.#conn.close();
    await this.#reading;
  }

  async #flush(): Promise<void> {
    while (this.#unsent > 0) {
      const calls = new Uint8Array(this.#unsent * callBytes.length).fill(120);
      this.#unsent = 0;
      await writeAll(this.#conn, calls);
    }
    this.#isScheduled = false;
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(readBytesMax);
    let bytes = 0;
    for (let count; (count = await this.#conn.read(buffer)) !== null;) {
      bytes += count;
      const answered = Math.floor(bytes / callBytes.length);
      bytes -= answered * callBytes.length;
      for (const resolve of this.#waiting.splice(0, answered)) resolve();
    }
  }
}
