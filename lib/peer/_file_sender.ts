/** Sends files to several machines: over a connection to farcall, in chunks to the original program. */
import {
  Cancelled,
  FarcallError,
  FileUndelivered,
  FileUnreadable,
  messageOf,
  Undeliverable,
} from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { type Log, roundMs } from "../log/mod.ts";
import type { SigningKey } from "../identity/mod.ts";
import { sendInChunks } from "./_chunked_sender.ts";
import type { Engine, PeerKind } from "./original/engine.ts";
import type { FileEntrance, Introduction } from "./original/packet.ts";
import { connectToEntrance } from "./transfer/entrances.ts";
import { type FileToSend, sendFileOver } from "./transfer/send_file.ts";

/** Options of sending a file. */
export interface SendFileOptions {
  /** The sender's name. Default: the peer's name. */
  readonly sender?: string;
  /** Default: `general`. */
  readonly channel?: string;
  /** Called with the progress to each machine. */
  readonly onProgress?: (progress: FileProgress) => void;
  /** Cancels it. */
  readonly signal?: AbortSignal;
  /**
   * The key to prove to recipients.
   *
   * @internal
   */
  readonly key?: SigningKey;
}

/** The progress of a file to one machine. */
export interface FileProgress {
  /** The machine's address. */
  readonly to: string;
  /** Bytes sent. */
  readonly sentBytes: number;
  /** Bytes of the whole file. */
  readonly totalBytes: number;
}

/** A delivered file. */
export interface FileDelivery {
  /** The machine's address. */
  readonly to: string;
  /** `connection` to a farcall, checked with its SHA-256; `chunks` to the original program. */
  readonly way: "connection" | "chunks";
  /** Its name there, if known. */
  readonly name: string | undefined;
}

/** The sender's view of its peer. */
export interface FileSenderWorld {
  readonly engine: Engine;
  readonly log: Log;
  readonly submitted: () => void;
  /** The local address to use; undefined for all. */
  readonly address: string | undefined;
  /** Asks a machine for its identity; with `isFresh`, even if it is known. */
  readonly ask: (
    to: string,
    options?: { readonly isFresh?: boolean },
  ) => Promise<{ kind: PeerKind; introduction: Introduction | undefined }>;
  readonly timestamp: () => string;
}

type Settings = SendFileOptions & { readonly sender: string };

export class FileSender {
  readonly #world: FileSenderWorld;
  readonly #stopped = new AbortController();

  constructor(world: FileSenderWorld) {
    this.#world = world;
  }

