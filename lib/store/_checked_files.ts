/** Files whose content this process has checked, for as long as they are the same files. */
export class CheckedFiles {
  readonly #stamps = new Map<string, string>();

  /** Whether a file is the one that was checked. */
  async has(path: string): Promise<boolean> {
    const stamp = this.#stamps.get(path);
    return stamp !== undefined && stamp === await stampOf(path);
  }

  /** A file's content was written or checked here. @param stamp What {@linkcode stampOf} said before it was read. */
  add(path: string, stamp: string | undefined): void {
    if (stamp === undefined) this.#stamps.delete(path);
    else this.#stamps.set(path, stamp);
  }

  /** Has a file read again. */
  delete(path: string): void {
    this.#stamps.delete(path);
  }

  /** Has all files read again. */
  clear(): void {
    this.#stamps.clear();
  }
}

/** What tells a file from one that was written later, if any. */
export async function stampOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, size, mtime, ctime } = await Deno.stat(path);
    return [dev, ino, size, mtime?.getTime(), ctime?.getTime()].join();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw cause;
  }
}
