/** The original protocol, complete: sends packets and handles received ones, without I/O or a clock of its own. */
import { messageOf, MessageTooLarge } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { Log } from "../../log/mod.ts";
import type { ChunkedFile } from "./chunked_file.ts";
import { type DataPacket, Incoming } from "./incoming.ts";
import { type Delivery, Outgoing } from "./outgoing.ts";
import {
  type AcknowledgementPacket,
  type ChunkDetails,
  fileProtocol,
  type Introduction,
  type MessageData,
  messageProtocol,
  type Packet,
  type PeerProtocol,
  readPacket,
  writeAcknowledgement,
  writeChunk,
  writeIntroduction,
  writeMessage,
} from "./packet.ts";

/** A packet to send. */
export interface TransmittedPacket {
  readonly protocol: PeerProtocol;
  readonly to: string;
  /** The source address; undefined if the kernel chooses. */
  readonly from: string | undefined;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A received packet. */
export interface ArrivedPacket {
  readonly protocol: PeerProtocol;
  readonly from: string;
  /** The address of this machine that it was sent to, if known. */
  readonly to: string | undefined;
  readonly payload: Uint8Array;
}

/** A message to store. */
export interface MessageToKeep {
  readonly from: string;
  readonly machineId: string | undefined;
  readonly message: MessageData;
}

/** A chunk to store. */
export interface ChunkToKeep {
  readonly file: ChunkedFile;
  readonly index: number;
  readonly data: Uint8Array;
}

/** The engine's environment. */
export interface EngineWorld {
  transmit(packet: TransmittedPacket): void;
  /** Stores a message; `done` tells whether it is durable. */
  keepMessage(message: MessageToKeep, done: (isSafe: boolean) => void): void;
  /** Stores a chunk; `done` tells whether it is durable. For the last missing chunk, the whole file must be. */
  keepChunk(chunk: ChunkToKeep, done: (isSafe: boolean) => void): void;
  /** A farcall has introduced itself. */
  introduced(from: string, introduction: Introduction): void;
  /** A machine was heard. @param machineId The id that it gives itself. */
  heard(from: string, machineId: string | undefined): void;
}

/** Options of an engine. */
export interface EngineOptions {
  readonly machineId: string;
  readonly world: EngineWorld;
  readonly log: Log;
  /** This peer's introduction; called for each one sent. */
  readonly introduction: () => Introduction;
  /**
   * Whether it accepts messages and files; a peer that only sends handles nothing but acknowledgements. Default: true.
   */
  readonly receives?: boolean;
  readonly fileBytesMax?: number;
}

/** The program that a machine runs. */
export type PeerKind = "farcall" | "original" | "silent";

/** Packets since the start. */
export interface EngineCounts {
  /** Packets sent for the first time. */
  sent: number;
  /** Packets resent. */
  resent: number;
  /** Sent packets that were acknowledged. */
  acknowledged: number;
  /** Sent packets that were never acknowledged. */
  undeliverable: number;
  /** Packets received for the first time. */
  received: number;
  /** Packets received again. */
  duplicates: number;
  /** Packets refused. */
  refused: number;
  /** Packets that do not belong to the protocol. */
  malformed: number;
}

/** One machine's end of the original protocol. */
export class Engine {
  readonly machineId: string;
  readonly incoming: Incoming;
  readonly outgoing: Outgoing;
  readonly counts: EngineCounts = {
    sent: 0,
    resent: 0,
    acknowledged: 0,
    undeliverable: 0,
    received: 0,
    duplicates: 0,
    refused: 0,
    malformed: 0,
  };
  readonly #world: EngineWorld;
  readonly #log: Log;
  readonly #introduction: () => Introduction;
  readonly #receives: boolean;
  #sequence = 0;
  #unwrittenBytes = 0;
  #unwritten = 0;
  /** Pending requests for introductions, by machine. */
  readonly #introductions = new Map<string, Introduction>();

