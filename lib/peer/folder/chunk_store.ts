/**
 * Files that arrive in chunks, on disk. Each has a folder with three files: chunks at their offsets (`main`), chunks of
 * an irregular length (`extra`), and the list of chunks present (`chunks`: eight bytes each, written once the chunk is
 * durable).
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { messageOf } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { Log } from "../../log/mod.ts";
import { ChunkedFile, type ChunkLocation } from "../original/chunked_file.ts";
import type { ChunkToKeep } from "../original/engine.ts";
import { assemble } from "./_assemble.ts";
import { replaceFileDurably, writeAll } from "../../files/durable.ts";
import type { Space } from "./space.ts";

/** The store's callbacks. */
export interface ChunkStoreWorld {
  readonly log: Log;
  readonly space: Space;
  /** Gives a complete file its final name and announces it. @throws If that fails; it is retried. */
  finish(file: ChunkedFile, path: string): Promise<void>;
}

interface Queued extends ChunkToKeep {
  readonly done: (isSafe: boolean) => void;
}

interface OpenFiles {
  readonly main: Deno.FsFile;
  readonly extra: Deno.FsFile;
  readonly chunks: Deno.FsFile;
}

const recordBytes = 8;

/** Stores chunks, coalescing their writes. */
export class ChunkStore {
  readonly #folder: string;
  readonly #world: ChunkStoreWorld;
  readonly #open = new Map<ChunkedFile, OpenFiles>();
  /** Files that already have their final names: a chunk may arrive again meanwhile. */
  readonly #finished = new WeakSet<ChunkedFile>();
  #queue: Queued[] = [];
  #isWriting = false;
  #writing: Promise<void> | undefined;

  /** @param folder The folder for partial files. */
  constructor(folder: string, world: ChunkStoreWorld) {
    this.#folder = folder;
    this.#world = world;
  }

