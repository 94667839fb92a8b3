/** Files whose content this process has checked, as long as they have not changed. */
export class CheckedFiles {
  readonly #stamps = new Map<string, string>();

  /** Whether a file is unchanged since it was checked. */
  async has(path: string): Promise<boolean> {
    const stamp = this.#stamps.get(path);
    return stamp !== undefined && stamp === await stampOf(path);
  }

  /**
   * Records that a file's content was written or checked here.
   *
   * @param stamp The result of {@linkcode stampOf} before it was read.
   */
  add(path: string, stamp: string | undefined): void {
    if (stamp === undefined) this.#stamps.delete(path);
    else this.#stamps.set(path, stamp);
  }

  /** Forgets a file, so that it is read again. */
  delete(path: string): void {
    this.#stamps.delete(path);
  }

  /** Forgets all files. */
  clear(): void {
    this.#stamps.clear();
  }
}

/** Distinguishes a file from one written later; undefined if it does not exist. */
export async function stampOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, size, mtime, ctime } = await Deno.stat(path);
    return [dev, ino, size, mtime?.getTime(), ctime?.getTime()].join();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw cause;
  }
}
