/**
 * The sources of scripts. Each is read once in a run, so that all scripts of the run see the same text, and everything
 * that influenced a bundle is known afterwards.
 */
import { messageOf } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import { scriptIdOf } from "../../identity/mod.ts";
import { dirname, join, posix, relative, resolve, sep } from "node:path";
import {
  type FileLookup,
  type InstalledPackage,
  InstalledPackages,
  type PathKind,
} from "../packages/installed.ts";
import { otherLockNames } from "../packages/lock_file.ts";
import { ImportGraph } from "./_import_graph.ts";

/** esbuild's loader of a source, by its extension. */
export type SourceLoader = "ts" | "js" | "json";
const loaders: ReadonlyMap<string, SourceLoader> = new Map([
  [".ts", "ts"],
  [".mts", "ts"],
  [".cts", "ts"],
  [".js", "js"],
  [".mjs", "js"],
  [".cjs", "js"],
  [".json", "json"],
]);
/** Kinds of files that are often imported as text and hold no secrets. */
const textExtensions = [".css", ".csv", ".html", ".md", ".sql", ".svg", ".tsv", ".txt", ".xml"];

/** The loader of a file by its name; undefined if the name does not decide. */
export function loaderOf(path: string): SourceLoader | undefined {
  return loaders.get(posix.extname(path));
}

/** Whether a file's extension marks it as a source. */
export function isSourceName(path: string): boolean {
  const extension = posix.extname(path);
  return loaders.has(extension) || textExtensions.includes(extension);
}

/** A file's text, or why it cannot be read. */
export type Source = { readonly text: string } | { readonly problem: string };
/** A file's bytes, or why it cannot be read. */
export type SourceBytes =
  | { readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly problem: string };

/** The sources of one run, by their paths from the folder of init.yaml, with `/`. */
export class Sources implements FileLookup {
  readonly #folder: string;
  readonly #reads: Set<string> | undefined;
  readonly #read = new Map<string, Promise<Source>>();
  readonly #readBytes = new Map<string, Promise<SourceBytes>>();
  readonly #hashes = new Map<string, Promise<string | undefined>>();
  readonly #kinds = new Map<string, Promise<PathKind | undefined>>();
  readonly #absent = new Set<string>();
  readonly #packageFiles = new Map<string, Set<string>>();
  readonly #packages = new Map<string, InstalledPackage>();
  readonly #top: string;
  #freeLanes = limits.filesAtOnceMax;
  readonly #waiting: (() => void)[] = [];
  /** The import graph. */
  readonly graph = new ImportGraph();
  /** The packages that the scripts can import. */
  readonly packages: InstalledPackages;

  /**
   * @param folder The absolute path of the folder of init.yaml.
   * @param reads Collects the absolute path of each source that is looked for.
   */
  constructor(folder: string, reads?: Set<string>) {
    this.#folder = folder;
    this.#reads = reads;
    this.#top = projectFolderOf(folder);
    this.packages = new InstalledPackages(this);
  }

