/** Packets of the original peer-to-peer program: one JSON object each, after the IP header. */
import { MalformedMessage } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import { checkJson, fromBase64, parseJson, toBase64 } from "../../encoding/mod.ts";
import { type Json, type JsonObject, writePythonJson } from "./python_json.ts";

/** The IP protocol of messages. */
export const messageProtocol = 170;

/** The IP protocol of files. */
export const fileProtocol = 171;

/** The IP protocols of the original program. */
export type PeerProtocol = typeof messageProtocol | typeof fileProtocol;

/** Fields of every packet. */
interface PacketHead {
  /** A counter that its sender increments for every packet. */
  readonly sequence: number;
  /** Its sender's id, new at each start; undefined if it has none. */
  readonly machineId: string | undefined;
}

/** A message in transit. */
export interface MessagePacket extends PacketHead {
  readonly kind: "message";
  readonly message: MessageData;
  readonly details: JsonObject;
}

/** The content of a message. */
export interface MessageData {
  readonly content: string;
  readonly sender: string;
  readonly channel: string;
  /** ISO 8601 with microseconds, by the sender's clock; undefined if it sent none. */
  readonly timestamp: string | undefined;
}

/** A chunk of a file. */
export interface ChunkPacket extends PacketHead {
  readonly kind: "chunk";
  readonly data: Uint8Array;
  readonly chunk: ChunkDetails;
  readonly details: JsonObject;
}

/** The chunk's position in its file. */
export interface ChunkDetails {
  readonly fileId: string;
  readonly fileName: string;
  /** Counted from 0. */
  readonly index: number;
  readonly total: number;
  readonly channel: string;
  readonly sender: string;
}

/** Acknowledges a packet. */
export interface AcknowledgementPacket extends PacketHead {
  readonly kind: "acknowledgement";
  readonly originalSequence: number;
  readonly originalMachineId: string | undefined;
  /** A farcall's introduction; undefined if another program replies. */
  readonly introduction: Introduction | undefined;
}

/** A farcall's introduction, and a request for the receiver's. The original acknowledges it like any packet. */
export interface IntroductionPacket extends PacketHead {
  readonly kind: "introduction";
  readonly introduction: Introduction;
  readonly details: JsonObject;
}

/** A farcall's description of itself. */
export interface Introduction {
  readonly name: string;
  /** Its listeners for files, in order of preference. */
  readonly files: readonly FileEntrance[];
}

/** A listener for files. */
export interface FileEntrance {
  readonly over: "ip" | "tcp";
  readonly port: number;
}

/** A packet of an unknown type; it is acknowledged and not delivered. */
export interface OtherPacket extends PacketHead {
  readonly kind: "other";
  readonly type: string;
  readonly details: JsonObject;
}

/** Any packet. */
export type Packet =
  | MessagePacket
  | ChunkPacket
  | AcknowledgementPacket
  | IntroductionPacket
  | OtherPacket;

const introductionType = "introduction";

/**
 * Decodes the payload of an IP packet.
 *
 * @throws {MalformedMessage} If it is not a packet of the original protocol, or a field is too long.
 */
export function readPacket(payload: Uint8Array): Packet {
  const packet = readObject(payload);
  const type = packet.type;
  const head: PacketHead = {
    sequence: readCount(packet.sequence_number, "sequence_number"),
    machineId: packet.machine_id === undefined || packet.machine_id === null
      ? undefined
      : readName(packet.machine_id, "machine_id"),
  };
  if (type === "acknowledgement") return readAcknowledgement(packet, head);
  const details = isObject(packet.details) ? packet.details : {};
  // The original drops packets whose data is falsy in Python. An empty file has one empty chunk.
  if (isFalse(packet.data) && !(type === "file_chunk" && packet.data === "")) {
    throw new MalformedMessage("a packet has no data");
  }
  switch (type) {
    case "message":
      return { kind: "message", ...head, message: readMessage(packet.data!, details), details };
    case "file_chunk":
      return { kind: "chunk", ...head, ...readChunk(packet.data, details), details };
    case introductionType: {
      const data = packet.data;
      const introduction = isObject(data) ? readIntroduction(data.farcall) : undefined;
      if (introduction === undefined) break;
      return { kind: "introduction", ...head, introduction, details };
    }
  }
  return { kind: "other", ...head, type: nameOr(type, "unknown"), details };
}

