/**
 * A peer's received messages and files, readable by anyone with access to its folder, even while the peer is not
 * running.
 */
import type { ReceivedMessage } from "./received_message.ts";

/** Messages of a folder, in order. */
export interface Inbox {
  /** The next messages; empty if there are no more yet. */
  next(): Promise<ReceivedMessage[]>;
  /** Marks messages up to a number as read, so that no reader of unread messages gets them again. */
  markRead(number: number): Promise<void>;
}

/** @param options.fromStart Starts with the first kept message; otherwise with the first unread one. */
export async function openInbox(
  folder?: string,
  { fromStart = false }: { fromStart?: boolean } = {},
): Promise<Inbox> {
  const { JournalReader } = await import("./folder/journal.ts");
  const messages = await messagesIn(folder);
  const reader = new JournalReader(messages, fromStart ? 0 : undefined);
  const isThere = await Deno.stat(messages).then(() => true, () => false);
  if (isThere) return reader;
  return { next: () => Promise.resolve([]), markRead: () => Promise.resolve() };
}

/** The last messages of a folder, read or not. */
export async function lastReceived(
  folder: string | undefined,
  count: number,
): Promise<ReceivedMessage[]> {
  const { lastMessages } = await import("./folder/journal.ts");
  return await lastMessages(await messagesIn(folder), count);
}

async function messagesIn(folder: string | undefined): Promise<string> {
  const { defaultFolder, pathsIn } = await import("./folder/peer_folder.ts");
  return pathsIn(folder ?? defaultFolder).messages;
}
