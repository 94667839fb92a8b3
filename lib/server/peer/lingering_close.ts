/** The last word of a node on a connection has to arrive, whatever the other side is still sending. */
import { type Slice, tickNowMs } from "../../channel/mod.ts";
import type { Limits } from "../../limits/mod.ts";
import type { Transport } from "../../transport/mod.ts";
import { LinkedList, type ListLink } from "../linked_list.ts";

/** One buffer, for all connections, that discarded bytes are read into: most end after one read. */
const unread = new Uint8Array(64 * 1024);

/** What a read takes where nothing is made of it. */
const readMs = 0.02;

type OwnSlice = Pick<Slice, "demote" | "begin" | "settle" | "next" | "end">;
type OwnTransport = Pick<Transport, "closeWrite" | "read" | "close">;

interface Lingerer {
  readonly transport: OwnTransport;
  readonly slice: OwnSlice;
  readonly sinceMs: number;
  place?: ListLink;
}

/**
 * Connections that have heard all they will hear, and have not ended. They wait for turns as strangers do, and one
 * whose peer has long left looks like any other until it is read to its end: of too many, the oldest ends unread.
 */
export class Lingering {
  readonly #bounds: Limits;
  readonly #line = new LinkedList<Lingerer>();

  constructor(bounds: Limits) {
    this.#bounds = bounds;
  }

  /**
   * Ends the node's direction and reads on until the other side ends its own, for a bounded time: a close
   * with unread bytes would make the system throw away what is on its way. Never rejects.
   */
  async add(transport: OwnTransport, slice: OwnSlice): Promise<void> {
    slice.demote();
    const lingerer: Lingerer = { transport, slice, sinceMs: tickNowMs() };
    lingerer.place = this.#line.add(lingerer);
    if (this.#line.size > this.#bounds.lingeringMax) end(this.#line.first!);
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
      lingerer.place.leave();
    }
  }

  /** Ends those that have lingered long enough. `nowMs` is on the clock of `performance.now()`. */
  sweep(nowMs: number): void {
    for (const lingerer of this.#line) {
      if (nowMs - lingerer.sinceMs < this.#bounds.lingerMs) return;
      end(lingerer);
    }
  }
}

/** It may wait for its peer, or for a turn. */
function end({ transport, slice, place }: Lingerer): void {
  place?.leave();
  transport.close();
  slice.end();
}
