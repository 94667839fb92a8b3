/** Reads the lines of a log file and its rotated files. */
import { type Limits, limits } from "../limits/mod.ts";
import { BatchBuilder, type RecordBatch, type RecordQuery, type RecordSource } from "./history.ts";
import { lastRecordStart, splitRecords, timeOfRecord } from "./record_text.ts";

const chunkBytes = 64 * 1024;
/** Longer than any record: text without a line break for this long is skipped. */
const recordBytesMax = 1024 * 1024;

/** One of the files. */
interface FoundFile {
  readonly path: string;
  /** Its inode, which survives renaming, and its birth time, because inodes are reused. */
  readonly id: string;
  readonly bytes: number;
}

/** The offset of the next read. */
interface FilePosition {
  readonly id: string;
  readonly offset: number;
}

/** Reads the file at a path, after the older `PATH.1`, `PATH.2`, …. */
export class RecordFiles implements RecordSource {
  readonly #path: string;
  readonly #bounds: Limits;

  constructor(path: string, bounds: Limits = limits) {
    this.#path = path;
    this.#bounds = bounds;
  }

  /** Whether the path can be read back: not a device or a pipe, nor a write-only file. */
  static async canRead(path: string): Promise<boolean> {
    try {
      using file = await Deno.open(path);
      const { isFile, ino } = await file.stat();
      return isFile && ino !== null;
    } catch {
      return false;
    }
  }

  async read({ position, sinceMs, filter }: Omit<RecordQuery, "waitMs">): Promise<RecordBatch> {
    const files = await this.#find();
    const given = parsePosition(position);
    const known = given && files.findIndex(({ id }) => id === given.id);
    const isKnown = known !== undefined && known >= 0;
    const begin = isKnown
      ? { index: known, offset: given!.offset }
      : await firstSince(files, sinceMs);
    let { index, offset } = begin;
    const batch = new BatchBuilder({ sinceMs, filter }, this.#bounds);
    let isEnd = files.length === 0;
    // A truncated file starts over. Checked only here, because the file grows while it is read.
    if (index === files.length - 1 && offset > files[index]!.bytes) offset = 0;
    while (!isEnd && !batch.isFull) {
      const file = files[index]!;
      const bytes = await readSome(file, offset, batch);
      // It has just been rotated: the next read finds it under its new name.
      if (bytes === undefined) break;
      offset += bytes;
      if (bytes > 0) continue;
      if (index === files.length - 1) isEnd = true;
      else [index, offset] = [index + 1, 0];
    }
    return {
      records: batch.records,
      position: files.length === 0 ? "" : `file:${files[index]!.id}:${offset}`,
      isEnd,
      hasGap: given !== undefined && !isKnown,
    };
  }

  /** The existing files, the oldest first. */
  async #find(): Promise<FoundFile[]> {
    const path = await Deno.realPath(this.#path).catch(() => this.#path);
    const found: FoundFile[] = [];
    let isGap = false;
    for (let number = 0; number <= this.#bounds.logFilesReadMax; number++) {
      const each = number === 0 ? path : `${path}.${number}`;
      const info = await Deno.stat(each).catch(() => undefined);
      // During rotation, which renames the oldest first, one number at a time is missing.
      if (info === undefined && isGap) break;
      isGap = info === undefined;
      if (!info?.isFile) continue;
      const file = { path: each, id: idOf(info), bytes: info.size };
      // A file renamed since the last check appears again, under its new name.
      if (found[0]?.id === file.id) found[0] = file;
      else found.unshift(file);
    }
    return found;
  }
}

function idOf({ ino, birthtime }: Deno.FileInfo): string {
  return `${ino ?? 0}.${birthtime?.getTime() ?? 0}`;
}

function parsePosition(position: string | undefined): FilePosition | undefined {
  const match = /^file:(\d{1,20}\.\d{1,15}):(\d{1,15})$/.exec(position ?? "");
  return match === null ? undefined : { id: match[1]!, offset: Number(match[2]) };
}

/**
 * Reads whole records from an offset.
 *
 * @returns Their size in bytes, 0 if there is no whole one; undefined if another file has this path by now.
 */
async function readSome(
  file: FoundFile,
  offset: number,
  batch: BatchBuilder,
): Promise<number | undefined> {
  const read = await readLines(file, offset);
  if (read === undefined || read.lines.length === 0) return read?.skippedBytes;
  const { lines, isAtEnd } = read;
  const text = decoder.decode(lines);
  // The last record may continue in the part that was not read.
  const end = isAtEnd ? text.length : lastRecordStart(text) || text.length;
  let bytes = 0;
  for (const record of splitRecords(text.slice(0, end))) {
    if (batch.isFull) break;
    batch.add(record);
    for (const _ of record.split("\n")) bytes = lines.indexOf(newline, bytes) + 1;
  }
  return bytes;
}

const decoder = new TextDecoder();
const newline = 0x0a;

/** A chunk of a file. */
interface ReadLines {
  /** Whole lines. */
  readonly lines: Uint8Array;
  /** Longer than any record: without a line end in this many bytes, they are skipped. */
  readonly skippedBytes: number;
  readonly isAtEnd: boolean;
}

/** Reads whole lines from an offset; reads more if a record is long. */
async function readLines(
  { path, id }: FoundFile,
  offset: number,
): Promise<ReadLines | undefined> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch {
    return undefined;
  }
  try {
    if (idOf(await file.stat()) !== id) return undefined;
    for (let size = chunkBytes;; size *= 4) {
      const bytes = await readAt(file, offset, size);
      const isAtEnd = bytes.length < size;
      const lines = bytes.subarray(0, bytes.lastIndexOf(newline) + 1);
      const isTooLong = lines.length === 0 && size >= recordBytesMax;
      if (lines.length > 0 || isAtEnd || isTooLong) {
        return { lines, isAtEnd, skippedBytes: isTooLong ? bytes.length : 0 };
      }
    }
  } finally {
    file.close();
  }
}

