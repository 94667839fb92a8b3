import { limits } from "../../../limits/mod.ts";
import type { Host } from "./host.ts";
import { type Opening, writeOpening } from "./packets/handshake.ts";
import type { ConnectionId } from "./packets/packet.ts";
import * as packet from "./packets/packet.ts";
import { addTo, placeIn } from "./packets/packet_batch.ts";
import type { Receiving } from "./receiving/receiving.ts";
import type { Intent, Sending } from "./sending/sending.ts";
import type { PacketBatch, Path } from "./types.ts";

/** Whether a batch has room for a packet of any size. */
export function hasRoom(batch: PacketBatch): boolean {
  return placeIn(batch, limits.rawIp.mtuMax) >= 0;
}

/** Writes the packets of one connection. */
export class PacketWriter {
  peerId: ConnectionId = packet.noId;
  /** The peer knows the connection: its packets need no opening block. */
  isConfirmed = false;
  packetsSent = 0;
  readonly #host: Host;
  readonly #path: Path & { readonly ownId: ConnectionId };
  readonly #sending: Sending;
  readonly #receiving: Receiving;

  constructor(
    host: Host,
    path: Path & { readonly ownId: ConnectionId },
    sending: Sending,
    receiving: Receiving,
  ) {
    this.#host = host;
    this.#path = path;
    this.#sending = sending;
    this.#receiving = receiving;
  }

  get #opening(): Opening {
    return {
      id: this.#path.ownId,
      datagramMax: this.#host.datagramMax,
      credit: limits.rawIp.windowBytesFirst,
    };
  }

  /** @param hello The number of the HELLO, which the reply repeats to measure the round trip. */
  writeHello(hello: number, batch: PacketBatch): void {
    const { bytes } = batch;
    const at = placeIn(batch, packet.helloBytes);
    bytes.fill(0, at, at + packet.helloBytes);
    writeOpening(bytes, at + packet.headBytes, this.#opening);
    packet.writeU32(bytes, at + packet.headBytes + packet.openingBytes, packet.version);
    this.#seal(batch, at, packet.helloBytes, { type: packet.types.hello, flags: 0 }, hello);
  }

  /** Writes the packet that `sending` chose, or a pure acknowledgement, into a batch with room. */
  write(intent: Intent, now: number, batch: PacketBatch): void {
    const sending = this.#sending;
    const receiving = this.#receiving;
    const { bytes } = batch;
    const { size } = sending;
    const begin = placeIn(batch, size);
    if (intent === "mtuProbe") {
      bytes.fill(0, begin + packet.headBytes, begin + size);
      const number = sending.onSent(intent, size, now);
      this.#seal(batch, begin, size, { type: packet.types.probe, flags: 0 }, number);
      return;
    }
    let at = begin + packet.headBytes;
    let flags = 0;
    if (!this.isConfirmed) {
      flags |= packet.flags.opening;
      writeOpening(bytes, at, this.#opening);
      at += packet.openingBytes;
    }
    const streamBytes = intent === "stream" ? packet.offsetBytes + sending.buffer.chosenBytes : 0;
    if (!receiving.isEmpty && (intent !== "stream" || receiving.hasNews)) {
      flags |= packet.flags.ack;
      at += receiving.writeAck(bytes, at, size - (at - begin) - streamBytes, now);
    }
    if (intent === "ping") flags |= packet.flags.ping;
    if (intent === "stream") {
      flags |= packet.flags.stream;
      if (sending.buffer.isEndChosen) flags |= packet.flags.end;
      packet.writeU48(bytes, at, sending.buffer.start);
      sending.buffer.copyChosen(bytes, at + packet.offsetBytes);
      at += streamBytes;
    }
    const length = at - begin;
    const number = intent === "none"
      ? sending.recovery.onSentUnacknowledged(now)
      : sending.onSent(intent, length, now);
    this.#seal(batch, begin, length, { type: packet.types.data, flags }, number);
    if (sending.isFragmented(length)) batch.isFragmented[batch.count - 1] = 1;
  }

  #seal(
    batch: PacketBatch,
    at: number,
    length: number,
    kind: { type: number; flags: number },
    number: number,
  ): void {
    const { carrier, localPort, checksum } = this.#host;
    const { remoteAddress, remotePort, localAddress } = this.#path;
    packet.writeHead(batch.bytes, at, {
      type: kind.type,
      flags: kind.flags,
      destination: carrier.isBare ? remotePort : 0,
      source: carrier.isBare ? localPort : 0,
      id: this.peerId,
    }, number % 0x1_0000_0000);
    checksum.seal(addTo(batch, at, length, this.#path), localAddress, remoteAddress);
    this.packetsSent += 1;
  }
}
