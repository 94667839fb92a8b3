import { limits } from "../../../limits/mod.ts";
import type { Due } from "./deadlines.ts";
import { Hellos } from "./hellos.ts";
import type { Host } from "./host.ts";
import { hasRoom, PacketWriter } from "./packet_writer.ts";
import { AckBlock } from "./packets/ack_ranges.ts";
import type { Opening } from "./packets/handshake.ts";
import type { ConnectionId } from "./packets/packet.ts";
import * as packet from "./packets/packet.ts";
import { DataLayout, Receiving } from "./receiving/receiving.ts";
import { RoundTrip } from "./sending/rtt.ts";
import { Sending } from "./sending/sending.ts";
import type {
  Connection,
  ConnectionEvents,
  ConnectionStatistics,
  FailureKind,
  PacketBatch,
  Path,
} from "./types.ts";

/** The peer, and how the connection began. */
export interface Beginning {
  readonly path: Path;
  readonly ownId: ConnectionId;
  /** At the connecting end, the deadline for the peer's reply; at the other, the peer's opening. */
  readonly connectUntilMs?: number;
  readonly silentMs?: number;
  readonly peer?: Opening;
}

const layout = new DataLayout();
const ackBlock = new AckBlock();

export class EngineConnection implements Connection, Due {
  readonly remoteAddress: number;
  readonly remotePort: number;
  readonly localAddress: number;
  readonly ownId: ConnectionId;
  events: ConnectionEvents = {};
  failure: FailureKind | undefined;
  heapIndex = -1;
  heapAtMs = 0;
  /** Whether it is in the endpoint's list of connections to flush, or of those with callbacks. */
  isTouched = false;
  isAnnounced = false;
  readonly #host: Host;
  readonly #rtt = new RoundTrip();
  readonly #sending: Sending;
  readonly #receiving: Receiving;
  readonly #writer: PacketWriter;
  readonly #isClient: boolean;
  #state: "connecting" | "open" | "closed" = "connecting";
  readonly #hellos: Hellos;
  readonly #silentMs: number;
  #lastHeardMs: number;
  #closeUntilMs = Infinity;
  /** When such a report last led to a ping. */
  #unreachableMs = -Infinity;
  #isReadDropped = false;
  #isWriterWaiting = false;
  #arrivedBefore = 0;
  #pending = { opened: false, readable: false, writable: false, closed: false };

