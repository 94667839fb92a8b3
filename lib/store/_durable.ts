/** Files that are whole or not there, whatever happens while they are written. */
import { dirname, join } from "node:path";

/**
 * Writes a file of a name of its own; its content is durable when this resolves.
 *
 * @param incoming The folder for it.
 * @returns Its path.
 * @throws What the operating system says; nothing is left behind then.
 */
export async function writeIncoming(content: Uint8Array, incoming: string): Promise<string> {
  const path = join(incoming, crypto.randomUUID());
  try {
    const file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    try {
      let written = 0;
      while (written < content.byteLength) written += await file.write(content.subarray(written));
      await file.sync();
    } finally {
      file.close();
    }
  } catch (cause) {
    await removeIfThere(path).catch(() => {});
    throw cause;
  }
  return path;
}

/**
 * Writes a file so that a reader, or a restart at any moment, finds the old content or the new and never
 * anything between. The content is durable when this resolves; the *name* is once its folder was synced.
 *
 * @param path Where to; what is there is replaced.
 * @param content What.
 * @param incoming A folder on the same file system for the file while it is written.
 * @throws What the operating system says; nothing is left behind then.
 */
export async function replaceFile(
  path: string,
  content: Uint8Array,
  incoming: string,
): Promise<void> {
  const temporary = await writeIncoming(content, incoming);
  try {
    await Deno.rename(temporary, path);
  } catch (cause) {
    await removeIfThere(temporary).catch(() => {});
    throw cause;
  }
}

/** As {@linkcode replaceFile}, and the name is durable too. */
export async function replaceFileDurably(
  path: string,
  content: Uint8Array,
  incoming: string,
): Promise<void> {
  await replaceFile(path, content, incoming);
  await syncFolder(dirname(path));
}

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await Deno.open(path);
  try {
    await folder.sync();
  } finally {
    folder.close();
  }
}

/**
 * Syncs one folder for many at once: requests during a sync share the next one, so that a
 * thousand files written side by side do not cost a thousand syncs.
 */
export class SharedFolderSync {
  readonly #path: string;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Resolves when every name that was in the folder at the time of the call is durable. */
  sync(): Promise<void> {
    if (this.#next === undefined) {
      const next = this.#running.catch(() => {}).then(() => {
        this.#next = undefined;
        this.#running = next;
        return syncFolder(this.#path);
      });
      this.#next = next;
    }
    return this.#next;
  }
}

/** Removes a file; that there is none is fine. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
}

/** The bytes of a file, if any. */
export async function readIfThere(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw cause;
  }
}

const hints: Record<string, string> = {
  EACCES: "permission denied; run farcall as a user with access, or choose another --root",
  EPERM: "permission denied; run farcall as a user with access, or choose another --root",
  EROFS: "the file system is read-only; choose another --root",
  ENOSPC: "no space is left on the device; free some, or choose another --root",
  EDQUOT: "the disk quota is used up; free some space, or choose another --root",
  ENOENT: "there is no such folder; choose another --root",
  ENOTDIR: "a part of the path is not a folder; choose another --root",
  EEXIST: "there is a file where a folder should be; choose another --root",
  EISDIR: "there is a folder where a file should be; choose another --root",
  EMFILE: "too many files are open; raise the limit with ulimit -n",
};

/** One line for what the operating system refused, and what to do about it. */
export function describeRefusal(tried: string, path: string, cause: unknown): string {
  const code = (cause as { code?: unknown } | null)?.code;
  const reason = typeof code === "string" && Object.hasOwn(hints, code)
    ? hints[code]
    : cause instanceof Error
    ? cause.message
    : String(cause);
  return `cannot ${tried} "${path}": ${reason}`;
}
