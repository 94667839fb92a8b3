import { limits } from "../../../../limits/mod.ts";
import type { AckBlock } from "../packets/ack_ranges.ts";
import type { Memory } from "../chunks.ts";
import { CongestionControl } from "./congestion_control.ts";
import { marks } from "./in_flight.ts";
import { LargeDatagrams } from "./large_datagrams.ts";
import { LossRecovery } from "./loss_recovery.ts";
import { Pacer } from "./pacer.ts";
import * as packet from "../packets/packet.ts";
import { PathMtu } from "./path_mtu.ts";
import type { RoundTrip } from "./rtt.ts";
import { SendBuffer } from "./send_buffer.ts";

export interface SendingOptions {
  readonly memory: Memory;
  readonly rtt: RoundTrip;
  readonly headerBytes: number;
  readonly routeMtu: number;
  readonly fragments: boolean;
}

/** The purpose of the next packet. */
export type Intent = "none" | "stream" | "ping" | "mtuProbe";

/** Bytes that a path must have carried before a larger MTU is probed. */
const searchBytesMin = 16 * 1024;

/** The sending half of a connection: schedules packets and tracks their fate. */
export class Sending {
  readonly buffer: SendBuffer;
  readonly recovery: LossRecovery;
  readonly congestion: CongestionControl;
  readonly rtt: RoundTrip;
  /** The stream offset up to which the peer accepts bytes. */
  credit = 0;
  isPingDue = false;
  /** The size of the packet that `choose` decided on. */
  size = 0;
  #probesDue = 0;
  #mtu: PathMtu | undefined;
  readonly #large: LargeDatagrams | undefined;
  readonly #pacer = new Pacer();
  readonly #options: SendingOptions;
  #peerMax = 0;
  /** When pacing allows the next packet; Infinity if it holds none back. */
  #pacedUntilMs = Infinity;

  constructor(options: SendingOptions) {
    this.#options = options;
    this.rtt = options.rtt;
    this.buffer = new SendBuffer(options.memory);
    const base = limits.rawIp.mtuMin - options.headerBytes;
    this.congestion = new CongestionControl(options.rtt, base);
    this.recovery = new LossRecovery(options.rtt, this.congestion, this);
    if (options.fragments) this.#large = new LargeDatagrams();
  }

  /** The peer is known. */
  open(peer: { datagramMax: number; credit: number }): void {
    this.#peerMax = peer.datagramMax;
    this.credit = peer.credit;
    const { headerBytes, routeMtu } = this.#options;
    this.#mtu = new PathMtu(headerBytes, { routeMtu, peerMax: peer.datagramMax });
    // A peer announces at most an eighth of its socket's memory.
    this.congestion.socketBytes = 8 * peer.datagramMax;
  }

  get pathMtu(): number {
    return this.#mtu?.mtu ?? limits.rawIp.mtuMin;
  }

  /** Whether packets may exceed the path's MTU. */
  isFragmented(size: number): boolean {
    return this.#large !== undefined && size > this.#mtu!.size;
  }

  /** @returns The number of bytes accepted. */
  write(bytes: Uint8Array): number {
    return this.buffer.write(bytes, this.congestion.windowBytes);
  }

  /** Whether a blocked writer should continue. */
  get hasRoom(): boolean {
    return this.buffer.hasRoom(this.congestion.windowBytes);
  }

