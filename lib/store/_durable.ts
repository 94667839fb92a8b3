/** How the store writes: into a temporary folder first, and with shared syncs. */
import { join } from "node:path";
import { syncFolder, writeNewFile } from "../files/durable.ts";

/** A path in the folder for incomplete files that no other file has. */
export function incomingPath(incoming: string): string {
  return join(incoming, crypto.randomUUID());
}

/**
 * Writes a file under a unique name; its content is durable when this resolves.
 *
 * @param incoming The folder for it.
 * @returns Its path.
 * @throws The operating system's error; nothing is left behind.
 */
export async function writeIncoming(content: Uint8Array, incoming: string): Promise<string> {
  const path = incomingPath(incoming);
  await writeNewFile(path, content);
  return path;
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

  /** Resolves when every name that the folder had at the time of the call is durable. */
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

/** One line on the operating system's error and its remedy. */
export function describeRefusal(tried: string, path: string, cause: unknown): string {
  const code = (cause as { code?: unknown } | null)?.code;
  const reason = typeof code === "string" && Object.hasOwn(hints, code)
    ? hints[code]
    : cause instanceof Error
    ? cause.message
    : String(cause);
  return `cannot ${tried} "${path}": ${reason}`;
}
