import { limits } from "../../../../limits/mod.ts";
import { type Memory, StreamBytes } from "../chunks.ts";
import { RangeSet } from "../range_set.ts";

/**
 * Our stream: what was written and not yet acknowledged, and which of it to send next. The end of the stream counts as
 * one byte more, so that it is acknowledged, lost and sent again like the rest.
 */
export class SendBuffer {
  readonly #bytes: StreamBytes;
  /** Bytes that were written, in all. */
  written = 0;
  isEnded = false;
  /** All before this is acknowledged; and what is, beyond it. */
  acknowledged = 0;
  /** What has not been sent yet begins here. */
  #unsent = 0;
  readonly #beyond = new RangeSet();
  readonly #lost = new RangeSet();
  /** What `next` chose. */
  start = 0;
  /** Counts the stream's end as a byte. */
  end = 0;

  constructor(memory: Memory) {
    this.#bytes = new StreamBytes(memory);
  }

  /** Bytes that are held until the peer has them. */
  get heldBytes(): number {
    return Math.max(0, this.written - this.acknowledged);
  }

  get #finalEnd(): number {
    return this.isEnded ? this.written + 1 : this.written;
  }

  get isAllAcknowledged(): boolean {
    return this.isEnded && this.acknowledged === this.written + 1;
  }

  /** Whether something was lost and not sent again. */
  get hasLost(): boolean {
    return this.#lost.count > 0;
  }

  hasUnsent(credit: number): boolean {
    return this.#unsent < Math.min(this.written, credit) ||
      this.isEnded && this.#unsent === this.written;
  }

  /** Whether there is more to send than the peer takes. */
  isBlocked(credit: number): boolean {
    return this.#unsent < this.written && this.#unsent >= credit;
  }

  get unsentBytes(): number {
    return Math.max(0, this.written - this.#unsent);
  }

  /** @returns How many bytes were taken: what is held does not exceed `heldBytesMax`. */
  write(bytes: Uint8Array, heldBytesMax: number): number {
    if (this.isEnded) return 0;
    const count = Math.min(bytes.length, Math.max(0, heldBytesMax - this.heldBytes));
    this.#bytes.put(this.written, bytes, 0, count);
    this.written += count;
    return count;
  }

  /** Chooses what to send in a packet with room for `room` bytes: `[start, end)`. @returns Whether there is something. */
  next(room: number, credit: number): boolean {
    if (this.#lost.count > 0) {
      this.start = this.#lost.starts[0]!;
      this.end = Math.min(this.#lost.ends[0]!, this.#fit(this.start, room));
      return true;
    }
    if (!this.hasUnsent(credit)) return false;
    this.start = this.#unsent;
    this.end = Math.min(this.#fit(this.start, room), Math.max(credit, this.start));
    if (this.isEnded && this.end === this.written && this.end - this.start <= room) this.end += 1;
    return true;
  }

  /** Chooses the oldest that is not acknowledged, to see whether the peer is there. */
  nextOldest(room: number): boolean {
    const sent = Math.min(this.#unsent, this.#finalEnd);
    if (this.acknowledged >= sent) return false;
    this.start = this.acknowledged;
    const end = this.#beyond.count > 0 ? this.#beyond.starts[0]! : sent;
    this.end = Math.min(end, this.#fit(this.start, room));
    return true;
  }

  /** The end of what fits: the stream's own end takes no room. */
  #fit(start: number, room: number): number {
    const end = start + room;
    return end >= this.written ? this.#finalEnd : end;
  }

  /** What `next` or `nextOldest` chose is on its way. */
  onSent(): void {
    if (this.#lost.count > 0) this.#lost.remove(this.start, this.end);
    if (this.end > this.#unsent) this.#unsent = this.end;
  }

  /** Bytes of the stream in what was chosen; and whether its end is. */
  get chosenBytes(): number {
    return Math.min(this.end, this.written) - this.start;
  }

  get isEndChosen(): boolean {
    return this.end > this.written;
  }

  copyChosen(target: Uint8Array, at: number): void {
    this.#bytes.get(this.start, target, at, this.chosenBytes);
  }

  onAcked(start: number, end: number): void {
    if (this.#lost.count > 0) this.#lost.remove(start, end);
    if (start > this.acknowledged) {
      this.#beyond.add(start, end);
      return;
    }
    if (end <= this.acknowledged) return;
    this.acknowledged = end;
    while (this.#beyond.count > 0 && this.#beyond.starts[0]! <= this.acknowledged) {
      this.acknowledged = Math.max(this.acknowledged, this.#beyond.ends[0]!);
      this.#beyond.removeFirst();
    }
    if (this.acknowledged >= this.written) this.#bytes.releaseAll();
    else this.#bytes.release(this.acknowledged);
  }

  /** A packet with this range is lost: what of it nobody has acknowledged goes again. */
  onLost(start: number, end: number): void {
    start = Math.max(start, this.acknowledged);
    if (start >= end) return;
    this.#lost.add(start, end);
    const { starts, ends } = this.#beyond;
    for (let index = 0; index < starts.length && starts[index]! < end; index++) {
      this.#lost.remove(starts[index]!, ends[index]!);
    }
  }

  drop(): void {
    this.#bytes.releaseAll();
    this.#lost.clear();
    this.#beyond.clear();
    this.isEnded = true;
    this.acknowledged = this.written + 1;
    this.#unsent = this.acknowledged;
  }

  /**
   * How much may be held: what is under way, and as much again for each round trip that the oldest lost byte may take to
   * get through, so that the application is never what the path waits for.
   */
  static heldBytesMax(windowBytes: number): number {
    const { sendBytesMin, sendBytesMax } = limits.rawIp;
    return Math.min(sendBytesMax, Math.max(sendBytesMin, Math.ceil(4 * windowBytes)));
  }
}
