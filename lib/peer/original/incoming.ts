/** The receiving half of the original protocol: decides what to do with packets, without doing it. */
import { limits } from "../../limits/mod.ts";
import { ChunkedFile, tableBytesOf } from "./chunked_file.ts";
import type {
  AcknowledgementPacket,
  ChunkPacket,
  MessageData,
  MessagePacket,
  Packet,
  PeerProtocol,
} from "./packet.ts";
import { fingerprintOf, PerMachine, Recent, type RecentBounds } from "./recent.ts";

/** A packet that is not an acknowledgement. */
export type DataPacket = Exclude<Packet, AcknowledgementPacket>;

/**
 * What to do with a packet. Nothing is acknowledged before it is durable: `keep` and `keep chunk` come with a receipt,
 * which reports the result of storing it and releases the acknowledgement.
 */
export type Arrival =
  | { readonly do: "acknowledge"; readonly isDuplicate: boolean }
  /** It is being stored and will be acknowledged afterwards. */
  | { readonly do: "wait" }
  | { readonly do: "refuse"; readonly why: string }
  | { readonly do: "keep"; readonly message: MessageData; readonly receipt: Receipt }
  | { readonly do: "keep chunk"; readonly file: ChunkedFile; readonly receipt: Receipt };

/** The result of storing a packet. Exactly one of the two is called, once. */
export interface Receipt {
  /** It is durable: from now on it is a duplicate. */
  kept(nowMs: number): void;
  /** It is lost: if it is resent, it is new. */
  lost(): void;
}

/** State of one machine. */
class Machine {
  readonly identities: Recent;
  readonly contents: Recent;
  readonly finishedFiles: Recent;
  /** Identities and contents that are being stored. */
  readonly underWay = new Set<string>();

  constructor(bounds: RecentBounds) {
    this.identities = new Recent(bounds);
    this.contents = new Recent(bounds);
    this.finishedFiles = new Recent(bounds);
  }
}

