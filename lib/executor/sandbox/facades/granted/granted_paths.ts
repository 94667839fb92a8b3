/**
 * Which files a grant covers, by what they are: a path that links lead out of what was granted is refused.
 *
 * The runtime checks the path that it is given and then follows links. It cannot be told not to (there is no
 * O_NOFOLLOW), so the real path is looked at before a file is opened and after, and the file that was opened is
 * compared with the one that lies there. All of that without giving control back: no other script of this executor
 * comes between. A process outside of it that swaps links twice in between would not be noticed.
 */

const { realPathSync, lstatSync, statSync, openSync } = Deno;
const { NotCapable, NotFound } = Deno.errors;

/** How a file is opened; nothing of it is changed before it is known to be covered. */
export type OpenOptions = Pick<
  Deno.OpenOptions,
  "read" | "write" | "append" | "create" | "createNew" | "mode"
>;

/** The paths that were granted for one kind of access. */
export class GrantedPaths {
  readonly #kind: string;
  readonly #roots: readonly string[];
  readonly #realRoots: readonly string[];

  /** @param roots Absolute, without `.` and `..`. Where they really lie is settled here, before any script runs. */
  constructor(kind: string, roots: readonly string[]) {
    this.#kind = kind;
    // One below another would be found again under whatever a script has made of the folders between.
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

  /** Whether it is one of the granted paths itself. */
  isRoot(path: string): boolean {
    return this.#roots.includes(path);
  }

  /** Where a path that is there really leads. @throws {Deno.errors.NotCapable} If that is not covered. */
  real(path: string): string {
    this.#checkSpelling(path);
    return this.#covered(path, realPathSync(path));
  }

  /**
   * Checks a path whose last part is taken as it is, be it a link, or not there yet.
   *
   * @throws {Deno.errors.NotCapable} If the folder it lies in is not covered.
   */
  checkFolderOf(path: string): void {
    this.#checkSpelling(path);
    if (this.isRoot(path)) return;
    const folder = path.slice(0, path.lastIndexOf("/")) || "/";
    try {
      this.#covered(path, realPathSync(folder));
    } catch (error) {
      // Folders that are to be made: the first one that is there decides.
      if (!(error instanceof NotFound)) throw error;
      this.checkFolderOf(folder);
      if (entryAt(folder)?.isSymlink) throw this.#refusal(folder);
    }
  }

  /** Opens a file. @throws {Deno.errors.NotCapable} If what was opened is not covered. */
  open(path: string, options: OpenOptions): Deno.FsFile {
    this.checkFolderOf(path);
    // A link that leads nowhere would be followed in making the file.
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

/** What lies at a path, a link as such; undefined where nothing does. */
export function entryAt(path: string): Deno.FileInfo | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}

/** Whether a path is this one or lies below it. */
function lies(path: string, root: string): boolean {
  return path === root || root === "/" || path.startsWith(`${root}/`);
}
