import { limits } from "../../../../limits/mod.ts";
import { type Memory, StreamBytes } from "../chunks.ts";
import { RangeSet } from "../range_set.ts";

/** What became of a piece of the stream. */
export type Outcome =
  /** Taken, or known already. */
  | "taken"
  /** There is no room to remember another gap: as if it had not come. */
  | "refused"
  /** More than was allowed, or a stream with two ends. */
  | "violation";

/** The peer's stream: what has arrived, put in order. */
export class Reassembly {
  readonly #bytes: StreamBytes;
  /** All before this has arrived; and what has, beyond it. */
  arrived = 0;
  readonly #beyond = new RangeSet();
  /** What the application has read. */
  read = 0;
  /** Where the stream ends; Infinity while that is not known. */
  endsAt = Infinity;
  /** Nobody will read: bytes are counted, not kept. */
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

  /** Whether there is a gap before something that has arrived. */
  get hasGap(): boolean {
    return this.#beyond.count > 0;
  }

  /** Takes `packet[from, to)` as the stream's bytes from `offset` on; `credit`: how far the stream may go. */
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

  /** Copies the next bytes into `target`. @returns How many. */
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
