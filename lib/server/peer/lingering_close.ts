/** Closes connections so that the node's final message arrives, whatever the peer is still sending. */
import { type Slice, tickNowMs } from "../../channel/mod.ts";
import type { Limits } from "../../limits/mod.ts";
import type { Transport } from "../../transport/mod.ts";
import { LinkedList, type ListLink } from "../linked_list.ts";

/** A buffer shared by all connections, for discarded bytes: most end after one read. */
const unread = new Uint8Array(64 * 1024);

/** The cost of a discarding read. */
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
 * Connections after their final message that have not ended. They wait for turns as strangers do, and one whose peer
 * has long left looks like any other until it is read to its end; if there are too many, the oldest is closed unread.
 */
export class Lingering {
  readonly #bounds: Limits;
  readonly #line = new LinkedList<Lingerer>();

  constructor(bounds: Limits) {
    this.#bounds = bounds;
  }

  /**
   * Ends the node's direction and keeps reading until the peer ends its own, for a bounded time: closing with unread
   * input would make the system discard data in transit. Never rejects.
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
      // The peer is gone.
    } finally {
      lingerer.place.leave();
    }
  }

  /** Closes those that have lingered long enough. `nowMs` is on the clock of `performance.now()`. */
  sweep(nowMs: number): void {
    for (const lingerer of this.#line) {
      if (nowMs - lingerer.sinceMs < this.#bounds.lingerMs) return;
      end(lingerer);
    }
  }
}

/** It may be waiting for its peer, or for a turn. */
function end({ transport, slice, place }: Lingerer): void {
  place?.leave();
  transport.close();
  slice.end();
}