  constructor(host: Host, beginning: Beginning) {
    this.#host = host;
    const { path, peer } = beginning;
    this.remoteAddress = path.remoteAddress;
    this.remotePort = path.remotePort;
    this.localAddress = path.localAddress;
    this.ownId = beginning.ownId;
    this.#silentMs = beginning.silentMs ?? limits.rawIp.silentMs;
    this.#isClient = peer === undefined;
    this.#lastHeardMs = host.now;
    this.#hellos = new Hellos(host.now, beginning.connectUntilMs ?? Infinity);
    this.#sending = new Sending({
      memory: host.memory,
      rtt: this.#rtt,
      headerBytes: host.carrier.headerBytes,
      routeMtu: host.routeMtu(path.remoteAddress),
      fragments: host.fragments,
    });
    this.#receiving = new Receiving(host.memory, this.#rtt, host.now);
    this.#writer = new PacketWriter(host, this, this.#sending, this.#receiving);
    if (peer !== undefined) {
      this.#open(peer);
      this.#writer.isConfirmed = true;
      // The first packet doubles as a ping, which measures the round trip.
      this.#sending.isPingDue = true;
    }
  }

  #open(peer: Opening): void {
    this.#writer.peerId = peer.id;
    this.#state = "open";
    this.#sending.open(peer);
  }

  get peerId(): ConnectionId {
    return this.#writer.peerId;
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  get isClosed(): boolean {
    return this.#state === "closed";
  }

  get smoothedRttMs(): number {
    return this.#rtt.smoothedMs;
  }

  get readableBytes(): number {
    return this.#receiving.stream.readableBytes;
  }

  get isReadEnded(): boolean {
    return this.#receiving.stream.isComplete && this.readableBytes === 0;
  }

  get unacknowledgedBytes(): number {
    return this.#sending.buffer.heldBytes;
  }

  read(target: Uint8Array): number {
    const count = this.#receiving.take(target, this.#host.now);
    if (count > 0 && this.#receiving.window.mustTell && this.#state === "open") {
      this.#host.touch(this);
    }
    return count;
  }

  write(bytes: Uint8Array): number {
    if (this.#state === "closed") return 0;
    const count = this.#sending.write(bytes);
    if (count < bytes.length) this.#isWriterWaiting = true;
    if (count > 0) this.#host.touch(this);
    return count;
  }

  end(): void {
    if (this.#state === "closed" || this.#sending.buffer.isEnded) return;
    this.#sending.buffer.isEnded = true;
    this.#host.touch(this);
  }

  close(): void {
    this.#receiving.stream.drop();
    if (this.#state === "closed") return;
    // A peer that was never heard is dropped silently.
    if (this.#state === "connecting") return this.#finish("local", packet.resetReasons.ended);
    this.#isReadDropped = true;
    this.#host.closing(this);
    const untilMs = this.#host.now + limits.rawIp.closeLingerMs;
    this.#closeUntilMs = Math.min(this.#closeUntilMs, untilMs);
    this.end();
    this.#host.touch(this);
  }

  reset(): void {
    this.#receiving.stream.drop();
    if (this.#state !== "closed") this.abort("local", packet.resetReasons.ended);
  }

  ping(): void {
    if (this.#state !== "open") return;
    this.#sending.isPingDue = true;
    this.#host.touch(this);
  }

  /** Ends the connection and tells the peer why. */
  abort(failure: FailureKind, reason: number): void {
    if (this.#state === "open") this.#host.sendReset(this, this.peerId, reason);
    this.#finish(failure, reason);
  }

  #finish(failure: FailureKind | undefined, reason: number): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.failure = failure;
    this.#sending.drop();
    this.#receiving.release();
    this.#pending.opened = false;
    this.#pending.writable = false;
    this.#host.retire(this, reason);
    if (failure === "local") return;
    this.#pending.closed = true;
    this.#host.announce(this);
  }

  /** Runs the callbacks for what happened since the last call. */
  tell(): void {
    const { opened, readable, writable, closed } = this.#pending;
    this.#pending = { opened: false, readable: false, writable: false, closed: false };
    if (opened) this.events.onOpened?.();
    if (readable && !this.#isReadDropped) this.events.onReadable?.();
    if (writable) this.events.onWritable?.();
    if (closed) this.events.onClosed?.(this.failure);
  }

  /** Handles ACCEPT. */
  onAccept(peer: Opening, hello: number, now: number): void {
    if (this.#state !== "connecting") return;
    const sentAtMs = this.#hellos.sentAtMs(hello);
    if (sentAtMs === undefined) return;
    this.#rtt.sample(now - sentAtMs, 0, now);
    this.#lastHeardMs = now;
    this.#open(peer);
    // The peer keeps no state for the connection until it hears from this end again.
    this.#sending.isPingDue = true;
    this.#pending.opened = true;
    this.#host.announce(this);
    this.#host.touch(this);
  }

  /** Handles DATA or PROBE with a valid checksum, for this connection and from its peer. */
  onPacket(bytes: Uint8Array, now: number): void {
    if (this.#state !== "open") return;
    const receiving = this.#receiving;
    const { packets, stream, window } = receiving;
    const number = packet.expandNumber(packet.readU32(bytes, 16), packets.next);
    const isProbe = packet.typeOf(bytes) === packet.types.probe;
    const isPing = isProbe || (bytes[1]! & packet.flags.ping) !== 0;
    const isToAck = isPing || (bytes[1]! & packet.flags.stream) !== 0;
    this.#lastHeardMs = now;
    this.#writer.isConfirmed = true;
    if (packets.has(number)) {
      if (isToAck) {
        receiving.onDuplicate();
        this.#host.touch(this);
      }
      return;
    }
    if (!isProbe) {
      const isWhole = layout.read(bytes) &&
        (layout.ackAt === 0 ||
          ackBlock.read(bytes, layout.ackAt, this.#sending.recovery.inFlight.next) > 0);
      if (!isWhole) return this.abort("protocol", packet.resetReasons.protocol);
      if (layout.hasStream) {
        const outcome = stream.put(layout.offset, bytes, layout.bytesAt, {
          isEnd: layout.isEnd,
          credit: window.credit,
        });
        if (outcome === "violation") {
          return this.abort("protocol", packet.resetReasons.protocol);
        }
        if (outcome === "refused") return;
      }
    }
    receiving.onPacket(number, { isToAck, isPing, bytes: bytes.length }, now);
    if (!isProbe && layout.ackAt > 0 && this.#sending.onAck(ackBlock, now)) this.#afterAck();
    if (layout.hasStream && !isProbe) this.#afterStream();
    this.#host.touch(this);
  }

  #afterAck(): void {
    if (this.#isWriterWaiting && this.#sending.hasRoom) {
      this.#isWriterWaiting = false;
      this.#pending.writable = true;
      this.#host.announce(this);
    }
  }

  #afterStream(): void {
    const { stream } = this.#receiving;
    const known = stream.arrived + (stream.isComplete ? 1 : 0);
    if (known === this.#arrivedBefore) return;
    this.#arrivedBefore = known;
    if (this.#isReadDropped) return this.#refuseMore();
    this.#pending.readable = true;
    this.#host.announce(this);
  }

  /** As in TCP: a peer that keeps writing to a closed end is told so, after receiving everything written to it. */
  #refuseMore(): void {
    if (this.#receiving.stream.isComplete || !this.#sending.buffer.isAllAcknowledged) return;
    this.#host.sendReset(this, this.peerId, packet.resetReasons.ended);
    this.#finish(undefined, packet.resetReasons.ended);
  }

  /** Handles RESET, whose id proves that it comes from the peer. */
  onReset(reason: number): void {
    if (this.#state === "closed") return;
    const { finished, refused, unknown, busy, protocol } = packet.resetReasons;
    const isDone = this.#sending.buffer.isEnded && this.#receiving.stream.isComplete;
    if (reason === finished && isDone) return this.#finish(undefined, finished);
    if (this.#isReadDropped) return this.#finish(undefined, reason);
    const failure = reason === busy
      ? "busy"
      : reason === protocol
      ? "protocol"
      : reason === refused || reason === unknown && !this.#writer.isConfirmed
      ? "refused"
      : "reset";
    this.#finish(failure, reason);
  }

  /** Handles a report, perhaps forged, that the peer is unreachable. */
  onUnreachable(): void {
    const { now } = this.#host;
    if (this.#state === "connecting") {
      if (!this.#hellos.onUnreachable(now)) return this.#host.touch(this);
      return this.#finish("refused", packet.resetReasons.refused);
    }
    // Packets in flight will tell; besides, the reply to a ping may be the same report again.
    if (now - this.#unreachableMs < limits.packetErrorPauseMs) return;
    this.#unreachableMs = now;
    if (this.#sending.recovery.packetsInFlight === 0) this.ping();
  }

  limitMtu(mtu: number): void {
    this.#sending.limitMtu(mtu);
    this.#host.touch(this);
  }

  /** When the peer of an idle accepted connection is pinged. */
  get #idleAtMs(): number {
    return this.#isClient ? Infinity : this.#lastHeardMs + limits.rawIp.idlePingMs;
  }

  /** When `onTimer` is due. */
  get deadline(): number {
    if (this.#state === "closed") return Infinity;
    if (this.#state === "connecting") return this.#hellos.deadline;
    return Math.min(
      this.#sending.deadline,
      this.#receiving.deadline,
      this.#closeUntilMs,
      this.#sending.recovery.packetsInFlight > 0 ? Infinity : this.#idleAtMs,
    );
  }

  onTimer(now: number): void {
    if (this.#state === "closed") return;
    if (this.#state === "connecting") {
      if (now >= this.#hellos.untilMs) {
        this.#finish("connectTimeout", packet.resetReasons.silent);
      }
      return;
    }
    const { recovery } = this.#sending;
    this.#sending.onTimer(now);
    const silentSinceMs = Math.max(this.#lastHeardMs, recovery.owedSinceMs);
    const isProbed = recovery.probeCount >= limits.rawIp.silentProbesMin;
    if (isProbed && now - silentSinceMs >= this.#silentMs) {
      return this.abort("silent", packet.resetReasons.silent);
    }
    if (now >= this.#closeUntilMs) {
      this.#host.sendReset(this, this.peerId, packet.resetReasons.ended);
      return this.#finish(undefined, packet.resetReasons.ended);
    }
    if (now >= this.#idleAtMs) this.#sending.isPingDue = recovery.packetsInFlight === 0;
  }

  /** Writes packets that are due. @returns Whether that was all; false if the batch is full. */
  flush(now: number, batch: PacketBatch): boolean {
    if (this.#state === "connecting") return this.#sayHello(now, batch);
    const { buffer } = this.#sending;
    while (this.#state === "open") {
      if (!hasRoom(batch)) return false;
      const intent = this.#sending.choose(now);
      if (intent !== "none") {
        this.#writer.write(intent, now, batch);
        continue;
      }
      const isDone = buffer.isAllAcknowledged && this.#receiving.stream.isComplete;
      if (this.#receiving.isAckDue(now) || isDone && this.#receiving.owesAck) {
        this.#writer.write("none", now, batch);
      }
      if (isDone) this.#finish(undefined, packet.resetReasons.finished);
      break;
    }
    return true;
  }

  #sayHello(now: number, batch: PacketBatch): boolean {
    if (!this.#hellos.isDue(now)) return true;
    if (!hasRoom(batch)) return false;
    this.#writer.writeHello(this.#hellos.onSent(now), batch);
    return true;
  }

  get statistics(): ConnectionStatistics {
    const { recovery, congestion, pathMtu } = this.#sending;
    return {
      smoothedRttMs: this.#rtt.smoothedMs,
      minRttMs: this.#rtt.minMs,
      pathMtu,
      congestionWindowBytes: congestion.windowBytes,
      bytesInFlight: recovery.bytesInFlight,
      bandwidth: congestion.bytesPerMs * 1000,
      packetsSent: this.#writer.packetsSent,
      packetsLost: recovery.packetsLost,
      packetsReceived: this.#receiving.packetsReceived,
    };
  }
}