function readObject(payload: Uint8Array): JsonObject {
  let text: string;
  try {
    text = decoder.decode(payload);
  } catch (cause) {
    throw new MalformedMessage("a packet is not UTF-8", { cause });
  }
  checkJson(text);
  const packet = parseJson(text) as Json;
  if (!isObject(packet)) throw new MalformedMessage("a packet is not a JSON object");
  return packet;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

function readMessage(data: Json, details: JsonObject): MessageData {
  const channel = nameOr(details.channel_id, "general");
  if (!isObject(data)) {
    return { content: textOf(data), sender: "unknown", channel, timestamp: undefined };
  }
  return {
    content: textOf(data.content ?? ""),
    sender: nameOr(data.sender, "unknown"),
    channel: nameOr(data.channel_id, channel),
    timestamp: typeof data.timestamp === "string" ? nameOr(data.timestamp, "") : undefined,
  };
}

function readChunk(
  data: Json | undefined,
  details: JsonObject,
): { data: Uint8Array; chunk: ChunkDetails } {
  const bytes = typeof data === "string" ? fromBase64(data) : undefined;
  if (bytes === undefined) throw new MalformedMessage("a chunk's data is not base64");
  const total = readCount(details.total_chunks, "total_chunks");
  const index = readCount(details.chunk_index, "chunk_index");
  if (total === 0 || total > limits.peer.chunksMax) {
    throw new MalformedMessage(
      `a file has ${total} chunks, expected 1 to ${limits.peer.chunksMax}`,
    );
  }
  if (bytes.length === 0 && total > 1) throw new MalformedMessage("a chunk has no data");
  if (index >= total) {
    throw new MalformedMessage(`chunk ${index} is outside of a file of ${total} chunks`);
  }
  return {
    data: bytes,
    chunk: {
      fileId: readName(details.file_id, "file_id"),
      // The receiver truncates it: a path may be long.
      fileName: typeof details.file_name === "string" ? details.file_name : "",
      index,
      total,
      channel: nameOr(details.channel_id, "general"),
      sender: nameOr(details.sender, "unknown"),
    },
  };
}

function readAcknowledgement(packet: JsonObject, head: PacketHead): AcknowledgementPacket {
  return {
    kind: "acknowledgement",
    ...head,
    originalSequence: readCount(packet.original_sequence, "original_sequence"),
    originalMachineId: typeof packet.original_machine_id === "string"
      ? packet.original_machine_id
      : undefined,
    introduction: readIntroduction(packet.farcall),
  };
}

function readIntroduction(value: Json | undefined): Introduction | undefined {
  if (!isObject(value) || !Array.isArray(value.files)) return undefined;
  const files: FileEntrance[] = [];
  for (const entrance of value.files.slice(0, 4)) {
    if (!isObject(entrance)) continue;
    const { over, port } = entrance;
    if (over !== "ip" && over !== "tcp") continue;
    if (typeof port !== "number" || !Number.isInteger(port) || port < 1 || port > 65_535) continue;
    files.push({ over, port });
  }
  return { name: nameOr(value.name, "unknown"), files };
}

function readCount(value: Json | undefined, field: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new MalformedMessage(`${field} is not a whole number`);
}

function readName(value: Json | undefined, field: string): string {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text === "string" && text.length <= limits.peer.nameLengthMax) return text;
  throw new MalformedMessage(
    `${field} is not a text of at most ${limits.peer.nameLengthMax} characters`,
  );
}

/** A short text; the default if it is not one; truncated if it is long. */
function nameOr(value: Json | undefined, other: string): string {
  if (typeof value !== "string" || value === "") return other;
  return value.slice(0, limits.peer.nameLengthMax);
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : writePythonJson(value);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Falsy in Python, so that the original does not accept it as data. */
function isFalse(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === false) return true;
  if (value === "" || value === 0) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** Encodes a message. */
export function writeMessage(
  { sequence, machineId }: { sequence: number; machineId: string },
  { content, sender, channel, timestamp }: MessageData,
): Uint8Array<ArrayBuffer> {
  return write({
    sequence_number: sequence,
    type: "message",
    data: { content, sender, channel_id: channel, timestamp },
    details: { channel_id: channel },
    machine_id: machineId,
    original_sequence: sequence,
  });
}

/** Encodes a chunk. */
export function writeChunk(
  { sequence, machineId }: { sequence: number; machineId: string },
  data: Uint8Array,
  chunk: ChunkDetails,
): Uint8Array<ArrayBuffer> {
  return write({
    sequence_number: sequence,
    type: "file_chunk",
    data: toBase64(data),
    details: {
      file_id: chunk.fileId,
      file_name: chunk.fileName,
      chunk_index: chunk.index,
      total_chunks: chunk.total,
      channel_id: chunk.channel,
      sender: chunk.sender,
    },
    machine_id: machineId,
    original_sequence: sequence,
  });
}

/** Encodes an introduction. To the original it is a readable message, in case somebody sees it. */
export function writeIntroduction(
  { sequence, machineId }: { sequence: number; machineId: string },
  introduction: Introduction,
  timestamp: string,
): Uint8Array<ArrayBuffer> {
  const { name } = introduction;
  return write({
    sequence_number: sequence,
    type: introductionType,
    data: {
      content: `${name} is here`,
      sender: name,
      channel_id: "discovery",
      timestamp,
      farcall: membersOf(introduction),
    },
    details: { channel_id: "discovery" },
    machine_id: machineId,
    original_sequence: sequence,
  });
}

/** Encodes the acknowledgement of a packet. @param introduction Included if the packet was an introduction itself. */
export function writeAcknowledgement(
  { sequence, machineId }: { sequence: number; machineId: string },
  packet: Exclude<Packet, AcknowledgementPacket>,
  introduction?: Introduction,
): Uint8Array<ArrayBuffer> {
  const { details } = packet;
  return write({
    sequence_number: sequence,
    type: "acknowledgement",
    original_sequence: packet.sequence,
    original_type: typeOf(packet),
    original_machine_id: packet.machineId ?? "unknown",
    status: "received",
    details: writePythonJson(details).length <= limits.peer.detailsBytesMax ? details : {},
    machine_id: machineId,
    farcall: introduction && membersOf(introduction),
  });
}

function typeOf(packet: Exclude<Packet, AcknowledgementPacket>): string {
  switch (packet.kind) {
    case "message":
      return "message";
    case "chunk":
      return "file_chunk";
    case "introduction":
      return introductionType;
    case "other":
      return packet.type;
  }
}

function membersOf({ name, files }: Introduction): JsonObject {
  return { name, files: files.map(({ over, port }) => ({ over, port })) };
}

const encoder = new TextEncoder();

function write(packet: JsonObject): Uint8Array<ArrayBuffer> {
  return encoder.encode(writePythonJson(packet)) as Uint8Array<ArrayBuffer>;
}
