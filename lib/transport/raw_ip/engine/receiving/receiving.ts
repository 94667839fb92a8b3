import { limits } from "../../../../limits/mod.ts";
import { ReceivedPackets } from "../packets/ack_ranges.ts";
import type { Memory } from "../chunks.ts";
import * as packet from "../packets/packet.ts";
import { Reassembly } from "./reassembly.ts";
import { ReceiveWindow } from "./receive_window.ts";
import type { RoundTrip } from "../sending/rtt.ts";

/** The receiving half of a connection: the peer's stream, and when to acknowledge. */
export class Receiving {
  readonly packets = new ReceivedPackets();
  readonly stream: Reassembly;
  readonly window: ReceiveWindow;
  packetsReceived = 0;
  readonly #rtt: RoundTrip;
  /** The number of packets to acknowledge, and the deadline for it. */
  #waiting = 0;
  #waitingBytes = 0;
  #ackAtMs = Infinity;
  #isAckUrgent = false;
  #isReleased = false;

  constructor(memory: Memory, rtt: RoundTrip, now: number) {
    this.stream = new Reassembly(memory);
    this.window = new ReceiveWindow(memory, now);
    this.#rtt = rtt;
  }

  /** Handles a duplicate packet: its acknowledgement was lost. */
  onDuplicate(): void {
    this.#isAckUrgent = true;
  }

  /** Records the number of an accepted packet. */
  onPacket(
    number: number,
    options: { isToAck: boolean; isPing: boolean; bytes: number },
    now: number,
  ): void {
    this.packetsReceived += 1;
    const isNext = this.packets.add(number, now);
    if (!options.isToAck) return;
    this.#waiting += 1;
    this.#waitingBytes += options.bytes;
    if (!isNext || options.isPing) this.#isAckUrgent = true;
    if (this.#waiting === 1) this.#ackAtMs = now + limits.rawIp.ackDelayMs;
  }

  /** Whether the next packet should carry an acknowledgement. */
  get hasNews(): boolean {
    return this.#waiting > 0 || this.#isAckUrgent || this.window.credit !== this.window.told;
  }

  get owesAck(): boolean {
    return this.#waiting > 0 || this.#isAckUrgent;
  }

  get isEmpty(): boolean {
    return this.packets.isEmpty;
  }

  /** Whether an acknowledgement is worth a packet of its own. */
  isAckDue(now: number): boolean {
    if (this.#isAckUrgent) return true;
    const { ackPacketsMax, ackPacketsMaxLarge, windowBytesFirst } = limits.rawIp;
    const most = this.window.windowBytes > windowBytesFirst ? ackPacketsMaxLarge : ackPacketsMax;
    if (this.#waiting >= most || this.#ackAtMs <= now) return true;
    if (this.#waitingBytes >= limits.rawIp.ackBytesMax) return true;
    return this.window.mustTell && !this.isEmpty && !this.stream.isComplete;
  }

  get deadline(): number {
    return this.#ackAtMs;
  }

  /** Writes an ack block of at most `room` bytes. @returns Its length. */
  writeAck(bytes: Uint8Array, at: number, room: number, now: number): number {
    this.#waiting = 0;
    this.#waitingBytes = 0;
    this.#ackAtMs = Infinity;
    this.#isAckUrgent = false;
    this.window.told = this.window.credit;
    return this.packets.write(bytes, at, room, this.window.credit, now);
  }

  take(target: Uint8Array, now: number): number {
    const count = this.stream.take(target);
    if (count > 0) this.window.onRead(this.stream.read, this.#rtt.smoothedMs, now);
    return count;
  }

  /** Grants no more credit. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.window.release();
  }
}

/** The layout of a DATA packet, reused for the next one. */
export class DataLayout {
  openingAt = 0;
  ackAt = 0;
  /** The stream offset, the start of its bytes in the packet, and whether the stream ends after them. */
  offset = 0;
  bytesAt = 0;
  hasStream = false;
  isEnd = false;

  /** @returns Whether the packet is well-formed, as far as can be told without its connection. */
  read(bytes: Uint8Array): boolean {
    const flags = bytes[1]!;
    let at = packet.headBytes;
    this.openingAt = 0;
    if ((flags & packet.flags.opening) !== 0) {
      this.openingAt = at;
      at += packet.openingBytes;
    }
    this.ackAt = 0;
    if ((flags & packet.flags.ack) !== 0) {
      if (bytes.length < at + packet.ackBytes) return false;
      this.ackAt = at;
      at += packet.ackBytes + 4 * bytes[at + 6]!;
    }
    this.hasStream = (flags & packet.flags.stream) !== 0;
    this.isEnd = (flags & packet.flags.end) !== 0;
    if (this.isEnd && !this.hasStream) return false;
    if (this.hasStream) {
      if (bytes.length < at + packet.offsetBytes) return false;
      this.offset = packet.readU48(bytes, at);
      at += packet.offsetBytes;
    }
    this.bytesAt = at;
    return bytes.length >= at && (this.hasStream || bytes.length === at);
  }
}