async function readAt(file: Deno.FsFile, offset: number, size: number): Promise<Uint8Array> {
  await file.seek(offset, Deno.SeekMode.Start);
  const buffer = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const count = await file.read(buffer.subarray(length));
    if (count === null) break;
    length += count;
  }
  return buffer.subarray(0, length);
}

/** The offset, or a slightly earlier one, of the first record since a time. */
async function firstSince(
  files: readonly FoundFile[],
  sinceMs: number,
): Promise<{ index: number; offset: number }> {
  for (let index = files.length - 1; index >= 0; index--) {
    const first = await recordAfter(files[index]!, 0);
    if (first !== undefined && first.epochMs < sinceMs) {
      return { index, offset: await offsetSince(files[index]!, sinceMs) };
    }
  }
  return { index: 0, offset: 0 };
}

/** Binary search, until the rest fits into one read. */
async function offsetSince(file: FoundFile, sinceMs: number): Promise<number> {
  let [low, high] = [0, file.bytes];
  while (high - low > chunkBytes) {
    const middle = Math.floor((low + high) / 2);
    const found = await recordAfter(file, middle);
    if (found === undefined || found.epochMs >= sinceMs || found.offset >= high) high = middle;
    else low = found.offset;
  }
  return low;
}

/** The first record that begins at or after an offset, within one read. */
async function recordAfter(
  file: FoundFile,
  from: number,
): Promise<{ offset: number; epochMs: number } | undefined> {
  const lines = (await readLines(file, from))?.lines ?? new Uint8Array(0);
  // The offset may be inside a line.
  let start = from === 0 ? 0 : lines.indexOf(newline) + 1;
  for (let end = lines.indexOf(newline, start); end >= 0; end = lines.indexOf(newline, start)) {
    const epochMs = timeOfRecord(decoder.decode(lines.subarray(start, end)));
    if (epochMs !== undefined) return { offset: from + start, epochMs };
    start = end + 1;
  }
  return undefined;
}
