/**
 * The minimum cost of a second process: the echo of `bare_echo.ts` behind a relay, which forwards bytes over a Unix
 * socket and the replies back in the order of their arrival. No frames, no checks. Each socket is written once per
 * turn.
 */
import { fileURLToPath } from "node:url";

export { open } from "./bare_echo.ts";

const readBytesFirst = 4 * 1024;
const readBytesMax = 256 * 1024;

/** Starts the relay in this process, and the echo in another. */
export async function serve(): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "farcall-bench-" });
  const path = `${folder}/link`;
  const rendezvous = Deno.listen({ transport: "unix", path });
  const args = ["run", "--quiet", "--allow-all", fileURLToPath(import.meta.url), path];
  new Deno.Command(Deno.execPath(), { args, stdout: "null" }).spawn();
  const link = await rendezvous.accept();
  rendezvous.close();
  await Deno.remove(folder, { recursive: true });
  const echo = new Writer(link);
  const owed = new Owed();
  read(link, (bytes) => owed.pay(bytes)).finally(() => Deno.exit(1));
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  (async () => {
    for await (const conn of listener) {
      conn.setNoDelay(true);
      const caller = new Writer(conn);
      read(conn, (bytes) => {
        owed.add(caller, bytes.length);
        echo.add(bytes);
      }).catch(() => {}).finally(() => caller.close());
    }
  })();
  return listener.addr.port;
}

/** The receiver of the echo's next bytes. */
class Owed {
  #debts: { readonly to: Writer; bytes: number }[] = [];
  #paid = 0;

  add(to: Writer, bytes: number): void {
    this.#debts.push({ to, bytes });
  }

  pay(bytes: Uint8Array<ArrayBuffer>): void {
    for (let start = 0; start < bytes.length;) {
      const debt = this.#debts[this.#paid];
      const part = bytes.subarray(start, start + debt.bytes);
      debt.to.add(part);
      debt.bytes -= part.length;
      start += part.length;
      if (debt.bytes === 0) this.#paid += 1;
    }
    if (this.#paid < this.#debts.length / 2) return;
    this.#debts = this.#debts.slice(this.#paid);
    this.#paid = 0;
  }
}

/** Writes a turn's data at its end. */
class Writer {
  readonly #conn: Deno.Conn;
  #buffer = new Uint8Array(readBytesFirst);
  #spare = new Uint8Array(readBytesFirst);
  #bytes = 0;
  #isWriting = false;
  #isClosed = false;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  add(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    const needed = this.#bytes + bytes.length;
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(2 * needed);
      grown.set(this.#buffer.subarray(0, this.#bytes));
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#bytes);
    this.#bytes = needed;
    if (this.#isWriting) return;
    this.#isWriting = true;
    queueMicrotask(() => this.#write().catch(() => this.close()));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#conn.close();
  }

  async #write(): Promise<void> {
    while (this.#bytes > 0 && !this.#isClosed) {
      const [full, bytes] = [this.#buffer, this.#bytes];
      this.#buffer = this.#spare;
      this.#bytes = 0;
      for (let start = 0; start < bytes;) {
        start += await this.#conn.write(full.subarray(start, bytes));
      }
      this.#spare = full;
    }
    this.#isWriting = false;
  }
}

/** Reads to the end; the argument of `take` is valid until it returns. */
async function read(
  conn: Deno.Conn,
  take: (bytes: Uint8Array<ArrayBuffer>) => void,
): Promise<void> {
  let buffer = new Uint8Array(readBytesFirst);
  for (let count; (count = await conn.read(buffer)) !== null;) {
    take(buffer.subarray(0, count));
    if (count === buffer.length && count < readBytesMax) buffer = new Uint8Array(count * 4);
  }
}

if (import.meta.main) {
  const link = await Deno.connect({ transport: "unix", path: Deno.args[0] });
  const writer = new Writer(link);
  await read(link, (bytes) => writer.add(bytes));
}
