/** Reads the heads of the requests of one connection. */
import type { Slice } from "../../channel/mod.ts";
import { firstBufferBytes } from "../../encoding/mod.ts";
import { limits } from "../../limits/mod.ts";
import { headEnd, type HttpHead, malformed, parseHttpHead } from "../../protocol/json/mod.ts";
import type { Transport } from "../../transport/mod.ts";
import type { PeerBudget } from "../memory/peer_budget.ts";

/** A request whose head has come. */
export interface BegunRequest {
  readonly head: HttpHead;
  /** What followed it, a view. */
  readonly rest: Uint8Array;
}

/** What the connection may hold, and when its end is handled. */
interface Shares {
  readonly budget: Pick<PeerBudget, "add" | "release">;
  readonly slice: Pick<Slice, "beginInTurn" | "pause">;
}

/** A head that fills its buffer gets one this many times as large, and so do those after it. */
const growth = 4;

/** Connections that wait, for a request or in the middle of a head, keep no more than a small buffer. */
export class HeadReader {
  readonly #shares: Shares;
  readonly #onBegun: () => void;
  #bufferBytes = firstBufferBytes;

  /** @param onBegun Called when the first bytes of a head have come. */
  constructor(shares: Shares, onBegun: () => void) {
    this.#shares = shares;
    this.#onBegun = onBegun;
  }

  /**
   * Reads the next head.
   *
   * @param first Bytes already read.
   * @returns Undefined if the peer has closed its direction before.
   * @throws {HttpRefusal} If it is malformed, too long, or not complete.
   */
  async read(
    first: Uint8Array,
    transport: Pick<Transport, "read">,
  ): Promise<BegunRequest | undefined> {
    const end = headEnd(first, 0);
    if (end !== undefined) return begunAt(end, first);
    let { length } = first;
    let buffer = copyOf(first, Math.max(this.#bufferBytes, length + firstBufferBytes));
    this.#shares.budget.add(buffer.length);
    try {
      for (;;) {
        this.#shares.slice.pause();
        const count = await transport.read(buffer.subarray(length));
        if (count === null) {
          await this.#shares.slice.beginInTurn();
          if (length === 0) return undefined;
          throw malformed("the connection ended inside the head of a request");
        }
        if (length === 0) this.#onBegun();
        const bytes = buffer.subarray(0, length + count);
        const end = headEnd(bytes, length);
        if (end !== undefined) return begunAt(end, bytes);
        length += count;
        if (length === buffer.length) buffer = this.#grown(buffer);
      }
    } finally {
      this.#shares.budget.release(buffer.length);
    }
  }

  #grown(buffer: Uint8Array): Uint8Array<ArrayBuffer> {
    // `headEnd` refuses a head as long as that.
    const bytes = Math.min(growth * buffer.length, limits.httpHeadBytesMax);
    this.#shares.budget.add(bytes - buffer.length);
    this.#bufferBytes = bytes;
    return copyOf(buffer, bytes);
  }
}

function begunAt(end: number, bytes: Uint8Array): BegunRequest {
  return { head: parseHttpHead(bytes.subarray(0, end)), rest: bytes.subarray(end) };
}

/** The same bytes at the beginning of a new buffer. */
function copyOf(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(length);
  copy.set(bytes);
  return copy;
}
