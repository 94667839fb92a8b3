/** One process per root: an advisory lock on a file, which the kernel drops when its holder dies. */
import { RootInUse } from "../errors/mod.ts";
import { type Limits, limits } from "../limits/mod.ts";

/** Characters of the lock file that are shown in a message. */
const holderShownMax = 200;

/** The words in messages for a locked folder, and the option that chooses another. */
export interface LockWords {
  readonly what: string;
  readonly option: string;
}

const ofNode: LockWords = { what: "root", option: "--root" };

/** A held lock. */
export class RootLock {
  readonly #path: string;
  readonly #root: string;
  #file: Deno.FsFile;
  #holder: string | undefined;

  private constructor(file: Deno.FsFile, path: string, root: string) {
    this.#file = file;
    this.#path = path;
    this.#root = root;
  }

  /**
   * Takes the lock of a root.
   *
   * @param path The lock file; created if missing and never removed, because two processes could then hold locks on two
   *   files of the same name.
   * @param root The root, for messages.
   * @param options `words`: for messages; by default, those of a node's root.
   * @throws {RootInUse} If another process, or this one, holds it.
   */
  static async take(
    path: string,
    root: string,
    { words = ofNode, bounds = limits }: {
      readonly words?: LockWords;
      readonly bounds?: Limits;
    } = {},
  ): Promise<RootLock> {
    const file = await Deno.open(path, { read: true, write: true, create: true, mode: 0o600 });
    let isTaken = false;
    try {
      isTaken = await tryLock(file, bounds);
    } catch (cause) {
      file.close();
      throw cause;
    }
    if (isTaken) return new RootLock(file, path, root);
    throw new RootInUse(
      `the ${words.what} "${root}" is in use by ${await readHolder(
        path,
      )}; stop that one, or choose another ${words.option}`,
    );
  }

  /** Writes the holder into the lock file, for other processes' messages. */
  async describe(holder: string | undefined): Promise<void> {
    this.#holder = holder;
    const text = JSON.stringify({ pid: Deno.pid, address: holder }) + "\n";
    await this.#file.truncate(0);
    await this.#file.seek(0, Deno.SeekMode.Start);
    await this.#file.write(new TextEncoder().encode(text));
  }

  /** Why this lock no longer protects the root; undefined if it does. */
  async problem(): Promise<string | undefined> {
    if (await this.#isAtItsPath()) return undefined;
    const holder = await readHolder(this.#path);
    return `its root "${this.#root}" was removed or replaced while the node ran (its lock is another file, of ${holder})`;
  }

  /**
   * Retakes the lock of a root that was removed and recreated, or restored.
   *
   * @throws {RootInUse} If another process holds that root by now.
   */
  async retake(): Promise<void> {
    if (await this.#isAtItsPath()) return;
    const other = await RootLock.take(this.#path, this.#root);
    this.#file.close();
    this.#file = other.#file;
    await this.describe(this.#holder);
  }

  async #isAtItsPath(): Promise<boolean> {
    const held = await this.#file.stat();
    const there = await Deno.stat(this.#path).catch((cause) => {
      if (cause instanceof Deno.errors.NotFound) return undefined;
      throw cause;
    });
    return there?.ino === held.ino && there?.dev === held.dev;
  }

  /** Releases the lock. */
  async release(): Promise<void> {
    try {
      await this.#file.truncate(0);
      // Unlocks explicitly: a child that another thread is forking has this file open until it execs.
      await this.#file.unlock();
    } finally {
      this.#file.close();
    }
  }
}

type Lockable = Deno.FsFile & { tryLock?(exclusive: boolean): Promise<boolean> };

/** Whether the lock was taken. If not, closes the file as soon as the runtime allows. */
async function tryLock(file: Lockable, { rootLockTimeoutMs }: Limits): Promise<boolean> {
  const isExclusive = true;
  // Newer runtimes can try without waiting; Deno 2.4, which compiled executables run on, cannot.
  if (typeof file.tryLock === "function") {
    const isTaken = await file.tryLock(isExclusive);
    if (!isTaken) file.close();
    return isTaken;
  }
  const { promise: timeout, resolve } = Promise.withResolvers<"timeout">();
  const timer = setTimeout(() => resolve("timeout"), rootLockTimeoutMs);
  const locking = file.lock(isExclusive);
  try {
    if (await Promise.race([locking, timeout]) !== "timeout") return true;
  } finally {
    clearTimeout(timer);
  }
  // The wait cannot be cancelled; a lock that arrives too late is released at once.
  locking.then(() => file.close(), () => file.close());
  return false;
}

async function readHolder(path: string): Promise<string> {
  const unknown = "another farcall";
  try {
    const holder = JSON.parse(await Deno.readTextFile(path)) as {
      pid?: unknown;
      address?: unknown;
    };
    if (typeof holder.pid !== "number") return unknown;
    const process = holder.pid === Deno.pid ? "this same process" : `process ${holder.pid}`;
    return typeof holder.address === "string"
      ? `${process} (${holder.address.slice(0, holderShownMax)})`
      : process;
  } catch {
    return unknown;
  }
}
