/** Installed packages: found in node_modules by Node's rules, with their entries in the lock file. */
import { posix } from "node:path";
import {
  findIntegrity,
  type Locked,
  npmLockNames,
  otherLockNames,
  parseNpmLock,
} from "./lock_file.ts";
import { type PackageJson, parsePackageJson } from "./package_json.ts";

/** The kind of a path's target. */
export type PathKind = "file" | "folder" | "other";

/** Access to files, by their paths from the folder of init.yaml. */
export interface FileLookup {
  /** Undefined if the path is absent; it is recorded, because the next deployment must find it absent, too. */
  kindOf(path: string): Promise<PathKind | undefined>;
  /** The text of a file; undefined if unreadable. */
  textOf(path: string): Promise<string | undefined>;
  /** As `textOf`, for a package file that decides imports, which is recorded. */
  packageTextOf(location: string, path: string): Promise<string | undefined>;
  /** The real path. */
  realPathOf(path: string): Promise<string>;
  /** The folders to search for node_modules, nearest first, up to the project's folder. */
  searchedFrom(folder: string): readonly string[];
}

/** A package in a node_modules. */
export interface InstalledPackage {
  readonly name: string;
  /** Empty if its package.json has none. */
  readonly version: string;
  /** Its real folder, from the folder of init.yaml. */
  readonly location: string;
  /** Its name and version in bundles and messages: `zod@4.1.3`; with its enclosing packages, if nested. */
  readonly id: string;
  readonly json: PackageJson;
  readonly integrity?: string;
  /** The version in the lock file, if different. */
  readonly lockedVersion?: string;
  /** Links on the way to it. */
  readonly links: Set<string>;
}

/** The packages that the scripts of a folder can import. */
export class InstalledPackages {
  readonly #files: FileLookup;
  readonly #found = new Map<string, Promise<InstalledPackage | undefined>>();
  readonly #byLocation = new Map<string, Promise<InstalledPackage | undefined>>();
  readonly #locks = new Map<string, Promise<ReadonlyMap<string, Locked> | undefined>>();
  readonly #locationById = new Map<string, string>();

  constructor(files: FileLookup) {
    this.#files = files;
  }

  /** Resolves a package name from a folder; undefined if it is not installed. */
  async find(name: string, folder: string): Promise<InstalledPackage | undefined> {
    for (const each of this.#files.searchedFrom(folder)) {
      if (posix.basename(each) === "node_modules") continue;
      const found = await this.at(posix.join(each, "node_modules", name), name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The package in a folder, if any. */
  at(path: string, name: string): Promise<InstalledPackage | undefined> {
    let found = this.#found.get(path);
    if (found === undefined) {
      found = this.#look(path, name);
      this.#found.set(path, found);
    }
    return found;
  }

  async #look(path: string, name: string): Promise<InstalledPackage | undefined> {
    if (await this.#files.kindOf(path) !== "folder") return undefined;
    const location = await this.#files.realPathOf(path);
    let found = this.#byLocation.get(location);
    if (found === undefined) {
      found = this.#read(location, name);
      this.#byLocation.set(location, found);
    }
    const installed = await found;
    if (path !== location) installed?.links.add(path);
    return installed;
  }

  async #read(location: string, name: string): Promise<InstalledPackage | undefined> {
    const text = await this.#files.packageTextOf(location, "package.json");
    const json = text === undefined ? undefined : parsePackageJson(text);
    if (json === undefined) return undefined;
    const version = json.version ?? "";
    const locked = await this.#locked(location, json.name ?? name, version);
    const isOther = locked.version !== undefined && locked.version !== version;
    return {
      name,
      version,
      location,
      id: this.#idOf(location, name, version),
      json,
      ...(locked.integrity && { integrity: locked.integrity }),
      ...(isOther && { lockedVersion: locked.version }),
      links: new Set(),
    };
  }

  /** The same on every machine with the same lock, regardless of where node_modules is. */
  #idOf(location: string, name: string, version: string): string {
    const own = version === "" ? name : `${name}@${version}`;
    const folders = location.split("node_modules/");
    const [root, ...around] = folders.slice(0, -1).map((each) => each.replace(/\/$/, ""));
    // pnpm and Deno keep each package in its own folder, below a hidden one.
    const kept = `${name.replace("/", "+")}@${version}`;
    const nested = around.filter((each) => each.split("/").pop() !== kept);
    const prefix = root === undefined || root === "" || root.startsWith("..") ? [] : [root];
    const id = [...prefix, ...nested, own].join(">");
    const known = this.#locationById.get(id) ?? location;
    this.#locationById.set(id, known);
    return known === location ? id : `${id}(${location})`;
  }

  /** A package's entry in the lock file beside node_modules. */
  async #locked(location: string, name: string, version: string): Promise<Locked> {
    const start = location.indexOf("node_modules/");
    if (start < 0) return {};
    const root = location.slice(0, start) || ".";
    const byFolder = await this.#npmLock(root);
    const locked = byFolder?.get(location.slice(start));
    if (locked !== undefined) return locked;
    if (version === "") return {};
    for (const lock of otherLockNames) {
      const text = await this.#files.textOf(posix.join(root, lock));
      const integrity = text && findIntegrity(text, name, version);
      if (integrity) return { integrity };
    }
    return {};
  }

  #npmLock(root: string): Promise<ReadonlyMap<string, Locked> | undefined> {
    let lock = this.#locks.get(root);
    if (lock === undefined) {
      lock = this.#readNpmLock(root);
      this.#locks.set(root, lock);
    }
    return lock;
  }

  async #readNpmLock(root: string): Promise<ReadonlyMap<string, Locked> | undefined> {
    for (const name of npmLockNames) {
      const text = await this.#files.textOf(posix.join(root, name));
      const locked = text === undefined ? undefined : parseNpmLock(text);
      if (locked !== undefined) return locked;
    }
    return undefined;
  }
}
