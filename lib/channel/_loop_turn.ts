/** Yields to the event loop. */

interface Pair {
  readonly near: Deno.TcpConn;
  readonly far: Deno.TcpConn;
}

const byte = new Uint8Array(1);

/**
 * Lets the event loop look at its sockets and timers, in some 0.03 ms.
 *
 * The runtime polls sockets only when it is idle. A message to oneself (`MessageChannel`) or a timer that is due
 * already (0 ms, set before the work of a turn) keeps it busy: it then polls them every 61st time. A timer set after
 * all work leaves it idle, but takes 2.2 ms in Deno 2.9, 1.2 in 2.4. So a byte goes through a connection of the process
 * to itself: it arrives when the loop polls its sockets, all of them.
 */
export class LoopTurns {
  #pair: Pair | undefined;
  readonly #buffer = new Uint8Array(1);
  #last: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** Resolves when the loop has turned since this was called. Never rejects. */
  next(): Promise<void> {
    return this.#last = this.#next(this.#last);
  }

  /** Closes the connection. */
  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  async #next(last: Promise<void>): Promise<void> {
    await last;
    try {
      this.#pair ??= await connectToSelf();
      if (this.#isClosed) return this.#drop();
      // In this order: bytes that have arrived already are read without polling. Both fail if it is closed meanwhile.
      await Promise.all([this.#pair.near.read(this.#buffer), this.#pair.far.write(byte)]);
    } catch {
      // The program has no permission to connect to itself, or no descriptor left.
      this.#drop();
      if (!this.#isClosed) await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  #drop(): void {
    this.#pair?.near.close();
    this.#pair?.far.close();
    this.#pair = undefined;
  }
}

async function connectToSelf(): Promise<Pair> {
  // A missing permission must not prompt.
  const { state } = Deno.permissions.querySync({ name: "net", host: "127.0.0.1" });
  if (state !== "granted") throw new Deno.errors.NotCapable("it may not connect to itself");
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const near = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  try {
    for (;;) {
      const far = await listener.accept();
      // Another program of this machine may have been faster.
      if (far.remoteAddr.port === near.localAddr.port) {
        far.setNoDelay(true);
        return { near, far };
      }
      far.close();
    }
  } catch (error) {
    near.close();
    throw error;
  }
}