  /** Reads a source. Never throws. */
  read(path: string): Promise<Source> {
    return kept(this.#read, path, async () => {
      const source = await this.readBytes(path);
      if ("problem" in source) return source;
      try {
        const text = new TextDecoder("utf-8", { fatal: true }).decode(source.bytes);
        // Line endings, which editors and checkouts change, must not change a script's id.
        return { text: text.replaceAll("\r\n", "\n") };
      } catch {
        return { problem: "is not UTF-8 text" };
      }
    });
  }

  /** Reads a source's bytes. Never throws. */
  readBytes(path: string): Promise<SourceBytes> {
    return kept(this.#readBytes, path, () => {
      this.#reads?.add(this.absolute(path));
      return this.#readNow(path);
    });
  }

  /** Lower-case hex SHA-256 of a source: of its text, or of its bytes if its name does not mark it as text. */
  hashOf(path: string): Promise<string | undefined> {
    return kept(this.#hashes, path, async () => {
      if (isSourceName(path)) {
        const source = await this.read(path);
        return "problem" in source ? undefined : await hashOf(source.text);
      }
      const source = await this.readBytes(path);
      return "problem" in source ? undefined : await scriptIdOf(source.bytes);
    });
  }

  /** The path of a file from the folder, with `/`, as used in bundles and messages. */
  pathOf(file: string): string {
    return posix.normalize(relative(this.#folder, file).replaceAll(sep, "/"));
  }

  /** The absolute path of a source. */
  absolute(path: string): string {
    return resolve(this.#folder, path);
  }

  kindOf(path: string): Promise<PathKind | undefined> {
    return kept(this.#kinds, path, async () => {
      this.#reads?.add(this.absolute(path));
      const info = await Deno.stat(this.absolute(path)).catch(() => undefined);
      if (info === undefined) this.#absent.add(path);
      return info && (info.isFile ? "file" : info.isDirectory ? "folder" : "other");
    });
  }

  async textOf(path: string): Promise<string | undefined> {
    const source = await this.read(path);
    return "problem" in source ? undefined : source.text;
  }

  packageTextOf(location: string, path: string): Promise<string | undefined> {
    this.addPackageFile(location, path);
    return this.textOf(posix.join(location, path));
  }

  async realPathOf(path: string): Promise<string> {
    try {
      const [real, folder] = await Promise.all([
        Deno.realPath(this.absolute(path)),
        Deno.realPath(this.#folder),
      ]);
      return posix.normalize(relative(folder, real).replaceAll(sep, "/"));
    } catch {
      return path;
    }
  }

  searchedFrom(folder: string): string[] {
    const found: string[] = [];
    for (const start of [this.absolute(folder), this.#folder]) {
      const isInside = start === this.#top || start.startsWith(join(this.#top, sep));
      for (let each = start;; each = dirname(each)) {
        const path = this.pathOf(each);
        if (!found.includes(path)) found.push(path);
        if (!isInside || each === this.#top) break;
      }
    }
    return found;
  }

  /** Records that a package file was read, or decided an import. */
  addPackageFile(location: string, path: string): void {
    const files = this.#packageFiles.get(location) ?? new Set();
    this.#packageFiles.set(location, files.add(path));
  }

  /** The recorded files of a package, sorted: paths from its folder. */
  packageFilesOf(location: string): string[] {
    return [...this.#packageFiles.get(location) ?? []].sort();
  }

  /** Records the package of a node in the import graph. */
  addToPackage(node: string, of: InstalledPackage): void {
    this.#packages.set(node, of);
  }

  /** The package of a node in the import graph; undefined for a project file. */
  packageOf(node: string): InstalledPackage | undefined {
    return this.#packages.get(node);
  }

  /** Paths that were looked up in vain, sorted. */
  absentPaths(): string[] {
    return [...this.#absent].sort();
  }

  async #readNow(path: string): Promise<SourceBytes> {
    if (this.#freeLanes > 0) this.#freeLanes--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      const file = this.absolute(path);
      const { isFile, isDirectory, size } = await Deno.stat(file);
      if (isDirectory) return { problem: "is a folder, expected a file" };
      // Reading a pipe or a device may block forever.
      if (!isFile) return { problem: "is a pipe or a device, expected a file" };
      if (size > limits.sourceBytesMax) {
        return { problem: `has ${size} bytes; ${limits.sourceBytesMax} are allowed` };
      }
      return { bytes: await Deno.readFile(file) };
    } catch (cause) {
      return { problem: problemOf(cause) };
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#freeLanes++;
      else next();
    }
  }
}

/** Lower-case hex SHA-256 of a text. */
export async function hashOf(text: string): Promise<string> {
  return await scriptIdOf(new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>);
}

/** The top folder of the packages' search path: the nearest with a lock file or a repository, or init.yaml's own. */
function projectFolderOf(folder: string): string {
  const marks = ["package-lock.json", "npm-shrinkwrap.json", ".git", ...otherLockNames];
  for (let each = folder;; each = dirname(each)) {
    if (marks.some((mark) => isThere(join(each, mark)))) return each;
    if (each === dirname(each)) return folder;
  }
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

function kept<Value>(
  all: Map<string, Promise<Value>>,
  path: string,
  make: () => Promise<Value>,
): Promise<Value> {
  let value = all.get(path);
  if (value === undefined) {
    value = make();
    all.set(path, value);
  }
  return value;
}

function problemOf(cause: unknown): string {
  if (cause instanceof Deno.errors.NotFound) return "does not exist";
  if (cause instanceof Deno.errors.PermissionDenied) return "cannot be read: permission denied";
  if ((cause as { code?: unknown }).code === "EISDIR") return "is a folder, expected a file";
  if ((cause as { code?: unknown }).code === "ENOTDIR") return "does not exist";
  return `cannot be read: ${messageOf(cause)}`;
}
