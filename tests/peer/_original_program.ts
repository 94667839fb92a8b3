/**
 * A model of the original Python program, as observed on the wire, including its mistakes: a resend takes a new number
 * and is itself resent; everything is acknowledged before it is examined; duplicates are detected by their number
 * alone.
 */
import { writePythonJson } from "../../lib/peer/original/python_json.ts";
import {
  fileProtocol,
  messageProtocol,
  type PeerProtocol,
} from "../../lib/peer/original/packet.ts";
import type { VirtualPacket } from "./_virtual_network.ts";

// deno-lint-ignore no-explicit-any
type Fields = Record<string, any>;

/** Its interface to a network. */
export interface OriginalNetwork {
  readonly nowMs: number;
  attach(address: string, receive: (packet: VirtualPacket) => void): void;
  transmit(packet: VirtualPacket): void;
  after(delayMs: number, work: () => void): void;
}

interface Watched {
  readonly to: string;
  readonly protocol: PeerProtocol;
  readonly fields: Fields;
  readonly sentMs: number;
  timeoutMs: number;
  retries: number;
}

/** Its user-visible messages. */
export interface Shown {
  readonly content: unknown;
  readonly sender: unknown;
  readonly fileName?: string;
}

/** Its options. */
export interface OriginalOptions {
  readonly address: string;
  readonly machineId: string;
  /** When it first checks for resends; then about every half second. */
  readonly firstLookMs?: number;
  readonly chunkBytes?: number;
}

/** Half a second of sleep, and the work in between. */
const lookEveryMs = 500.2;

export class OriginalProgram {
  /** The messages and complete files that its user has seen. */
  readonly shown: Shown[] = [];
  /** Files under the names that it gave them. */
  readonly files = new Map<string, Uint8Array>();
  readonly #network: OriginalNetwork;
  readonly #address: string;
  readonly #machineId: string;
  readonly #chunkBytes: number;
  #sequence = 0;
  readonly #watched = new Map<number, Watched>();
  readonly #processed = new Set<string>();
  readonly #chunks = new Map<string, Map<number, Uint8Array>>();

  constructor(network: OriginalNetwork, options: OriginalOptions) {
    this.#network = network;
    this.#address = options.address;
    this.#machineId = options.machineId;
    this.#chunkBytes = options.chunkBytes ?? 4096;
    network.attach(this.#address, (packet) => this.#receive(packet));
    const look = (): void => {
      this.#look();
      network.after(lookEveryMs, look);
    };
    network.after(options.firstLookMs ?? 500, look);
  }

  /** The number of packets that it still resends. */
  get watchedCount(): number {
    return this.#watched.size;
  }

  /** Stored chunks of files, including late duplicates of complete ones. */
  get chunkFolders(): string[] {
    return [...this.#chunks.keys()];
  }

  sendMessage(to: string, content: string, timestamp: string, sender = "anonymous"): void {
    this.#send(to, messageProtocol, {
      type: "message",
      data: { content, sender, channel_id: "general", timestamp },
      details: { channel_id: "general" },
    });
  }

  sendFile(to: string, { id, name, bytes }: { id: string; name: string; bytes: Uint8Array }): void {
    const total = Math.ceil(bytes.length / this.#chunkBytes);
    for (let index = 0; index < total; index++) {
      const chunk = bytes.subarray(index * this.#chunkBytes, (index + 1) * this.#chunkBytes);
      this.#send(to, fileProtocol, {
        type: "file_chunk",
        data: btoa(String.fromCharCode(...chunk)),
        details: {
          file_id: id,
          file_name: name,
          chunk_index: index,
          total_chunks: total,
          channel_id: "general",
          sender: "admin",
        },
      });
    }
  }

  #send(to: string, protocol: PeerProtocol, fields: Fields): void {
    const sequence = this.#sequence++;
    this.#watched.set(sequence, {
      to,
      protocol,
      fields,
      sentMs: this.#network.nowMs,
      timeoutMs: 2000,
      retries: 0,
    });
    this.#write(to, protocol, {
      sequence_number: sequence,
      ...fields,
      machine_id: this.#machineId,
      original_sequence: sequence,
    });
  }

  #look(): void {
    for (const [sequence, watched] of [...this.#watched]) {
      if (this.#network.nowMs - watched.sentMs < watched.timeoutMs) continue;
      if (watched.retries >= 5) {
        this.#watched.delete(sequence);
        continue;
      }
      watched.retries++;
      watched.timeoutMs *= 1.5;
      this.#send(watched.to, watched.protocol, watched.fields);
    }
  }

  #receive({ protocol, from, payload }: VirtualPacket): void {
    let packet: Fields;
    try {
      packet = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
    } catch {
      return;
    }
    if (typeof packet !== "object" || packet === null) return;
    if (packet.type === "acknowledgement") {
      const watched = this.#watched.get(packet.original_sequence);
      if (
        packet.original_machine_id === this.#machineId && watched?.to === from &&
        watched.protocol === protocol
      ) this.#watched.delete(packet.original_sequence);
      return;
    }
    const { sequence_number: sequence, data, details = {} } = packet;
    const hasData = typeof data === "object" && data !== null
      ? Object.keys(data).length > 0
      : Boolean(data);
    if (sequence === undefined || !hasData) return;
    this.#write(from, protocol, {
      sequence_number: this.#sequence++,
      type: "acknowledgement",
      original_sequence: sequence,
      original_type: packet.type,
      original_machine_id: packet.machine_id ?? "unknown",
      status: "received",
      details,
      machine_id: this.#machineId,
    });
    const identity = `${from} ${sequence} ${protocol} ${packet.machine_id ?? "unknown"}`;
    if (this.#processed.has(identity)) return;
    this.#processed.add(identity);
    if (packet.type === "message") {
      this.shown.push({ content: data.content, sender: data.sender });
    } else if (packet.type === "file_chunk") this.#takeChunk(data, details);
  }

  #takeChunk(data: string, details: Fields): void {
    const { file_id: id, file_name: name, chunk_index: index, total_chunks: total } = details;
    const chunks = this.#chunks.get(id) ?? new Map<number, Uint8Array>();
    this.#chunks.set(id, chunks);
    chunks.set(index, Uint8Array.from(atob(data), (character) => character.charCodeAt(0)));
    if (chunks.size < total) return;
    this.#chunks.delete(id);
    const parts = [...chunks].sort(([one], [other]) => one - other).map(([, part]) => part);
    const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let offset = 0;
    for (const part of parts) {
      bytes.set(part, offset);
      offset += part.length;
    }
    let free = name;
    for (let number = 1; this.files.has(free); number++) {
      free = name.replace(/(\.[^.]*)?$/, `_${number}$1`);
    }
    this.files.set(free, bytes);
    this.shown.push({
      content: `Shared a file: ${name}`,
      sender: details.sender,
      fileName: free,
    });
  }

  #write(to: string, protocol: PeerProtocol, fields: Fields): void {
    const payload = new TextEncoder().encode(writePythonJson(fields));
    this.#network.transmit({ protocol, from: this.#address, to, payload });
  }
}
