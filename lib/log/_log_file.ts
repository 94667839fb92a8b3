/** A log file: appended to, rotated when large, reopened after external rotation. */
import type { Limits } from "../limits/mod.ts";
import { type LineTarget, newline, wholeRecords, writeAll } from "./line_writer.ts";

/** The rotation settings. */
export interface Rotation {
  /** The largest size in bytes, unless a single record is larger. */
  readonly bytesMax: number;
  /** The number of rotated files kept; `FILE.1` is the latest. */
  readonly keep: number;
}

/** Receives problems of a {@linkcode LogFile}. */
type Tell = (event: string, message: string) => void;

/** The file at a path. */
export class LogFile implements LineTarget {
  readonly #path: string;
  readonly #rotation: Rotation | undefined;
  readonly #tell: Tell;
  readonly #bounds: Limits;
  #file: Deno.FsFile;
  #bytes: number;
  /** Whether it is a regular file: devices and pipes are not rotated. */
  readonly #isFile: boolean;
  /** Whether it ends with a partial record that could not be removed. */
  #isTorn = false;
  #lookedMs = performance.now();
  #rotateNotBeforeMs = 0;
  #mustReopen = false;

  private constructor(
    path: string,
    { file, info, rotation, tell, bounds }: {
      file: Deno.FsFile;
      info: Deno.FileInfo;
      rotation: Rotation | undefined;
      tell: Tell;
      bounds: Limits;
    },
  ) {
    this.#path = path;
    this.#file = file;
    this.#bytes = info.size;
    this.#isFile = info.isFile;
    this.#rotation = rotation;
    this.#tell = tell;
    this.#bounds = bounds;
  }

  /** @throws If it cannot be opened for appending. */
  static async open(
    path: string,
    { rotation, tell, bounds }: {
      rotation: Rotation | undefined;
      tell: Tell;
      bounds: Limits;
    },
  ): Promise<LogFile> {
    const file = await openFile(path);
    const opened = new LogFile(path, { file, info: await file.stat(), rotation, tell, bounds });
    await opened.#lookAtEnd();
    return opened;
  }

  async write(records: readonly string[]): Promise<number> {
    await this.#look();
    let written = 0;
    while (written < records.length) {
      const count = await this.#roomFor(records, written);
      const added = await this.#add(records.slice(written, written + count));
      written += added;
      if (added < count) break;
    }
    return written;
  }

  /** Reopens the path before the next record, because another file may be there by now. */
  reopen(): void {
    this.#mustReopen = true;
  }

  close(): void {
    this.#file.close();
  }

  /** The number of records that fit into the file; rotates it if it is full. */
  async #roomFor(records: readonly string[], start: number): Promise<number> {
    const left = records.length - start;
    if (this.#rotation === undefined || !this.#isFile) return left;
    const { bytesMax } = this.#rotation;
    for (;;) {
      let bytes = this.#bytes;
      let count = 0;
      for (; count < left; count++) {
        bytes += new TextEncoder().encode(records[start + count]).length;
        if (bytes > bytesMax) break;
      }
      if (count > 0) return count;
      // A record larger than a file gets its own file; if rotation fails, the old file grows.
      if (this.#bytes === 0 || !await this.#rotate(this.#rotation)) return 1;
    }
  }

  /** @returns The number of completely written records. */
  async #add(records: readonly string[]): Promise<number> {
    const given = this.#isTorn ? ["\n", ...records] : records;
    const bytes = new TextEncoder().encode(given.join(""));
    const written = await writeAll(this.#file, bytes);
    this.#bytes += written;
    if (written > 0) this.#isTorn = false;
    if (written === bytes.length) return records.length;
    const { count, tornBytes } = wholeRecords(given, written);
    if (tornBytes > 0) await this.#takeAway(bytes.subarray(written - tornBytes, written));
    return Math.max(0, count - (given.length - records.length));
  }

  /** Removes the partial record at the file's end, if nothing was appended since. */
  async #takeAway(torn: Uint8Array): Promise<void> {
    try {
      const { size } = await this.#file.stat();
      const start = size - torn.length;
      await this.#file.seek(start, Deno.SeekMode.Start);
      const found = new Uint8Array(torn.length);
      const count = await this.#file.read(found);
      if (count === torn.length && found.every((byte, index) => byte === torn[index])) {
        await this.#file.truncate(start);
        this.#bytes = start;
        return;
      }
    } catch {
      // The file cannot be read or truncated.
    }
    this.#isTorn = true;
  }

