/**
 * Decides which files a grant covers, by their real paths: a path is refused if links lead it out of the grant.
 *
 * The runtime checks the given path and then follows links. It cannot be told not to (there is no O_NOFOLLOW), so the
 * real path is checked before a file is opened and after, and the opened file is compared with the one at that path.
 * All of that is synchronous: no other script of this executor runs in between. A process outside of it that swaps
 * links twice in between would go unnoticed.
 */

const { realPathSync, lstatSync, statSync, openSync } = Deno;
const { NotCapable, NotFound } = Deno.errors;

/** Options for opening a file; nothing is modified before the file is known to be covered. */
export type OpenOptions = Pick<
  Deno.OpenOptions,
  "read" | "write" | "append" | "create" | "createNew" | "mode"
>;

/** The granted paths of one kind of access. */
export class GrantedPaths {
  readonly #kind: string;
  readonly #roots: readonly string[];
  readonly #realRoots: readonly string[];

  /** @param roots Absolute, without `.` and `..`. They are resolved here, before any script runs. */
  constructor(kind: string, roots: readonly string[]) {
    this.#kind = kind;
    // Skip roots below others: a script could replace the folders between them.
    this.#roots = roots.filter((root) =>
      !roots.some((other) => other !== root && lies(root, other))
    );
    this.#realRoots = this.#roots.map((root) => {
      try {
        return realPathSync(root);
      } catch {
        return root;
      }
    });
  }

  /** Whether it is itself one of the granted paths. */
  isRoot(path: string): boolean {
    return this.#roots.includes(path);
  }

  /** The real path of an existing one. @throws {Deno.errors.NotCapable} If it is not covered. */
  real(path: string): string {
    this.#checkSpelling(path);
    return this.#covered(path, realPathSync(path));
  }

  /**
   * Checks a path whose last component is not followed: a link, or one that does not exist yet.
   *
   * @throws {Deno.errors.NotCapable} If its folder is not covered.
   */
  checkFolderOf(path: string): void {
    this.#checkSpelling(path);
    if (this.isRoot(path)) return;
    const folder = path.slice(0, path.lastIndexOf("/")) || "/";
    try {
      this.#covered(path, realPathSync(folder));
    } catch (error) {
      // For folders to be created, the nearest existing parent decides.
      if (!(error instanceof NotFound)) throw error;
      this.checkFolderOf(folder);
      if (entryAt(folder)?.isSymlink) throw this.#refusal(folder);
    }
  }

  /** Opens a file. @throws {Deno.errors.NotCapable} If the opened file is not covered. */
  open(path: string, options: OpenOptions): Deno.FsFile {
    this.checkFolderOf(path);
    // Creating the file would follow a dangling link.
    if (entryAt(path) !== undefined) this.real(path);
    const file = openSync(path, options);
    try {
      this.real(path);
      const [opened, lying] = [file.statSync(), statSync(path)];
      if (opened.dev !== lying.dev || opened.ino !== lying.ino) throw this.#refusal(path);
    } catch (error) {
      file.close();
      throw error;
    }
    return file;
  }

  #checkSpelling(path: string): void {
    if (this.#roots.some((root) => lies(path, root))) return;
    throw new NotCapable(
      `Requires ${this.#kind} access to "${path}", specify the required permissions`,
    );
  }

  #covered(path: string, real: string): string {
    if (this.#realRoots.some((root) => lies(real, root))) return real;
    throw this.#refusal(path);
  }

  #refusal(path: string): Error {
    return new NotCapable(
      `"${path}" leads out of what the service was granted (${this.#kind}), by a link; ` +
        "name the file itself, and have it granted under permissions: in init.yaml",
    );
  }
}

/** The status of a path, without following a link; undefined if nothing exists there. */
export function entryAt(path: string): Deno.FileInfo | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}

/** Whether a path equals another or lies below it. */
function lies(path: string, root: string): boolean {
  return path === root || root === "/" || path.startsWith(`${root}/`);
}
