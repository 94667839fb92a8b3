/** A message that was received, in memory and as a line of the journal. */
import type { Json } from "./original/python_json.ts";

/** A message, or a file that somebody has sent. */
export interface ReceivedMessage {
  /** From 1 on, in the order of arrival in one folder. */
  readonly number: number;
  /** When it arrived, in milliseconds since the UNIX epoch. */
  readonly receivedMs: number;
  /** The address that it came from. */
  readonly from: string;
  /** Who says to have sent it. */
  readonly sender: string;
  /** Where it was sent to, of those who know each other's channels. */
  readonly channel: string;
  /** The text; of a file, `Shared a file: NAME`. */
  readonly content: string;
  /** When its sender says to have sent it: ISO 8601, to the microsecond. */
  readonly timestamp: string | undefined;
  /** What its sender called its process; undefined where it said nothing. */
  readonly machineId: string | undefined;
  /** The file; undefined where it is a text alone. */
  readonly file: ReceivedFile | undefined;
}

/** A file that was received whole. */
export interface ReceivedFile {
  /** Where it lies. */
  readonly path: string;
  /** What it is called here: the last part of the name that it came with, or one with a number where that was taken. */
  readonly name: string;
  /** Its length. */
  readonly bytes: number;
  /** The transfer's. */
  readonly id: string;
  /** The SHA-256 that it was checked with; undefined for the original protocol, which has none. */
  readonly sha256: string | undefined;
}

/** A message as JSON, with the original's names. */
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

/** The message of such JSON; undefined if it is not one. */
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
