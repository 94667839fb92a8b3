import { limits } from "../../../../limits/mod.ts";
import { type Memory, StreamBytes } from "../chunks.ts";
import { RangeSet } from "../range_set.ts";

/**
 * Our stream: written but unacknowledged bytes, and the choice of the next ones to send. The stream's end counts as one
 * more byte, so it is acknowledged, lost and resent like the rest.
 */
export class SendBuffer {
  readonly #memory: Memory;
  readonly #bytes: StreamBytes;
  /** Bytes held, as reported to the memory of all connections. */
  #toldBytes = 0;
  /** Total bytes written. */
  written = 0;
  isEnded = false;
  /** The offset up to which everything is acknowledged; and the acknowledged ranges beyond it. */
  acknowledged = 0;
  /** The offset of the first unsent byte. */
  #unsent = 0;
  readonly #beyond = new RangeSet();
  readonly #lost = new RangeSet();
  /** The range that `next` chose. */
  start = 0;
  /** Counts the stream's end as a byte. */
  end = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#bytes = new StreamBytes(memory);
  }

  /** Bytes held until they are acknowledged. */
  get heldBytes(): number {
    return Math.max(0, this.written - this.acknowledged);
  }

  get #finalEnd(): number {
    return this.isEnded ? this.written + 1 : this.written;
  }

  get isAllAcknowledged(): boolean {
    return this.isEnded && this.acknowledged === this.written + 1;
  }

  /** Whether lost bytes wait to be resent. */
  get hasLost(): boolean {
    return this.#lost.count > 0;
  }

  hasUnsent(credit: number): boolean {
    return this.#unsent < Math.min(this.written, credit) ||
      this.isEnded && this.#unsent === this.written;
  }

  /** Whether unsent bytes exceed the peer's credit. */
  isBlocked(credit: number): boolean {
    return this.#unsent < this.written && this.#unsent >= credit;
  }

  get unsentBytes(): number {
    return Math.max(0, this.written - this.#unsent);
  }

  /** @returns The number of bytes accepted. */
  write(bytes: Uint8Array, windowBytes: number): number {
    if (this.isEnded) return 0;
    const room = Math.max(0, this.#heldBytesMax(windowBytes) - this.heldBytes);
    const count = Math.min(bytes.length, room);
    this.#bytes.put(this.written, bytes, 0, count);
    this.written += count;
    this.#tell();
    return count;
  }

  /** Whether a blocked writer should continue: only for more than a few bytes. */
  hasRoom(windowBytes: number): boolean {
    return this.heldBytes <= this.#heldBytesMax(windowBytes) * 3 / 4;
  }

  /**
   * How many bytes to hold: a full window, and one more for each round trip that the oldest lost byte may take to get
   * through, so that the path never waits for the application. But not more than a share of what the process has left:
   * the peers of many connections may never read.
   */
  #heldBytesMax(windowBytes: number): number {
    const { sendBytesMin, sendBytesMax, sendBytesPerProcessMax, sendShare, chunkBytes } =
      limits.rawIp;
    const wanted = Math.min(sendBytesMax, Math.max(sendBytesMin, Math.ceil(4 * windowBytes)));
    const left = sendBytesPerProcessMax - this.#memory.sendBytes + this.#toldBytes;
    return Math.min(wanted, Math.max(chunkBytes, Math.floor(left * sendShare)));
  }

  #tell(): void {
    this.#memory.sendBytes += this.heldBytes - this.#toldBytes;
    this.#toldBytes = this.heldBytes;
  }

  /** Chooses the range `[start, end)` for a packet with room for `room` bytes. @returns Whether there is one. */
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

  /** Chooses the oldest unacknowledged range, to probe whether the peer is alive. */
  nextOldest(room: number): boolean {
    const sent = Math.min(this.#unsent, this.#finalEnd);
    if (this.acknowledged >= sent) return false;
    this.start = this.acknowledged;
    const end = this.#beyond.count > 0 ? this.#beyond.starts[0]! : sent;
    this.end = Math.min(end, this.#fit(this.start, room));
    return true;
  }

  /** The end of what fits: the stream's end takes no space. */
  #fit(start: number, room: number): number {
    const end = start + room;
    return end >= this.written ? this.#finalEnd : end;
  }

  /** Records that the chosen range was sent. */
  onSent(): void {
    if (this.#lost.count > 0) this.#lost.remove(this.start, this.end);
    if (this.end > this.#unsent) this.#unsent = this.end;
  }

  /** The chosen range's bytes, and whether it includes the stream's end. */
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
    this.#tell();
  }

  /** A packet with this range was lost: resend its unacknowledged part. */
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
    this.#tell();
  }
}
