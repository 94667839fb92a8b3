/** A received message, in memory and as a line of the journal. */
import type { Json } from "./original/python_json.ts";

/** A received message or file. */
export interface ReceivedMessage {
  /** Counted from 1, in the order of arrival in one folder. */
  readonly number: number;
  /** Arrival time, in milliseconds since the UNIX epoch. */
  readonly receivedMs: number;
  /** The source address. */
  readonly from: string;
  /** The sender's name, as it claims. */
  readonly sender: string;
  /** The channel it was sent to. */
  readonly channel: string;
  /** The text; for a file, `Shared a file: NAME`. */
  readonly content: string;
  /** When it was sent, by the sender's clock: ISO 8601 with microseconds. */
  readonly timestamp: string | undefined;
  /** The sender's process id; undefined if it sent none. */
  readonly machineId: string | undefined;
  /** The file; undefined for a plain message. */
  readonly file: ReceivedFile | undefined;
}

/** A completely received file. */
export interface ReceivedFile {
  /** Its path. */
  readonly path: string;
  /** Its name here: the last component of the name it was sent with, numbered if that was taken. */
  readonly name: string;
  /** Its length in bytes. */
  readonly bytes: number;
  /** The transfer's id. */
  readonly id: string;
  /** The verified SHA-256; undefined for the original protocol, which has none. */
  readonly sha256: string | undefined;
}

/** A message as JSON with the original's field names. */
export function jsonOf(message: ReceivedMessage): Record<string, Json | undefined> {
  const { file } = message;
  return {
    number: message.number,
    received: new Date(message.receivedMs).toISOString(),
    from: message.from,
    sender: message.sender,
    channel_id: message.channel,
    content: message.content,
    timestamp: message.timestamp,
    machine_id: message.machineId,
    is_file: file === undefined ? 0 : 1,
    file_path: file?.path,
    file_name: file?.name,
    file_id: file?.id,
    file_bytes: file?.bytes,
    sha256: file?.sha256,
  };
}

/** Parses such JSON; undefined if it is not a message. */
export function messageOfJson(value: unknown): ReceivedMessage | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  const text = (name: string): string | undefined =>
    typeof fields[name] === "string" ? fields[name] : undefined;
  const number = fields.number;
  if (typeof number !== "number" || text("content") === undefined) return undefined;
  return {
    number,
    receivedMs: Date.parse(text("received") ?? ""),
    from: text("from") ?? "",
    sender: text("sender") ?? "",
    channel: text("channel_id") ?? "",
    content: text("content")!,
    timestamp: text("timestamp"),
    machineId: text("machine_id"),
    file: fields.is_file !== 1 ? undefined : {
      path: text("file_path") ?? "",
      name: text("file_name") ?? "",
      id: text("file_id") ?? "",
      bytes: Number(fields.file_bytes ?? 0),
      sha256: text("sha256"),
    },
  };
}