/** The receiving half: detects duplicates by sender and number, and by content. */
export class Incoming {
  readonly #machines: PerMachine<Machine> = new PerMachine(
    () => new Machine(this.#bounds),
    limits.peer.recentMachinesMax,
  );
  /** A stranger can pretend to be many machines; together they have less. */
  readonly #bounds: RecentBounds = {
    countMax: () =>
      Math.min(
        limits.peer.recentPerMachineMax,
        this.#machines.shareOf(limits.peer.recentOfAllMax),
      ),
    keptMs: limits.peer.recentKeptMs,
  };
  /** Partial files, by machine and id. */
  readonly #files = new Map<string, ChunkedFile>();
  readonly #fileBytesMax: number;

  constructor(options: { readonly fileBytesMax?: number } = {}) {
    this.#fileBytesMax = options.fileBytesMax ?? limits.peer.fileBytesMax;
  }

  /** Partial files. */
  get unfinished(): readonly ChunkedFile[] {
    return [...this.#files.values()];
  }

  /** What to do with a packet. */
  take(
    packet: DataPacket,
    { from, protocol }: { from: string; protocol: PeerProtocol },
    nowMs: number,
  ): Arrival {
    const machine = this.#machines.of(from);
    const identity = identityOf(packet, protocol);
    if (machine.identities.has(identity, nowMs)) {
      machine.identities.add(identity, nowMs);
      return { do: "acknowledge", isDuplicate: true };
    }
    if (machine.underWay.has(identity)) return { do: "wait" };
    switch (packet.kind) {
      case "message":
        return this.#takeMessage(packet, machine, identity, nowMs);
      case "chunk":
        return this.#takeChunk(packet, { from, machine, identity }, nowMs);
      case "introduction":
      case "other":
        machine.identities.add(identity, nowMs);
        return { do: "acknowledge", isDuplicate: false };
    }
  }

  #takeMessage(
    { machineId, message }: MessagePacket,
    machine: Machine,
    identity: string,
    nowMs: number,
  ): Arrival {
    const content = contentKeyOf(machineId, message);
    if (content !== undefined) {
      if (machine.contents.has(content, nowMs)) {
        machine.contents.add(content, nowMs);
        machine.identities.add(identity, nowMs);
        return { do: "acknowledge", isDuplicate: true };
      }
      if (machine.underWay.has(content)) return { do: "wait" };
    }
    const keys = content === undefined ? [identity] : [identity, content];
    for (const key of keys) machine.underWay.add(key);
    const ended = (): void => keys.forEach((key) => machine.underWay.delete(key));
    return {
      do: "keep",
      message,
      receipt: {
        kept: (keptMs) => {
          ended();
          machine.identities.add(identity, keptMs);
          if (content !== undefined) machine.contents.add(content, keptMs);
        },
        lost: ended,
      },
    };
  }

  #takeChunk(
    { data, chunk }: ChunkPacket,
    { from, machine, identity }: { from: string; machine: Machine; identity: string },
    nowMs: number,
  ): Arrival {
    const { fileId, index } = chunk;
    const key = fileKeyOf(from, fileId);
    const content = `${fileId}\n${index}`;
    if (machine.underWay.has(content)) return { do: "wait" };
    let file = this.#files.get(key);
    // All chunks have arrived, but naming the file failed: this one triggers another attempt.
    const isUnnamed = file?.isWhole ?? false;
    if (machine.finishedFiles.has(fileId, nowMs) || (file?.has(index) && !isUnnamed)) {
      if (file !== undefined) file.touchedMs = nowMs;
      else machine.finishedFiles.add(fileId, nowMs);
      machine.identities.add(identity, nowMs);
      return { do: "acknowledge", isDuplicate: true };
    }
    const why = isUnnamed ? undefined : this.#whyNot(from, file, chunk, data.length);
    if (why !== undefined) return { do: "refuse", why };
    if (file === undefined) {
      file = new ChunkedFile(from, chunk, nowMs);
      this.#files.set(key, file);
    }
    file.touchedMs = nowMs;
    machine.underWay.add(identity).add(content);
    const ended = (): void => {
      machine.underWay.delete(identity);
      machine.underWay.delete(content);
    };
    return {
      do: "keep chunk",
      file,
      receipt: {
        kept: (keptMs) => {
          ended();
          machine.identities.add(identity, keptMs);
        },
        lost: ended,
      },
    };
  }

  /** Why a chunk is refused; undefined if it is accepted. */
  #whyNot(
    from: string,
    file: ChunkedFile | undefined,
    { index, total, fileId }: ChunkPacket["chunk"],
    length: number,
  ): string | undefined {
    const { peer } = limits;
    if (file === undefined) {
      const files = this.unfinished;
      if (
        files.length >= peer.chunkedFilesMax ||
        files.filter(({ host }) => host === from).length >= peer.chunkedFilesPerMachineMax
      ) return "too many unfinished files are being received";
      const tableBytes = files.reduce((sum, { total }) => sum + tableBytesOf(total), 0);
      if (tableBytes + tableBytesOf(total) > peer.chunkTableBytesMax) {
        return "too many chunks are being received";
      }
    } else if (file.total !== total) {
      return `file "${fileId}" had ${file.total} chunks before, and has ${total} now`;
    } else if (file.extraCount >= peer.unevenChunksMax) {
      return `more than ${peer.unevenChunksMax} chunks differ from the first in length`;
    }
    const bytesLeast = file?.bytesLeast(index, length) ??
      (index < total - 1 ? length * (total - 1) : length);
    if (bytesLeast > this.#fileBytesMax) {
      return `the file has more than ${this.#fileBytesMax} bytes`;
    }
    return undefined;
  }

  /** Restores a file that an earlier process received in part. */
  resume(file: ChunkedFile): void {
    this.#files.set(fileKeyOf(file.host, file.fileId), file);
  }

  /** A file has its final name; its late chunks are duplicates. */
  finish(file: ChunkedFile, nowMs: number): void {
    this.#files.delete(fileKeyOf(file.host, file.fileId));
    this.#machines.of(file.host).finishedFiles.add(file.fileId, nowMs);
  }

  /** Forgets an abandoned file: further chunks of it start a new file. */
  forget(file: ChunkedFile): void {
    this.#files.delete(fileKeyOf(file.host, file.fileId));
  }

  /** Restores a message, or a file, that an earlier process received. */
  remember(
    from: string,
    known: {
      readonly machineId?: string;
      readonly message?: MessageData;
      readonly fileId?: string;
    },
    nowMs: number,
  ): void {
    const machine = this.#machines.of(from);
    if (known.fileId !== undefined) machine.finishedFiles.add(known.fileId, nowMs);
    if (known.message === undefined) return;
    const content = contentKeyOf(known.machineId, known.message);
    if (content !== undefined) machine.contents.add(content, nowMs);
  }
}

function fileKeyOf(host: string, fileId: string): string {
  return `${host}\n${fileId}`;
}

/**
 * Identifies a packet by sender and number. A program without a machine id counts from 0 at each start, so its packets
 * are the same only if their contents are.
 */
function identityOf(packet: DataPacket, protocol: PeerProtocol): string {
  const identity = `${packet.sequence} ${protocol} ${shortName(packet.machineId ?? "unknown")}`;
  if (packet.machineId !== undefined) return identity;
  switch (packet.kind) {
    case "message":
      return `${identity} ${fingerprintOf(JSON.stringify(packet.message))}`;
    case "chunk":
      return `${identity} ${packet.chunk.fileId} ${packet.chunk.index}`;
    case "introduction":
    case "other":
      return identity;
  }
}

/**
 * Identifies a message by its content, for those that come again with another number; undefined if its time is unknown.
 */
function contentKeyOf(machineId: string | undefined, message: MessageData): string | undefined {
  const { timestamp, content, sender, channel } = message;
  if (timestamp === undefined || timestamp === "") return undefined;
  return `${shortName(machineId ?? "unknown")} ${shortName(timestamp)} ${
    fingerprintOf(`${channel}\n${sender}\n${content}`)
  }`;
}

/** A stranger's name as it is remembered: those of programs are short. */
function shortName(name: string): string {
  return name.length <= shortNameMax ? name : fingerprintOf(name);
}

const shortNameMax = 48;
