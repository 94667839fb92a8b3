/** Receives messages and files: everything is first stored in the folder. */
import { join } from "node:path";
import { messageOf } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import type { Log } from "../log/mod.ts";
import { Timer } from "../timers/mod.ts";
import { ChunkStore } from "./folder/chunk_store.ts";
import { giveName } from "./folder/give_name.ts";
import { JournalReader, lastMessages, type NewMessage } from "./folder/journal.ts";
import { safeFileName } from "./folder/names.ts";
import { defaultFolder, PeerFolder } from "./folder/peer_folder.ts";
import type { SpaceBounds } from "./folder/space.ts";
import type { ChunkedFile } from "./original/chunked_file.ts";
import type { ChunkToKeep, Engine, MessageToKeep } from "./original/engine.ts";
import type { FileEntrance } from "./original/packet.ts";
import type { ReceivedFile, ReceivedMessage } from "./received_message.ts";
import { parseAccepted } from "./transfer/accepted.ts";
import { ownEntrances } from "./transfer/entrances.ts";
import { FileServer, type OpenEntrance } from "./transfer/file_server.ts";

/** Options of receiving. */
export interface ReceiverOptions extends SpaceBounds {
  /** The folder of received messages and files. Default: `.farcall/peer`. */
  readonly folder?: string;
  /**
   * Accepted senders of files: addresses, networks or public keys; `any` for everyone. Default: peers that have
   * introduced themselves, and the original program, which cannot.
   */
  readonly accept?: readonly string[];
  /** The local address to use. Default: all. */
  readonly address?: string;
  /**
   * The listeners for files of other farcalls, in order of preference. Default: our own transport, and TCP.
   *
   * @internal
   */
  readonly entrances?: readonly OpenEntrance[];
}

export class Receiver {
  readonly folder: string;
  readonly #engine: Engine;
  readonly #log: Log;
  readonly #place: PeerFolder;
  readonly #chunks: ChunkStore;
  readonly #reader: JournalReader;
  #server: FileServer | undefined;
  #taking: Promise<unknown> = Promise.resolve();
  readonly #accepted: ReturnType<typeof parseAccepted>;
  readonly #stopped = Promise.withResolvers<void>();
  #isStopped = false;
  readonly #expiry: ReturnType<typeof setInterval>;

