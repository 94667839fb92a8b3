import { limits } from "../../../../limits/mod.ts";
import { type Memory, StreamBytes } from "../chunks.ts";
import { RangeSet } from "../range_set.ts";

/** The result of adding a piece of the stream. */
export type Outcome =
  /** Accepted, or already known. */
  | "taken"
  /** No room to remember another gap: the packet counts as lost. */
  | "refused"
  /** Beyond the credit, or a second, different end of the stream. */
  | "violation";

/** The peer's stream, reassembled in order. */
export class Reassembly {
  readonly #bytes: StreamBytes;
  /** The offset up to which everything has arrived; and the ranges beyond it. */
  arrived = 0;
  readonly #beyond = new RangeSet();
  /** The offset up to which the application has read. */
  read = 0;
  /** The end of the stream; Infinity until it is known. */
  endsAt = Infinity;
  /** The application stopped reading: bytes are counted, not stored. */
  #isDropped = false;

  constructor(memory: Memory) {
    this.#bytes = new StreamBytes(memory);
  }

  get readableBytes(): number {
    return this.arrived - this.read;
  }

  /** Whether all of the stream has arrived. */
  get isComplete(): boolean {
    return this.arrived === this.endsAt;
  }

  /** Whether a gap precedes received bytes. */
  get hasGap(): boolean {
    return this.#beyond.count > 0;
  }

  /** Adds `packet[from, to)` as the stream's bytes from `offset` on; `credit` bounds the stream. */
  put(
    offset: number,
    packet: Uint8Array,
    from: number,
    options: { isEnd: boolean; credit: number },
  ): Outcome {
    const to = packet.length;
    const end = offset + to - from;
    if (end > options.credit || end > this.endsAt) return "violation";
    if (options.isEnd) {
      const last = this.#beyond.count > 0
        ? this.#beyond.ends[this.#beyond.count - 1]!
        : this.arrived;
      if (this.endsAt !== Infinity && this.endsAt !== end || last > end) return "violation";
      this.endsAt = end;
    }
    if (end <= this.arrived) return "taken";
    if (offset <= this.arrived) {
      if (!this.#isDropped) {
        this.#bytes.put(this.arrived, packet, from + (this.arrived - offset), to);
      }
      this.arrived = end;
      this.#join();
      return "taken";
    }
    if (this.#beyond.count >= limits.rawIp.gapsMax) return "refused";
    if (!this.#isDropped && !this.#beyond.hasAll(offset, end)) {
      this.#bytes.put(offset, packet, from, to);
    }
    this.#beyond.add(offset, end);
    return "taken";
  }

  #join(): void {
    const { starts, ends } = this.#beyond;
    while (starts.length > 0 && starts[0]! <= this.arrived) {
      this.arrived = Math.max(this.arrived, ends[0]!);
      this.#beyond.removeFirst();
    }
    if (this.#isDropped) this.read = this.arrived;
  }

  /** Copies the next bytes into `target`. @returns Their number. */
  take(target: Uint8Array): number {
    const count = Math.min(target.length, this.arrived - this.read);
    if (count === 0) return 0;
    this.#bytes.get(this.read, target, 0, count);
    this.read += count;
    if (this.read === this.arrived && this.#beyond.count === 0) this.#bytes.releaseAll();
    else this.#bytes.release(this.read);
    return count;
  }

  drop(): void {
    this.#isDropped = true;
    this.#bytes.releaseAll();
    this.read = this.arrived;
  }
}
