import { ConnTransport } from "./conn.ts";
import type { Transport } from "./transport.ts";

/** Connects to a Unix socket: the executor's end of its link to the node. */
export async function connectUnix(path: string): Promise<Transport> {
  return new ConnTransport(await Deno.connect({ transport: "unix", path }), "", 0);
}

/** A Unix socket that accepts one connection: the node's end of its link to an executor. */
export class UnixRendezvous {
  readonly path: string;
  readonly #listener: Deno.UnixListener;
  #closed = false;

  /** @param path At most about 100 bytes (the system's bound on socket paths). */
  constructor(path: string) {
    this.path = path;
    this.#listener = Deno.listen({ transport: "unix", path });
  }

  /** The one connection; the socket's path is then removed. */
  async accept(): Promise<Transport> {
    try {
      return new ConnTransport(await this.#listener.accept(), "", 0);
    } finally {
      this.close();
    }
  }

  /** Stops waiting. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
    try {
      Deno.removeSync(this.path);
    } catch {
      // The runtime may already have unlinked it.
    }
  }
}