  constructor(options: EngineOptions) {
    this.machineId = options.machineId;
    this.#world = options.world;
    this.#log = options.log;
    this.#introduction = options.introduction;
    this.#receives = options.receives ?? true;
    this.incoming = new Incoming({ fileBytesMax: options.fileBytesMax });
    this.outgoing = new Outgoing({
      nextSequence: () => this.#sequence++,
      transmit: ({ to, protocol, sequence, bytes, attempt }) => {
        if (attempt === 1) this.counts.sent++;
        else {
          this.counts.resent++;
          this.#log.warn("peer.resent", { to, protocol, sequence, attempt });
        }
        this.#log.debug("peer.sent", { to, protocol, sequence, attempt, bytes: bytes.length });
        this.#world.transmit({ to, protocol, bytes, from: undefined });
      },
    });
  }

  /** When {@linkcode advance} is due; undefined if nothing is pending. */
  get nextDueMs(): number | undefined {
    return this.outgoing.nextDueMs;
  }

  /** Does everything that is due. */
  advance(nowMs: number): void {
    this.outgoing.advance(nowMs);
  }

  /**
   * Sends a message.
   *
   * @throws {MessageTooLarge} If it exceeds one packet.
   * @throws {Overloaded} If too many packets are waiting.
   */
  sendMessage(
    to: string,
    message: MessageData,
    options: { nowMs: number; settled: (delivery: Delivery, attempts: number) => void },
  ): void {
    const { length } = writeMessage(this.#headOf(Number.MAX_SAFE_INTEGER), message);
    if (length > limits.peer.packetBytesMax) {
      throw new MessageTooLarge(
        `the message needs ${length} bytes as JSON in ASCII, and a packet carries ` +
          `${limits.peer.packetBytesMax}; send it as a file`,
      );
    }
    this.outgoing.submit({
      to,
      protocol: messageProtocol,
      write: (sequence) => writeMessage(this.#headOf(sequence), message),
      settled: this.#counted(to, messageProtocol, options.settled),
    }, options.nowMs);
  }

  /**
   * Sends a chunk of a file.
   *
   * @throws {Overloaded} If too many packets are waiting.
   */
  sendChunk(
    to: string,
    { data, chunk, nowMs, settled }: {
      data: Uint8Array;
      chunk: ChunkDetails;
      nowMs: number;
      settled: (delivery: Delivery, attempts: number) => void;
    },
  ): void {
    this.outgoing.submit({
      to,
      protocol: fileProtocol,
      group: `${to} ${chunk.fileId}`,
      write: (sequence) => writeChunk(this.#headOf(sequence), data, chunk),
      settled: this.#counted(to, fileProtocol, settled),
    }, nowMs);
  }

  /** Stops sending a file. */
  withdrawFile(to: string, fileId: string, nowMs: number): void {
    this.outgoing.withdraw(nowMs, `${to} ${fileId}`);
  }

  /**
   * Introduces this peer to another and asks for its introduction. Sends at most two packets, since the address may be
   * unused.
   */
  introduce(
    to: string,
    { nowMs, timestamp, settled }: {
      nowMs: number;
      timestamp: string;
      settled: (kind: PeerKind, introduction: Introduction | undefined) => void;
    },
  ): void {
    this.outgoing.submit({
      to,
      protocol: messageProtocol,
      resends: limits.peer.introductionResends,
      write: (sequence) =>
        writeIntroduction(this.#headOf(sequence), this.#introduction(), timestamp),
      settled: (delivery) => {
        const introduction = this.#introductions.get(to);
        this.#introductions.delete(to);
        if (delivery !== "acknowledged") settled("silent", undefined);
        else settled(introduction === undefined ? "original" : "farcall", introduction);
      },
    }, nowMs);
  }

  /** Handles a packet. Never throws: a stranger may have sent it. */
  receive({ protocol, from, to, payload }: ArrivedPacket, nowMs: number): void {
    let packet: Packet;
    try {
      packet = readPacket(payload);
    } catch (error) {
      this.counts.malformed++;
      if (this.#receives) {
        this.#log.debug("peer.malformed", { from, protocol, reason: messageOf(error) });
      }
      return;
    }
    if (packet.kind === "acknowledgement") {
      this.#acknowledged(packet, { from, protocol }, nowMs);
      return;
    }
    // On loopback a process hears itself; besides, a machine may send to itself through another process.
    if (!this.#receives) return;
    this.#world.heard(from, packet.machineId);
    if (packet.kind === "introduction") this.#world.introduced(from, packet.introduction);
    const arrival = this.incoming.take(packet, { from, protocol }, nowMs);
    const acknowledge = (): void =>
      this.#acknowledge(packet, { from, to, protocol, length: payload.length });
    switch (arrival.do) {
      case "acknowledge":
        if (arrival.isDuplicate) {
          this.counts.duplicates++;
          this.#log.debug("peer.duplicate", { from, protocol, sequence: packet.sequence });
        }
        return acknowledge();
      case "wait":
        return;
      case "refuse":
        this.counts.refused++;
        this.#log.warn("peer.refused", { from, protocol, reason: arrival.why });
        return;
      case "keep":
      case "keep chunk": {
        const { receipt } = arrival;
        const bytes = payload.length;
        if (
          this.#unwritten >= limits.peer.unwrittenMax ||
          this.#unwrittenBytes + bytes > limits.peer.unwrittenBytesMax
        ) {
          // It will be resent, when there is less to write.
          this.#log.debug("peer.postponed", { from, protocol, sequence: packet.sequence });
          return receipt.lost();
        }
        this.#unwritten++;
        this.#unwrittenBytes += bytes;
        const done = (isSafe: boolean): void => {
          this.#unwritten--;
          this.#unwrittenBytes -= bytes;
          if (!isSafe) return receipt.lost();
          this.counts.received++;
          receipt.kept(nowMs);
          acknowledge();
        };
        if (arrival.do === "keep") {
          const { machineId } = packet;
          this.#world.keepMessage({ from, machineId, message: arrival.message }, done);
        } else if (packet.kind === "chunk") {
          const { data, chunk: { index } } = packet;
          this.#world.keepChunk({ file: arrival.file, index, data }, done);
        }
      }
    }
  }

  #acknowledged(
    packet: AcknowledgementPacket,
    { from, protocol }: { from: string; protocol: PeerProtocol },
    nowMs: number,
  ): void {
    if (packet.originalMachineId !== this.machineId) return;
    if (packet.introduction !== undefined) {
      this.#introductions.set(from, packet.introduction);
      this.#world.introduced(from, packet.introduction);
    }
    const sequence = packet.originalSequence;
    if (this.outgoing.acknowledge({ protocol, sequence }, nowMs)) {
      this.#world.heard(from, packet.machineId);
    }
    this.#introductions.delete(from);
  }

  #acknowledge(
    packet: DataPacket,
    { from, to, protocol, length }: {
      from: string;
      to: string | undefined;
      protocol: PeerProtocol;
      length: number;
    },
  ): void {
    const introduction = packet.kind === "introduction" ? this.#introduction() : undefined;
    const bytes = writeAcknowledgement(this.#headOf(this.#sequence++), packet, introduction);
    if (bytes.length > limits.peer.acknowledgementFactorMax * length) return;
    // The original counts an acknowledgement only if it comes from the address that it had sent to.
    this.#world.transmit({ protocol, to: from, from: to, bytes });
  }

  #counted(
    to: string,
    protocol: PeerProtocol,
    settled: (delivery: Delivery, attempts: number) => void,
  ): (delivery: Delivery, attempts: number) => void {
    return (delivery, attempts) => {
      if (delivery === "acknowledged") {
        this.counts.acknowledged++;
        this.#log.debug("peer.acknowledged", { to, protocol, attempts });
      } else if (delivery === "undeliverable") {
        this.counts.undeliverable++;
        this.#log.error("peer.undeliverable", { to, protocol, attempts });
      }
      settled(delivery, attempts);
    };
  }

  #headOf(sequence: number): { sequence: number; machineId: string } {
    return { sequence, machineId: this.machineId };
  }
}
