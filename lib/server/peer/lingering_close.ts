/** The last word of a node on a connection has to arrive, whatever the other side is still sending. */
import type { Slice } from "../../channel/mod.ts";
import type { Limits } from "../../limits/mod.ts";
import type { Transport } from "../../transport/mod.ts";
import { LinkedList } from "../linked_list.ts";

/** One buffer, for all connections, that discarded bytes are read into. */
const unread = new Uint8Array(16 * 1024);

/** What a read takes where nothing is made of it. */
const readMs = 0.02;

/** Connections that have heard all they will hear, and have not ended. */
export class Lingering {
  readonly #bounds: Limits;
  readonly #line = new LinkedList<{ readonly transport: Transport; readonly sinceMs: number }>();

  constructor(bounds: Limits) {
    this.#bounds = bounds;
  }

  /**
   * Ends the node's direction and reads on until the other side ends its own, for a bounded time: a close
   * with unread bytes would make the system throw away what is on its way. Never rejects.
   */
  async add(transport: Transport, slice: Slice): Promise<void> {
    slice.demote();
    const place = this.#line.add({ transport, sinceMs: performance.now() });
    try {
      await transport.closeWrite();
      for (let bytes = 0; bytes < this.#bounds.lingerBytesMax;) {
        const count = await transport.read(unread);
        if (count === null) return;
        bytes += count;
        if (slice.settle(readMs)) await slice.next();
        slice.begin();
      }
    } catch {
      // The other side is gone: there is nobody to tell.
    } finally {
      place.leave();
    }
  }

  /** Ends those that have lingered long enough. `nowMs` is on the clock of `performance.now()`. */
  sweep(nowMs: number): void {
    for (const { transport, sinceMs } of this.#line) {
      if (nowMs - sinceMs < this.#bounds.lingerMs) return;
      transport.close();
    }
  }
}