  /** Chooses what to send next, if anything may be sent now. */
  choose(now: number): Intent {
    const { buffer, recovery, congestion } = this;
    const mtu = this.#mtu!;
    this.size = mtu.size;
    this.#pacedUntilMs = Infinity;
    if (this.#probesDue > 0) {
      this.#probesDue -= 1;
      // Perhaps packets vanish because of their size.
      if (recovery.probeCount > 1) this.size = Math.min(this.size, mtu.baseSize);
      const room = this.size - roomTaken;
      if (buffer.hasLost ? buffer.next(room, this.credit) : buffer.nextOldest(room)) {
        return "stream";
      }
      this.#probesDue = 0;
      return "ping";
    }
    const hasData = buffer.hasLost || buffer.hasUnsent(this.credit);
    if (!hasData) {
      if (recovery.bytesInFlight < congestion.windowBytes) {
        congestion.markAppLimited(recovery.bytesInFlight);
      }
      return this.isPingDue ? "ping" : "none";
    }
    if (congestion.delivered >= searchBytesMin) {
      const probe = mtu.probeSize(now);
      if (probe > 0 && recovery.bytesInFlight + probe <= congestion.windowBytes) {
        this.size = probe;
        return "mtuProbe";
      }
    }
    if (this.#large !== undefined) this.size = this.#largeSize(mtu);
    const isOpen = recovery.packetsInFlight === 0 ||
      recovery.bytesInFlight + Math.min(this.size, buffer.unsentBytes) <= congestion.windowBytes;
    if (!isOpen) return this.isPingDue ? "ping" : "none";
    if (!this.#pacer.mayGo(now)) {
      this.#pacedUntilMs = this.#pacer.nextMs(now);
      return this.isPingDue ? "ping" : "none";
    }
    buffer.next(this.size - roomTaken, this.credit);
    return "stream";
  }

  #largeSize(mtu: PathMtu): number {
    if (this.buffer.hasLost) return mtu.size;
    const most = Math.min(
      this.#peerMax,
      limits.rawIp.mtuMax - this.#options.headerBytes,
      this.congestion.windowBytes >> 3,
    );
    return this.#large!.size(mtu.mtu, this.#options.headerBytes, most);
  }

  /** Records the packet that `choose` decided on. @returns Its number. */
  onSent(intent: Intent, bytes: number, now: number): number {
    this.isPingDue = false;
    if (intent === "mtuProbe") {
      this.#mtu!.onProbeSent();
      this.#pacer.sent(bytes);
      return this.recovery.onSent(bytes, 0, 0, marks.mtuProbe, now);
    }
    if (intent === "ping") return this.recovery.onSent(bytes, 0, 0, 0, now);
    this.#pacer.sent(bytes);
    const { start, end } = this.buffer;
    this.buffer.onSent();
    return this.recovery.onSent(bytes, start, end, 0, now);
  }

  /** @returns Whether sending may now proceed differently. */
  onAck(block: AckBlock, now: number): boolean {
    let isNews = false;
    if (block.credit > this.credit) {
      this.credit = block.credit;
      this.recovery.blockedCount = 0;
      isNews = true;
    }
    const { congestion } = this;
    const before = congestion.delivered;
    if (!this.recovery.onAck(block, now)) return isNews;
    this.#large?.onAcked(congestion.delivered - before);
    congestion.packetBytes = this.#mtu!.size;
    this.#pacer.setRate(congestion.pacingBytesPerMs, congestion.catchUpBytes, now);
    return true;
  }

  onAcked(start: number, end: number, bytes: number): void {
    if (end > 0) this.buffer.onAcked(start, end);
    this.#mtu!.onArrived(bytes);
  }

  onLost(start: number, end: number, bytes: number, now: number): void {
    if (end > 0) this.buffer.onLost(start, end);
    this.#mtu!.onLost(bytes, this.rtt.smoothedMs, now);
    this.#large?.onLost();
  }

  onMtuProbe(bytes: number, hasArrived: boolean): void {
    this.#mtu!.onProbe(bytes, hasArrived);
  }

  limitMtu(mtu: number): void {
    this.#mtu?.limit(mtu);
  }

  get #isBlocked(): boolean {
    return !this.buffer.hasLost && this.buffer.isBlocked(this.credit);
  }

  get deadline(): number {
    return Math.min(this.#pacedUntilMs, this.recovery.deadline(this.#isBlocked));
  }

  onTimer(now: number): void {
    if (this.recovery.deadline(this.#isBlocked) > now || !this.recovery.onTimer(now)) return;
    const { recovery } = this;
    this.#probesDue = recovery.packetsInFlight > 0 ? 2 : 1;
    if (recovery.probeCount >= 3) {
      this.congestion.onSilence();
      this.#large?.onLost();
    }
  }

  drop(): void {
    this.buffer.drop();
  }
}

/** Bytes of a packet besides the stream's: its head, an opening, a short ack block, and the offset. */
const roomTaken = packet.headBytes + packet.openingBytes + packet.ackBytes + packet.offsetBytes;