  /** Sends a file to all recipients. @throws {FileUndelivered} If it has not arrived at one of several. */
  async send(
    recipients: readonly string[],
    path: string,
    options: Settings,
  ): Promise<FileDelivery[]> {
    if (recipients.length === 0 || recipients.length > limits.peer.recipientsMax) {
      throw new RangeError(
        `a file is sent to 1 to ${limits.peer.recipientsMax} machines, not ${recipients.length}`,
      );
    }
    await checkReadable(path);
    const timestamp = this.#world.timestamp();
    const deliveries: FileDelivery[] = [];
    const failures: { to: string; error: Error }[] = [];
    const left = [...recipients];
    const work = async (): Promise<void> => {
      for (let to = left.shift(); to !== undefined; to = left.shift()) {
        try {
          deliveries.push(await this.#sendTo(to, path, { ...options, timestamp }));
        } catch (error) {
          failures.push({
            to,
            error: this.#explained(error, { to, path, signal: options.signal }),
          });
        }
      }
    };
    await Promise.all(Array.from({ length: limits.peer.recipientsAtOnceMax }, work));
    if (failures.length === 0) return deliveries;
    if (recipients.length === 1) throw failures[0]!.error;
    throw new FileUndelivered(
      `"${path}" has not arrived at ${failures.length} of ${recipients.length} machines`,
      deliveries.map(({ to }) => to),
      { details: failures.map(({ to, error }) => `${to}: ${error.message}`) },
    );
  }

  /** Cancels everything in progress. */
  stop(): void {
    this.#stopped.abort();
  }

  async #sendTo(
    to: string,
    path: string,
    options: Settings & { readonly timestamp: string },
  ): Promise<FileDelivery> {
    const { log } = this.#world;
    const beganMs = performance.now();
    const { kind, introduction } = await this.#world.ask(to);
    if (kind === "silent") {
      throw new Undeliverable(
        `${to} does not answer; is a peer running there, and do firewalls let IP protocols 170 and 171 through?`,
      );
    }
    const signals = [this.#stopped.signal, ...options.signal ? [options.signal] : []];
    const file = {
      path,
      sender: options.sender,
      channel: options.channel ?? "general",
      timestamp: options.timestamp,
      key: options.key,
      signal: AbortSignal.any(signals),
      onProgress: (sentBytes: number, totalBytes: number) =>
        options.onProgress?.({ to, sentBytes, totalBytes }),
    };
    const entrances = introduction?.files ?? [];
    let delivery: FileDelivery;
    if (entrances.length > 0) {
      const name = await this.#sendOverConnection(to, file, entrances);
      delivery = { to, way: "connection", name };
    } else {
      const { engine, submitted } = this.#world;
      await sendInChunks(engine, to, { ...file, nowMs: () => performance.now(), submitted });
      delivery = { to, way: "chunks", name: undefined };
    }
    const durationMs = roundMs(performance.now() - beganMs);
    log.info("peer.file-sent", { to, file: path, way: delivery.way, durationMs });
    return delivery;
  }

  /** Reconnects while that makes progress. */
  async #sendOverConnection(
    to: string,
    file: FileToSend,
    entrances: readonly FileEntrance[],
  ): Promise<string> {
    let pauseMs = limits.peer.transferRetryPauseMs;
    let [sent, sentBefore] = [0, 0];
    const onProgress = (sentBytes: number, totalBytes: number): void => {
      sent = sentBytes;
      file.onProgress(sentBytes, totalBytes);
    };
    for (let [attempt, tries] = [1, 0];; attempt++, tries++) {
      try {
        const transport = await connectToEntrance(to, entrances, {
          localHost: this.#world.address,
          attempt: tries,
        });
        return await sendFileOver(transport, { ...file, onProgress });
      } catch (error) {
        file.signal?.throwIfAborted();
        const reason = messageOf(error);
        const isFinal = error instanceof FarcallError && error.code.startsWith("File");
        if (isFinal) throw error;
        if (sent > sentBefore) {
          attempt = 1;
          pauseMs = limits.peer.transferRetryPauseMs;
        }
        sentBefore = Math.max(sent, sentBefore);
        if (attempt >= limits.peer.transferAttemptsMax) {
          throw new Undeliverable(
            `${to} has not received "${file.path}" (${reason}); sent again, it goes on where this ended`,
            { cause: error },
          );
        }
        this.#world.log.warn("peer.file-interrupted", { to, file: file.path, attempt, reason });
        await pause(pauseMs, file.signal);
        pauseMs *= 2;
        // It may have restarted and listen elsewhere.
        const { introduction } = await this.#world.ask(to, { isFresh: true });
        entrances = introduction?.files ?? entrances;
      }
    }
  }

  #explained(
    error: unknown,
    { to, path, signal }: { to: string; path: string; signal: AbortSignal | undefined },
  ): Error {
    const { log } = this.#world;
    log.error("peer.file-failed", { to, file: path, reason: messageOf(error) });
    if (error instanceof FarcallError || error instanceof TypeError) return error;
    if (signal?.aborted || this.#stopped.signal.aborted) {
      return new Cancelled(`sending "${path}" to ${to} was given up; sent again, it goes on`, {
        cause: error,
      });
    }
    return new FileUnreadable(`cannot send "${path}": ${messageOf(error)}`, { cause: error });
  }
}

/** @throws {FileUnreadable} If it is not a readable file. */
async function checkReadable(path: string): Promise<void> {
  let info: Deno.FileInfo;
  try {
    using file = await Deno.open(path);
    info = await file.stat();
  } catch (cause) {
    const why = cause instanceof Deno.errors.NotFound ? "there is no such file" : messageOf(cause);
    throw new FileUnreadable(`cannot read "${path}": ${why}`, { cause });
  }
  if (!info.isFile) {
    throw new FileUnreadable(`"${path}" is no file; name a file, or pack a folder first`);
  }
}

function pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, durationMs);
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done);
  });
}
