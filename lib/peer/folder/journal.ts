/** The journal of received messages: lines of JSON in files of a few megabytes, which may be removed once read. */
import { join } from "node:path";
import { messageOf } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { Log } from "../../log/mod.ts";
import { jsonOf, messageOfJson, type ReceivedMessage } from "../received_message.ts";
import { replaceFileDurably, syncFolder, writeAll } from "../../files/durable.ts";

/** A message before it is numbered. */
export type NewMessage = Omit<ReceivedMessage, "number">;

interface Part {
  readonly path: string;
  /** The number of the file's first message. */
  readonly first: number;
}

const partName = /^messages-(\d{12})\.jsonl$/;
const readName = "read";
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes the journal of a folder; one process at a time. */
export class Journal {
  readonly #folder: string;
  readonly #log: Log;
  #file: Deno.FsFile | undefined;
  #fileBytes = 0;
  #nextNumber = 1;
  #queue: { message: NewMessage; done: (isSafe: boolean) => void }[] = [];
  #isWriting = false;
  #writing: Promise<void> | undefined;
  #waiters: (() => void)[] = [];

  private constructor(folder: string, log: Log) {
    this.#folder = folder;
    this.#log = log;
  }

  /** Opens the journal of a folder. Truncates a partial line left by a crash. */
  static async open(folder: string, log: Log): Promise<Journal> {
    const journal = new Journal(folder, log);
    const part = (await partsIn(folder)).at(-1);
    if (part === undefined) return journal;
    const file = await Deno.open(part.path, { read: true, write: true });
    const { size } = await file.stat();
    const bytes = new Uint8Array(size);
    for (let read = 0; read < size;) read += await file.read(bytes.subarray(read)) ?? size;
    const end = bytes.lastIndexOf(0x0a) + 1;
    if (end < size) await file.truncate(end);
    await file.seek(end, Deno.SeekMode.Start);
    journal.#file = file;
    journal.#fileBytes = end;
    const last = messagesIn(bytes.subarray(0, end)).at(-1);
    journal.#nextNumber = last === undefined ? part.first : last.number + 1;
    return journal;
  }

  /** Writes a message, coalescing writes. Resolves when it is durable. */
  append(message: NewMessage, done: (isSafe: boolean) => void): void {
    this.#queue.push({ message, done });
    if (!this.#isWriting) this.#writing = this.#write();
  }

  /** Resolves when new messages are written. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Waits for pending writes and closes the file. */
  async close(): Promise<void> {
    await this.#writing;
    this.#file?.close();
    this.#file = undefined;
    for (const wake of this.#waiters.splice(0)) wake();
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0);
      let isSafe = true;
      try {
        await this.#writeBatch(batch.map(({ message }) => message));
      } catch (error) {
        isSafe = false;
        this.#log.error("peer.store-failed", {
          messages: batch.length,
          folder: this.#folder,
          reason: messageOf(error),
        });
      }
      for (const { done } of batch) done(isSafe);
      if (isSafe) { for (const wake of this.#waiters.splice(0)) wake(); }
    }
    // Synchronously after the queue was found empty, so that a later caller starts a new writer.
    this.#isWriting = false;
  }