  private constructor(
    folder: string,
    place: PeerFolder,
    { engine, log, accepted }: {
      engine: Engine;
      log: Log;
      accepted: ReturnType<typeof parseAccepted>;
    },
  ) {
    this.folder = folder;
    this.#place = place;
    this.#engine = engine;
    this.#log = log;
    this.#accepted = accepted;
    this.#reader = new JournalReader(place.paths.messages);
    this.#chunks = new ChunkStore(place.paths.incoming, {
      log,
      space: place.space,
      finish: (file, path) => this.#finishChunked(file, path),
    });
    this.#expiry = setInterval(() => this.#expire(), limits.peer.unfinishedKeptMs / 24);
    Deno.unrefTimer(this.#expiry as unknown as number);
  }

  static async start(
    options: ReceiverOptions,
    world: { engine: Engine; log: Log; isIntroduced: (host: string) => boolean },
  ): Promise<Receiver> {
    const { folder = defaultFolder } = options;
    const { engine, log } = world;
    const accepted = parseAccepted(options.accept);
    const place = await PeerFolder.open(folder, { ...options, log });
    const receiver = new Receiver(folder, place, { engine, log, accepted });
    try {
      await receiver.#remember();
      receiver.#server = await FileServer.start(
        options.entrances ?? ownEntrances(options.address),
        {
          log,
          accepted,
          isIntroduced: world.isIntroduced,
          incoming: place.paths.incoming,
          received: place.paths.received,
          space: place.space,
          deliver: (message) => receiver.#append(message),
        },
      );
    } catch (error) {
      await receiver.stop();
      throw error;
    }
    return receiver;
  }

  /** The listeners for files. */
  get entrances(): readonly FileEntrance[] {
    return this.#server?.entrances ?? [];
  }

  keepMessage({ from, machineId, message }: MessageToKeep, done: (isSafe: boolean) => void): void {
    this.#log.info("peer.received", { from, sender: message.sender, channel: message.channel });
    this.#place.journal.append({
      receivedMs: Date.now(),
      from,
      ...message,
      machineId,
      file: undefined,
    }, done);
  }

  keepChunk(chunk: ChunkToKeep, done: (isSafe: boolean) => void): void {
    const { host, fileName, count } = chunk.file;
    if (!this.#accepted.takesChunksFrom(host)) {
      if (count === 0) {
        this.#engine.incoming.forget(chunk.file);
        this.#log.warn("peer.refused", { from: host, file: fileName, reason: "not accepted" });
      }
      return done(false);
    }
    this.#chunks.keep(chunk, done);
  }

  /** The unread messages. */
  async take(timeoutMs: number): Promise<ReceivedMessage[]> {
    // Serialised: two concurrent reads would return the same messages.
    const before = this.#taking;
    const taken = before.then(() => this.#takeNext(performance.now() + timeoutMs));
    this.#taking = taken.catch(() => {});
    return await taken;
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    clearInterval(this.#expiry);
    this.#stopped.resolve();
    await this.#server?.stop();
    await this.#chunks.close();
    await this.#taking;
    await this.#place.close();
  }

  async #takeNext(deadlineMs: number): Promise<ReceivedMessage[]> {
    for (;;) {
      const changed = this.#place.journal.changed();
      const messages = await this.#reader.next();
      if (messages.length > 0) {
        await this.#reader.markRead(messages.at(-1)!.number);
        return messages;
      }
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0 || this.#isStopped) return [];
      await wait([changed, this.#stopped.promise], leftMs);
    }
  }

  /** What earlier processes received into this folder, to detect duplicates. */
  async #remember(): Promise<void> {
    const nowMs = performance.now();
    const { incoming } = this.#engine;
    const { messages } = this.#place.paths;
    for (const message of await lastMessages(messages, limits.peer.recentPerMachineMax)) {
      const { from, machineId, file } = message;
      incoming.remember(from, { machineId, message, fileId: file?.id }, nowMs);
    }
    for (const file of await this.#chunks.unfinished(Date.now())) {
      file.touchedMs = nowMs;
      incoming.resume(file);
      if (!file.isWhole) continue;
      await this.#chunks.finishWhole(file).catch((error) =>
        this.#log.error("peer.store-failed", { file: file.fileName, reason: messageOf(error) })
      );
    }
  }

  async #finishChunked(file: ChunkedFile, path: string): Promise<void> {
    const { received } = this.#place.paths;
    const name = await giveName(path, { folder: received, name: safeFileName(file.fileName) });
    await this.#append({
      receivedMs: Date.now(),
      from: file.host,
      sender: file.sender,
      channel: file.channel,
      content: `Shared a file: ${name}`,
      timestamp: undefined,
      machineId: undefined,
      file: {
        path: join(received, name),
        name,
        bytes: file.bytes,
        id: file.fileId,
        sha256: undefined,
      },
    });
    this.#engine.incoming.finish(file, performance.now());
  }

  /** Journals a message about a file. @throws If it cannot be made durable. */
  async #append(message: NewMessage & { readonly file: ReceivedFile }): Promise<void> {
    const isSafe = await new Promise<boolean>((resolve) =>
      this.#place.journal.append(message, resolve)
    );
    if (!isSafe) throw new Error("the message about the file could not be written");
    const { from, sender, file: { name, bytes, sha256 } } = message;
    this.#log.info("peer.file-received", { from, sender, file: name, bytes, sha256 });
  }

  #expire(): void {
    this.#server?.sweep().catch(() => {});
    const nowMs = performance.now();
    for (const file of this.#engine.incoming.unfinished) {
      if (nowMs - file.touchedMs < limits.peer.unfinishedKeptMs) continue;
      this.#engine.incoming.forget(file);
      this.#log.warn("peer.abandoned", { from: file.host, file: file.fileName, bytes: file.bytes });
      this.#chunks.forget(file).catch(() => {});
    }
  }
}

async function wait(promises: readonly Promise<void>[], timeoutMs: number): Promise<void> {
  let timer: Timer | undefined;
  const timeout = new Promise<void>((resolve) => timer = new Timer(resolve, timeoutMs));
  try {
    await Promise.race([...promises, timeout]);
  } finally {
    timer?.stop();
  }
}
