/** The original protocol, whole: what is sent, what is done with what arrives. Without I/O and clock of its own. */
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

/** A packet to put on the network. */
export interface TransmittedPacket {
  readonly protocol: PeerProtocol;
  readonly to: string;
  /** The address to send it from; the kernel's choice where undefined. */
  readonly from: string | undefined;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A packet that has arrived. */
export interface ArrivedPacket {
  readonly protocol: PeerProtocol;
  readonly from: string;
  /** The address of this machine that it was sent to, where that is known. */
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

/** What the engine needs of the world. */
export interface EngineWorld {
  transmit(packet: TransmittedPacket): void;
  /** Stores a message, and says whether it is safe. */
  keepMessage(message: MessageToKeep, done: (isSafe: boolean) => void): void;
  /** Stores a chunk, and says whether it is safe; that of a file's last missing chunk is with the whole file. */
  keepChunk(chunk: ChunkToKeep, done: (isSafe: boolean) => void): void;
  /** A farcall has said who it is. */
  introduced(from: string, introduction: Introduction): void;
  /** Something was heard from a machine. @param machineId Its name for itself. */
  heard(from: string, machineId: string | undefined): void;
}

/** How an engine is made. */
export interface EngineOptions {
  readonly machineId: string;
  readonly world: EngineWorld;
  readonly log: Log;
  /** What this peer says of itself; asked again each time. */
  readonly introduction: () => Introduction;
  /** Whether it takes what arrives; one that only sends answers nothing but acknowledgements. Default: yes. */
  readonly receives?: boolean;
  readonly fileBytesMax?: number;
}

/** What a machine turned out to run. */
export type PeerKind = "farcall" | "original" | "silent";

/** Packets since the start. */
export interface EngineCounts {
  /** Those that were sent, for the first time. */
  sent: number;
  /** Those that were sent once more. */
  resent: number;
  /** Those that were sent and acknowledged. */
  acknowledged: number;
  /** Those that nobody acknowledged. */
  undeliverable: number;
  /** Those that came, for the first time. */
  received: number;
  /** Those that came once more. */
  duplicates: number;
  /** Those that were not taken. */
  refused: number;
  /** Those that are none of the protocol. */
  malformed: number;
}

/** One machine's part in the original protocol. */
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
  /** Who waits for the introduction of which machine. */
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

  /** When {@linkcode advance} has something to do next; undefined where it has nothing. */
  get nextDueMs(): number | undefined {
    return this.outgoing.nextDueMs;
  }

  /** Does what is due. */
  advance(nowMs: number): void {
    this.outgoing.advance(nowMs);
  }

  /**
   * Sends a message.
   *
   * @throws {MessageTooLarge} If it does not fit into one packet.
   * @throws {Overloaded} If too much waits already.
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
   * @throws {Overloaded} If too much waits already.
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

  /** Sends no more of a file. */
  withdrawFile(to: string, fileId: string, nowMs: number): void {
    this.outgoing.withdraw(nowMs, `${to} ${fileId}`);
  }

  /** Says who this peer is, and asks the same of another. It is asked twice, and not again: nobody may be there. */
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

  /** Takes a packet. Never throws: whatever arrives may be a stranger's. */
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
    // On loopback a process hears itself; and a machine may send to itself, through another process.
    if (!this.#receives) return;
    this.#world.heard(from, packet.machineId);
    if (packet.kind === "introduction") this.#world.introduced(from, packet.introduction);
    const arrival = this.incoming.take(packet, { from, protocol }, nowMs);
    const acknowledge = (): void => this.#acknowledge(packet, { from, to, protocol });
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
          // It comes again, when there is less to write.
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
    { from, to, protocol }: { from: string; to: string | undefined; protocol: PeerProtocol },
  ): void {
    const introduction = packet.kind === "introduction" ? this.#introduction() : undefined;
    const bytes = writeAcknowledgement(this.#headOf(this.#sequence++), packet, introduction);
    // The original counts it only if it comes from the address that it had sent to.
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
