/** Reads a message that may be long, and may never be complete. */
import { ReadBuffer, type WaitingLine } from "../../channel/mod.ts";
import type { Transport } from "../../transport/mod.ts";
import type { PeerTrust } from "../peer/peer_trust.ts";

/** The cost in milliseconds of a read, besides what is made of its bytes. */
const readMs = 0.02;

/** A message that is this many times as long keeps its buffer while it waits for more. */
const keptShare = 4;

/**
 * Reads in the connection's turns. Bytes that have arrived stay with the system until then: thousands of half messages
 * would otherwise be in memory, and have taken everybody's time, before the first of them had its turn.
 */
export class PacedReader {
  readonly #transport: Pick<Transport, "read">;
  readonly #trust: Pick<PeerTrust, "budget" | "slice">;
  readonly #buffer: ReadBuffer;
  /** Whether the last read filled its buffer, so that more bytes are likely to have arrived. */
  #isMore: boolean;
  #messageBytes: number;

  /**
   * @param options `bytesMax`: the largest buffer; `first`: bytes already read; `used`: the buffer that they are in, to
   *   be used again.
   */
  constructor(
    transport: Pick<Transport, "read">,
    trust: Pick<PeerTrust, "budget" | "slice">,
    { bytesMax, first, used }: {
      readonly bytesMax: number;
      readonly first: Uint8Array;
      readonly used?: ArrayBuffer;
    },
  ) {
    this.#transport = transport;
    this.#trust = trust;
    this.#isMore = first.length === first.buffer.byteLength;
    this.#messageBytes = first.length;
    this.#buffer = new ReadBuffer({ memory: trust.budget, used, bytesMax });
  }

  /** @returns The next bytes, a view that is valid until {@linkcode taken}; null at the end of the stream. */
  async read(): Promise<Uint8Array | null> {
    const { slice } = this.#trust;
    const { bytes } = this.#buffer;
    const wasMore = this.#isMore;
    if (wasMore) await slice.beginInTurn();
    else slice.pause();
    const count = await this.#transport.read(bytes);
    // What came after a wait has its turn after it, and so does the end.
    if (wasMore && count !== null) slice.begin();
    else await slice.beginInTurn();
    if (count === null) return null;
    this.#isMore = count === bytes.length;
    this.#messageBytes += count;
    return bytes.subarray(0, count);
  }

  /** The bytes last read are no longer needed, and the message is not complete. */
  taken(): void {
    const { length } = this.#buffer.bytes;
    if (this.#isMore) this.#buffer.filled(length);
    else if (this.#messageBytes < keptShare * length) this.#buffer.shrink();
  }

  /** Waits for another turn if this one is spent. @param which `patient` unless the message is complete. */
  async pace(which: WaitingLine): Promise<void> {
    const { slice } = this.#trust;
    if (slice.settle(readMs)) await slice.next(which);
  }

  /** Releases the buffer. */
  release(): void {
    this.#buffer.release();
  }
}