  /** Switches to the file at the path, if that is no longer the open one. */
  async #look(): Promise<void> {
    const nowMs = performance.now();
    const mustReopen = this.#mustReopen;
    if (!this.#isFile) return;
    if (!mustReopen && nowMs - this.#lookedMs < this.#bounds.logLookMs) return;
    this.#lookedMs = nowMs;
    this.#mustReopen = false;
    try {
      const [open, there] = await Promise.all([
        this.#file.stat(),
        Deno.stat(this.#path).catch(() => undefined),
      ]);
      this.#bytes = open.size;
      if (there?.ino === open.ino && there?.dev === open.dev && !mustReopen) return;
      await this.#goOnIn(await openFile(this.#path));
    } catch (error) {
      if (mustReopen) {
        this.#tell(
          "log.not-reopened",
          `the log cannot be reopened, and stays in the old file: ${this.#path}: ${String(error)}`,
        );
      }
    }
  }

  async #goOnIn(file: Deno.FsFile): Promise<void> {
    this.#file.close();
    this.#file = file;
    this.#bytes = (await file.stat()).size;
    await this.#lookAtEnd();
  }

  /** Ends a partial record of a writer that was killed. */
  async #lookAtEnd(): Promise<void> {
    this.#isTorn = false;
    if (this.#bytes === 0 || !this.#isFile) return;
    try {
      await this.#file.seek(-1, Deno.SeekMode.End);
      const last = new Uint8Array(1);
      this.#isTorn = await this.#file.read(last) === 1 && last[0] !== newline;
    } catch {
      // The file may be appended to, but not read.
    }
  }

  /** @returns Whether a new file was opened. */
  async #rotate({ keep }: Rotation): Promise<boolean> {
    if (performance.now() < this.#rotateNotBeforeMs) return false;
    let path = this.#path;
    try {
      // Renames the target of a link.
      path = await Deno.realPath(path);
      const fresh = `${path}.new`;
      // First, because it needs disk space; the rest does not.
      const file = await openFile(fresh);
      try {
        // Up to the first free number, so that a rotation that fails midway loses no file.
        let free = 1;
        while (free < keep && await exists(`${path}.${free}`)) free += 1;
        for (; free > 1; free--) await Deno.rename(`${path}.${free - 1}`, `${path}.${free}`);
        await Deno.rename(path, `${path}.1`);
        await Deno.rename(fresh, path);
      } catch (error) {
        file.close();
        throw error;
      }
      await this.#goOnIn(file);
      return true;
    } catch (error) {
      this.#rotateNotBeforeMs = performance.now() + this.#bounds.logRotateRetryMs;
      this.#tell(
        "log.not-rotated",
        `the log cannot be rotated, and keeps growing: ${path}: ${String(error)}`,
      );
      return false;
    }
  }
}

function exists(path: string): Promise<boolean> {
  return Deno.lstat(path).then(() => true, () => false);
}

/** Readable by its user and group, not by everybody. */
const fileMode = 0o640;

/** Opens a file for appending, and for reading if permitted. Removes other users' access. */
async function openFile(path: string): Promise<Deno.FsFile> {
  const file = await openToAdd(path);
  try {
    const { isFile, mode } = await file.stat();
    const isOpen = isFile && mode !== null && (mode & 0o777 & ~fileMode) !== 0;
    if (isOpen && Deno.build.os !== "windows") await Deno.chmod(path, mode & fileMode);
  } catch {
    // The file belongs to another user, who decides on its mode.
  }
  return file;
}

async function openToAdd(path: string): Promise<Deno.FsFile> {
  const options = { append: true, create: true, mode: fileMode };
  try {
    return await Deno.open(path, { ...options, read: true });
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) return await Deno.open(path, options);
    throw error;
  }
}