  async #writeBatch(messages: readonly NewMessage[]): Promise<void> {
    const number = this.#nextNumber;
    const lines = messages.map((message, index) =>
      `${JSON.stringify(jsonOf({ number: number + index, ...message }))}\n`
    );
    if (this.#file === undefined || this.#fileBytes >= limits.peer.journalPartBytes) {
      await this.#beginPart();
    }
    const file = this.#file!;
    const bytes = encoder.encode(lines.join(""));
    try {
      await writeAll(file, bytes);
      await file.syncData();
    } catch (error) {
      // A partial line must not merge with the next one.
      await file.truncate(this.#fileBytes);
      await file.seek(this.#fileBytes, Deno.SeekMode.Start);
      throw error;
    }
    this.#fileBytes += bytes.length;
    this.#nextNumber += messages.length;
  }

  async #beginPart(): Promise<void> {
    await this.#makeRoom();
    const name = `messages-${String(this.#nextNumber).padStart(12, "0")}.jsonl`;
    const path = join(this.#folder, name);
    const file = await Deno.open(path, { write: true, create: true, truncate: true, mode: 0o600 });
    await syncFolder(this.#folder);
    this.#file?.close();
    this.#file = file;
    this.#fileBytes = 0;
  }

  /** Removes read files, the oldest first, until there is space for a new one. @throws If that does not suffice. */
  async #makeRoom(): Promise<void> {
    const parts = await partsIn(this.#folder);
    const partsMax = limits.peer.journalBytesMax / limits.peer.journalPartBytes;
    const read = await readNumber(this.#folder);
    while (parts.length >= partsMax) {
      // All numbers of a file are below the first number of the next.
      if (parts[1]!.first > read + 1) {
        throw new Error(
          `${limits.peer.journalBytesMax} bytes of messages wait to be read; read them with farcall inbox`,
        );
      }
      await Deno.remove(parts.shift()!.path);
    }
  }
}

/** Reads the unread messages of a journal, in the writing process or another. */
export class JournalReader {
  readonly #folder: string;
  #part: Part | undefined;
  #offset = 0;
  #after: number | undefined;

  /** @param after Starts after this number. Default: after the last read message. */
  constructor(folder: string, after?: number) {
    this.#folder = folder;
    this.#after = after;
  }

  /** The next messages, at most `limits.peer.journalBatch`; empty if there are no more yet. */
  async next(): Promise<ReceivedMessage[]> {
    this.#after ??= await readNumber(this.#folder);
    for (;;) {
      const parts = await partsIn(this.#folder);
      if (parts.length === 0) return [];
      if (this.#part === undefined || !parts.some(({ path }) => path === this.#part!.path)) {
        this.#part = parts.findLast(({ first }) => first <= this.#after! + 1) ?? parts[0]!;
        this.#offset = 0;
      }
      const messages = await this.#read(this.#part.path);
      if (messages.length > 0) {
        this.#after = messages.at(-1)!.number;
        return messages;
      }
      const following = parts.find(({ first }) => first > this.#part!.first);
      if (following === undefined) return [];
      this.#part = following;
      this.#offset = 0;
    }
  }

  /** Marks messages up to a number as read. */
  async markRead(number: number): Promise<void> {
    if (number > await readNumber(this.#folder)) {
      await replaceFileDurably(join(this.#folder, readName), encoder.encode(`${number}\n`));
    }
  }

  async #read(path: string): Promise<ReceivedMessage[]> {
    using file = await Deno.open(path);
    await file.seek(this.#offset, Deno.SeekMode.Start);
    let block: Uint8Array = new Uint8Array(0);
    for (;;) {
      const more = new Uint8Array(limits.peer.fileBlockBytes);
      const count = await file.read(more);
      if (count === null) return [];
      const whole = new Uint8Array(block.length + count);
      whole.set(block);
      whole.set(more.subarray(0, count), block.length);
      block = whole;
      const end = block.lastIndexOf(0x0a) + 1;
      if (end === 0) continue;
      const found: ReceivedMessage[] = [];
      let start = 0;
      while (start < end && found.length < limits.peer.journalBatch) {
        const next = block.indexOf(0x0a, start) + 1;
        const message = messagesIn(block.subarray(start, next))[0];
        start = next;
        if (message !== undefined && message.number > this.#after!) found.push(message);
      }
      this.#offset += start;
      if (found.length > 0) return found;
      block = block.subarray(start);
    }
  }
}

/** The last messages of a journal. */
export async function lastMessages(folder: string, count: number): Promise<ReceivedMessage[]> {
  const found: ReceivedMessage[] = [];
  for (const { path } of (await partsIn(folder)).slice(-2)) {
    found.push(...messagesIn(await Deno.readFile(path)));
    found.splice(0, found.length - count);
  }
  return found;
}

function messagesIn(bytes: Uint8Array): ReceivedMessage[] {
  return decoder.decode(bytes).split("\n").flatMap((line) => {
    if (line === "") return [];
    try {
      const message = messageOfJson(JSON.parse(line));
      return message === undefined ? [] : [message];
    } catch {
      // A damaged line does not affect the others.
      return [];
    }
  });
}

async function partsIn(folder: string): Promise<Part[]> {
  const parts: Part[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const match = partName.exec(name);
    if (match !== null) parts.push({ path: join(folder, name), first: Number(match[1]) });
  }
  return parts.sort((one, other) => one.first - other.first);
}

/** The number of the last read message. */
async function readNumber(folder: string): Promise<number> {
  try {
    const number = Number(await Deno.readTextFile(join(folder, readName)));
    return Number.isSafeInteger(number) ? number : 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
