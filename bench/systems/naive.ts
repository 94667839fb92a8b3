/** The client of `peers/naive.py`: calls and results as lines of JSON, bytes as base64; one write per turn. */
import { type Connection, fromBase64, toBase64 } from "./contender.ts";

/** Connects. */
export async function open(port: number): Promise<Connection> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  conn.setNoDelay(true);
  const lines = new Lines(conn);
  return {
    add: (a, b) => lines.call("add", [a, b]) as Promise<number>,
    bytes: async (payload) =>
      fromBase64(await lines.call("echo", [toBase64(payload)]) as string).length,
    text: async (payload) => (await lines.call("echo", [payload]) as string).length,
    close: () => lines.close(),
  };
}

class Lines {
  readonly #conn: Deno.TcpConn;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  readonly #reading: Promise<void>;
  #next = 1;
  #unsent = "";
  #isWriting = false;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    this.#reading = this.#read().catch(() => {}); // The connection was closed.
  }

  call(method: string, params: unknown[]): Promise<unknown> {
    const id = this.#next++;
    this.#unsent += `${JSON.stringify({ id, method, params })}\n`;
    if (!this.#isWriting) {
      this.#isWriting = true;
      queueMicrotask(() => this.#write());
    }
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  async close(): Promise<void> {
    this.#conn.close();
    await this.#reading;
  }

  async #write(): Promise<void> {
    while (this.#unsent !== "") {
      const bytes = new TextEncoder().encode(this.#unsent);
      this.#unsent = "";
      for (let start = 0; start < bytes.length;) {
        start += await this.#conn.write(bytes.subarray(start));
      }
    }
    this.#isWriting = false;
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(256 * 1024);
    const decoder = new TextDecoder();
    let parts: string[] = [];
    for (let count; (count = await this.#conn.read(buffer)) !== null;) {
      const text = decoder.decode(buffer.subarray(0, count), { stream: true });
      const lines = text.split("\n");
      const last = lines.pop()!;
      for (const line of lines) {
        parts.push(line);
        const { id, result } = JSON.parse(parts.join(""));
        parts = [];
        this.#waiting.get(id)!(result);
        this.#waiting.delete(id);
      }
      if (last !== "") parts.push(last);
    }
  }
}