  /** Loads partially received files. Removes those that are too old or damaged. */
  async unfinished(nowMs: number): Promise<ChunkedFile[]> {
    const files: ChunkedFile[] = [];
    for await (const { name, isDirectory } of Deno.readDir(this.#folder)) {
      if (!isDirectory || !name.startsWith("chunks-")) continue;
      const folder = join(this.#folder, name);
      const file = await readUnfinished(folder, nowMs).catch(() => undefined);
      if (file !== undefined && files.length < limits.peer.chunkedFilesMax) files.push(file);
      else await Deno.remove(folder, { recursive: true });
    }
    return files;
  }

  /** Stores a chunk. Resolves when it is durable; for the last missing chunk, when the whole file is. */
  keep(chunk: ChunkToKeep, done: (isSafe: boolean) => void): void {
    this.#queue.push({ ...chunk, done });
    if (!this.#isWriting) this.#writing = this.#write();
  }

  /** Gives a complete file its final name, if the process ended before it could. */
  async finishWhole(file: ChunkedFile): Promise<void> {
    await this.#finish(file);
  }

  /** Removes the received chunks of a file. */
  async forget(file: ChunkedFile): Promise<void> {
    this.#close(file);
    await Deno.remove(this.#folderOf(file), { recursive: true }).catch(() => {});
    this.#world.space.giveBack(file.bytes);
  }

  /** Waits for pending writes and closes the files. */
  async close(): Promise<void> {
    await this.#writing;
    for (const file of [...this.#open.keys()]) this.#close(file);
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    while (this.#queue.length > 0) {
      const byFile = Map.groupBy(this.#queue.splice(0), ({ file }) => file);
      for (const [file, queued] of byFile) {
        let isSafe = true;
        try {
          if (!file.isWhole) await this.#writeChunks(file, queued);
          if (file.isWhole) await this.#finish(file);
        } catch (error) {
          isSafe = false;
          this.#world.log.error("peer.store-failed", {
            from: file.host,
            file: file.fileName,
            chunks: queued.length,
            reason: messageOf(error),
          });
        }
        for (const { done } of queued) done(isSafe);
      }
    }
    // Synchronously after the queue was found empty, so that a later caller starts a new writer.
    this.#isWriting = false;
  }

  async #writeChunks(file: ChunkedFile, queued: readonly Queued[]): Promise<void> {
    const bytes = queued.reduce((sum, { data }) => sum + data.length, 0);
    const why = await this.#world.space.take(bytes);
    if (why !== undefined) throw new Error(why);
    const mark = file.mark();
    try {
      const files = await this.#filesOf(file);
      const placed = queued.map(({ index, data }) => ({
        place: file.add(index, data.length),
        data,
      }));
      await writeAt(files.main, placed.filter(({ place }) => place.area === "main"));
      const extra = placed.filter(({ place }) => place.area === "extra");
      await writeAt(files.extra, extra);
      await files.main.syncData();
      if (extra.length > 0) await files.extra.syncData();
      await files.chunks.seek(mark.count * recordBytes, Deno.SeekMode.Start);
      await writeAll(files.chunks, recordsOf(queued));
      await files.chunks.syncData();
    } catch (error) {
      // If naming the file fails, its last chunk counts as missing: otherwise all would be present without a named
      // file.
      file.undo(mark, queued.map(({ index }) => index));
      this.#world.space.giveBack(bytes);
      throw error;
    }
  }

  async #finish(file: ChunkedFile): Promise<void> {
    if (this.#finished.has(file)) return;
    const folder = this.#folderOf(file);
    const path = file.extraCount === 0
      ? join(folder, "main")
      : await assemble(folder, file, await Deno.readFile(join(folder, "chunks")));
    await Deno.truncate(path, file.bytes);
    await this.#world.finish(file, path);
    this.#finished.add(file);
    this.#close(file);
    await Deno.remove(folder, { recursive: true }).catch(() => {});
  }

  async #filesOf(file: ChunkedFile): Promise<OpenFiles> {
    const found = this.#open.get(file);
    if (found !== undefined) return found;
    const folder = this.#folderOf(file);
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    if (file.count === 0) {
      const head = new TextEncoder().encode(JSON.stringify(headOf(file)));
      await replaceFileDurably(join(folder, "head.json"), head);
    }
    const options = { read: true, write: true, create: true, mode: 0o600 };
    const open = (name: string): Promise<Deno.FsFile> => Deno.open(join(folder, name), options);
    const files = {
      main: await open("main"),
      extra: await open("extra"),
      chunks: await open("chunks"),
    };
    this.#open.set(file, files);
    return files;
  }

  #close(file: ChunkedFile): void {
    const files = this.#open.get(file);
    if (files === undefined) return;
    this.#open.delete(file);
    for (const each of [files.main, files.extra, files.chunks]) each.close();
  }

  #folderOf({ host, fileId }: ChunkedFile): string {
    const digest = createHash("sha256").update(`${host}\n${fileId}`).digest("hex");
    return join(this.#folder, `chunks-${digest.slice(0, 32)}`);
  }
}

/** Writes chunks at their offsets; adjacent ones in one write. */
async function writeAt(
  file: Deno.FsFile,
  chunks: readonly { place: ChunkLocation; data: Uint8Array }[],
): Promise<void> {
  const sorted = [...chunks].sort((one, other) => one.place.offset - other.place.offset);
  for (let first = 0; first < sorted.length;) {
    const start = sorted[first]!.place.offset;
    let end = start;
    let next = first;
    while (next < sorted.length && sorted[next]!.place.offset === end) {
      end += sorted[next++]!.data.length;
    }
    const joined = new Uint8Array(end - start);
    for (const { place, data } of sorted.slice(first, next)) joined.set(data, place.offset - start);
    await file.seek(start, Deno.SeekMode.Start);
    await writeAll(file, joined);
    if (next === first) next++;
    first = next;
  }
}

function recordsOf(chunks: readonly ChunkToKeep[]): Uint8Array {
  const records = new DataView(new ArrayBuffer(chunks.length * recordBytes));
  for (const [position, { index, data }] of chunks.entries()) {
    records.setUint32(position * recordBytes, index);
    records.setUint32(position * recordBytes + 4, data.length);
  }
  return new Uint8Array(records.buffer);
}

interface Head {
  readonly host: string;
  readonly fileId: string;
  readonly fileName: string;
  readonly total: number;
  readonly channel: string;
  readonly sender: string;
}

function headOf({ host, fileId, fileName, total, channel, sender }: ChunkedFile): Head {
  return { host, fileId, fileName, total, channel, sender };
}

async function readUnfinished(folder: string, nowMs: number): Promise<ChunkedFile | undefined> {
  const head = JSON.parse(await Deno.readTextFile(join(folder, "head.json"))) as Head;
  const path = join(folder, "chunks");
  const touchedMs = (await Deno.stat(path)).mtime?.getTime() ?? nowMs;
  if (nowMs - touchedMs > limits.peer.unfinishedKeptMs) return undefined;
  const file = new ChunkedFile(head.host, head, touchedMs);
  using records = await Deno.open(path);
  const block = new Uint8Array(8 * 8192);
  let held = 0;
  for (;;) {
    const count = await records.read(block.subarray(held));
    if (count === null) return file.count === 0 ? undefined : file;
    held += count;
    const view = new DataView(block.buffer);
    const whole = held - held % recordBytes;
    for (let offset = 0; offset < whole; offset += recordBytes) {
      const index = view.getUint32(offset);
      const length = view.getUint32(offset + 4);
      // A crash may leave garbage after the last durable record.
      if (index >= file.total || file.has(index) || length === 0) return file;
      file.add(index, length);
    }
    block.copyWithin(0, whole, held);
    held -= whole;
  }
}
