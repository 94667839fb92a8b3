import { limits } from "../../../../limits/mod.ts";
import * as packet from "./packet.ts";
import { RangeSet } from "../range_set.ts";

const unit = 1 / 0.008; // acknowledgements give their delay in units of 8 µs
/** This long, or longer. */
const delayMax = 0xffff;

/** The numbers of received packets, as far as they are remembered, and their encoding as an ack block. */
export class ReceivedPackets {
  readonly #ranges = new RangeSet();
  /** Numbers below this are no longer distinguished: such a late packet counts as a duplicate. */
  #floor = 0;
  #largest = -1;
  #largestAtMs = 0;

  /** The next expected number. */
  get next(): number {
    return this.#largest + 1;
  }

  get isEmpty(): boolean {
    return this.#largest < 0;
  }

  has(number: number): boolean {
    return number < this.#floor || this.#ranges.has(number);
  }

  /** Records a packet that `has` does not know. @returns Whether it arrived in order. */
  add(number: number, now: number): boolean {
    const isNext = number === this.#largest + 1;
    this.#ranges.add(number, number + 1);
    if (this.#ranges.count > limits.rawIp.ackRangesMax) {
      this.#floor = this.#ranges.ends[0]!;
      this.#ranges.removeFirst();
    }
    if (number > this.#largest) {
      this.#largest = number;
      this.#largestAtMs = now;
    }
    return isNext;
  }

  /** Writes an ack block of at most `room` bytes (16 or more). @returns Its length. */
  write(bytes: Uint8Array, at: number, room: number, credit: number, now: number): number {
    const { starts, ends } = this.#ranges;
    const delay = Math.min(delayMax, Math.round(Math.max(0, now - this.#largestAtMs) * unit));
    packet.writeU32(bytes, at, this.#largest % 0x1_0000_0000);
    packet.writeU16(bytes, at + 4, delay);
    bytes[at + 7] = 0;
    packet.writeU48(bytes, at + 8, credit);
    let index = starts.length - 1;
    packet.writeU16(bytes, at + 14, Math.min(0xffff, ends[index]! - starts[index]! - 1));
    let length = packet.ackBytes;
    const rangesMax = Math.min(packet.ackRangesMax - 1, (room - length) >> 2);
    let count = 0;
    while (count < rangesMax && index > 0) {
      // A range too long for its field is cut to its end, and earlier ranges are left out.
      if (ends[index]! - starts[index]! > 0x1_0000) break;
      const gap = starts[index]! - ends[index - 1]! - 1;
      if (gap > 0xffff) break;
      index -= 1;
      packet.writeU16(bytes, at + length, gap);
      packet.writeU16(
        bytes,
        at + length + 2,
        Math.min(0xffff, ends[index]! - starts[index]! - 1),
      );
      length += 4;
      count += 1;
    }
    bytes[at + 6] = count;
    return length;
  }
}

/** A decoded ack block, reused for the next one. */
export class AckBlock {
  /** How long ago the largest number arrived; Infinity if longer than the field can say. */
  delayMs = 0;
  /** The stream offset up to which the peer accepts bytes. */
  credit = 0;
  count = 0;
  /** The ranges `[start, end)`, the latest first. */
  readonly starts = new Float64Array(packet.ackRangesMax);
  readonly ends = new Float64Array(packet.ackRangesMax);

  /**
   * Decodes a block.
   *
   * @param sent The next number that this end sends.
   * @returns Its end in `bytes`; -1 if it is truncated or acknowledges unsent packets.
   */
  read(bytes: Uint8Array, at: number, sent: number): number {
    if (bytes.length < at + packet.ackBytes) return -1;
    const further = bytes[at + 6]!;
    if (further >= packet.ackRangesMax) return -1;
    const end = at + packet.ackBytes + 4 * further;
    if (bytes.length < end) return -1;
    const largest = packet.expandNumber(packet.readU32(bytes, at), sent);
    if (largest >= sent) return -1;
    const delay = packet.readU16(bytes, at + 4);
    this.delayMs = delay === delayMax ? Infinity : delay / unit;
    this.credit = packet.readU48(bytes, at + 8);
    this.count = further + 1;
    this.ends[0] = largest + 1;
    this.starts[0] = largest - packet.readU16(bytes, at + 14);
    for (let index = 1; index <= further; index++) {
      const from = at + packet.ackBytes + 4 * (index - 1);
      this.ends[index] = this.starts[index - 1]! - packet.readU16(bytes, from) - 1;
      this.starts[index] = this.ends[index]! - packet.readU16(bytes, from + 2) - 1;
    }
    return this.starts[further]! < 0 ? -1 : end;
  }
}
