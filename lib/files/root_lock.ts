/** One process per root: an advisory lock on a file, which the kernel drops when its holder dies. */
import { RootInUse } from "../errors/mod.ts";
import { type Limits, limits } from "../limits/mod.ts";

/** Characters of the holder's own words that go into a message. */
const holderShownMax = 200;

/** What a message calls a folder that is locked, and the option that chooses another. */
export interface LockWords {
  readonly what: string;
  readonly option: string;
}

const ofNode: LockWords = { what: "root", option: "--root" };

/** A lock that is held. */
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
   * @param path The lock file; made where there is none, and never removed, since removing it would let
   * two processes hold locks on two files of the same name.
   * @param root The root, as a person would write it, for the message.
   * @param options `words`: what the message calls it; by default, a node's root.
   * @throws {RootInUse} If another process, or this one, has it.
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

  /** Writes the holder into the lock file, for the message to the next process. */
  async describe(holder: string | undefined): Promise<void> {
    this.#holder = holder;
    const text = JSON.stringify({ pid: Deno.pid, address: holder }) + "\n";
    await this.#file.truncate(0);
    await this.#file.seek(0, Deno.SeekMode.Start);
    await this.#file.write(new TextEncoder().encode(text));
  }

  /** Why this lock does not protect the root any more; undefined if it does. */
  async problem(): Promise<string | undefined> {
    if (await this.#isAtItsPath()) return undefined;
    const holder = await readHolder(this.#path);
    return `its root "${this.#root}" was removed or replaced while the node ran (its lock is another file, of ${holder})`;
  }

  /**
   * Takes the lock of a root that was removed and made again, or put back from elsewhere.
   *
   * @throws {RootInUse} If another process has that root by now.
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

  /** Lets go. */
  async release(): Promise<void> {
    try {
      await this.#file.truncate(0);
      // A child that another thread is starting has this file open until it becomes its program: closing would not do.
      await this.#file.unlock();
    } finally {
      this.#file.close();
    }
  }
}

type Lockable = Deno.FsFile & { tryLock?(exclusive: boolean): Promise<boolean> };

/** Whether the lock was taken. Closes the file where it was not, as soon as the runtime lets it. */
async function tryLock(file: Lockable, { rootLockTimeoutMs }: Limits): Promise<boolean> {
  const isExclusive = true;
  // Newer runtimes can ask without waiting; Deno 2.4, which compiled executables run on, cannot.
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
  // The wait cannot be called off; a lock that comes too late is given back at once.
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
