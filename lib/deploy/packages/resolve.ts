/** Resolves imports of packages by Node's algorithm, for a program that is neither Node nor a browser. */
import { posix } from "node:path";
import { nearest } from "../../config/mod.ts";
import { insteadOfBuiltin, insteadOfPackage } from "./builtins.ts";
import type { FileLookup, InstalledPackage, InstalledPackages } from "./installed.ts";
import { hasSideEffects, parsePackageJson, replacementOf, targetOf } from "./package_json.ts";
import { isInRange, type PackageName, parsePackageName } from "./specifier.ts";

/** The kind of import. */
export type ImportKind = "import" | "require";

/** A file of a package. */
export interface PackageFile {
  readonly package: InstalledPackage;
  /** The path from the package's folder. */
  readonly path: string;
  readonly hasSideEffects: boolean;
}

/** Why an import cannot be resolved, and the remedy. */
export interface Refusal {
  readonly refusal: string;
  readonly hint?: string;
  /** Whether the file does not exist. */
  readonly isMissing?: true;
}

/** The target of an import: a file, an empty module (which the package's `browser` map chose), or a refusal. */
export type Resolution = PackageFile | "nothing" | Refusal;

/** Context of a lookup. */
interface Wanted {
  readonly kind: ImportKind;
  /** Whether it is already a replacement by the package's `browser` map, and so is not replaced again. */
  readonly isReplaced?: true;
}

/** The conditions of `exports` that are true for scripts. */
const conditions: Readonly<Record<ImportKind, ReadonlySet<string>>> = {
  import: new Set(["import", "module", "worker", "browser", "production", "default"]),
  require: new Set(["require", "worker", "browser", "production", "default"]),
};

/** Extensions that can be bundled, in the order in which they are tried. */
const endings = [".js", ".cjs", ".mjs", ".json", ".ts", ".mts", ".cts"];

/** Resolves imports. */
export class PackageResolver {
  readonly #files: FileLookup;
  readonly #installed: InstalledPackages;

  constructor(files: FileLookup, installed: InstalledPackages) {
    this.#files = files;
    this.#installed = installed;
  }

  /** Resolves an import of a package by code in a folder. */
  async resolveName(
    specifier: string,
    { folder, importer, ...wanted }: Wanted & {
      readonly folder: string;
      readonly importer?: InstalledPackage;
    },
  ): Promise<Resolution> {
    const builtin = insteadOfBuiltin(specifier);
    if (specifier.startsWith("node:")) return refuseBuiltin(builtin!);
    const named = parsePackageName(specifier);
    if (named === undefined) return { refusal: `"${specifier}" is not the name of a package` };
    const { name, key, range } = named;
    const isSelf = importer?.json.name === name && importer.json.exports !== undefined;
    const found = isSelf ? importer : await this.#installed.find(name, folder);
    if (found === undefined) {
      if (builtin !== undefined) return refuseBuiltin(builtin);
      return {
        refusal: `package "${name}" is not installed`,
        hint: importer === undefined
          ? `npm install ${name}${range === undefined ? "" : `@${range}`}`
          : `npm install, or npm install ${name}`,
      };
    }
    return checkVersion(found, named) ?? checkKind(found, key) ??
      await this.#entry(found, key, wanted);
  }

  /** Resolves an import by a package file. */
  async resolveFrom(
    specifier: string,
    { package: from, path }: Pick<PackageFile, "package" | "path">,
    kind: ImportKind,
  ): Promise<Resolution> {
    const folder = posix.dirname(posix.join(from.location, path));
    if (specifier.startsWith("#")) {
      const target = targetOf(from.json.imports ?? {}, specifier, conditions[kind]);
      if (target === undefined) {
        return { refusal: `${from.id} has no "${specifier}" in its imports` };
      }
      return target.startsWith("./")
        ? await this.#file(from, target, { isExact: true, kind })
        : await this.resolveName(target, { folder, kind, importer: from });
    }
    if (!/^\.{0,2}\/|^\.{1,2}$/.test(specifier)) {
      const instead = replacementOf(from.json, [specifier]);
      if (instead === false) return "nothing";
      if (instead?.startsWith(".")) {
        return await this.#file(from, instead, { isExact: false, kind });
      }
      const meant = instead ?? specifier;
      return await this.resolveName(meant, { folder, kind, importer: from });
    }
    const joined = posix.join(posix.dirname(path), specifier);
    return await this.#file(from, joined, { isExact: false, kind });
  }

  /** Resolves a package's `.` or `./sub`. */
  async #entry(from: InstalledPackage, key: string, wanted: Wanted): Promise<Resolution> {
    const { exports, browser, module, main } = from.json;
    if (exports !== undefined) {
      const target = targetOf(exports, key, conditions[wanted.kind]);
      if (target?.startsWith("./")) {
        return await this.#file(from, target, { ...wanted, isExact: true });
      }
      const shown = key === "." ? from.name : posix.join(from.name, key);
      const keys = Object.keys(Object(exports)).filter((each) => each.startsWith("./"));
      const meant = nearest(key, keys);
      return {
        refusal: `${from.id} exports no "${shown}" for programs outside of Node`,
        ...(meant && { hint: `did you mean "${posix.join(from.name, meant)}"?` }),
      };
    }
    if (key !== ".") return await this.#file(from, key, { ...wanted, isExact: false });
    const mains = [typeof browser === "string" ? browser : undefined]
      .concat(wanted.kind === "import" ? [module, main] : [main, module]);
    for (const each of mains) {
      if (each === undefined) continue;
      const found = await this.#file(from, each, { ...wanted, isExact: false });
      if (found === "nothing" || !("isMissing" in found)) return found;
    }
    return await this.#file(from, "index.js", { ...wanted, isExact: false });
  }

  /** A package file, or its `browser` replacement. */
  async #file(
    from: InstalledPackage,
    wanted: string,
    { isExact, kind, isReplaced }: Wanted & { readonly isExact: boolean },
  ): Promise<Resolution> {
    const path = posix.normalize(wanted).replace(/^\/|\/$/g, "");
    if (path.startsWith("..")) {
      return { refusal: `${from.id} imports "${path}", which is outside of the package` };
    }
    const found = isExact
      ? await this.#isFile(from, path) ? path : undefined
      : await this.#probe(from, path === "." ? "" : path);
    if (found === undefined) {
      return {
        refusal: `${from.id} has no file "${path}"`,
        hint: "its installation may be incomplete: npm ci",
        isMissing: true,
      };
    }
    const short = endings.map((ending) =>
      found.endsWith(ending) ? found.slice(0, -ending.length) : ""
    )
      .filter((each) => each !== "");
    const keys = [found, ...short].flatMap((each) => [`./${each}`, each]);
    const instead = isReplaced ? undefined : replacementOf(from.json, keys);
    if (instead === false) return "nothing";
    if (instead !== undefined && !instead.startsWith(".")) {
      const folder = posix.dirname(posix.join(from.location, found));
      const how = { folder, kind, importer: from, isReplaced: true } as const;
      return await this.resolveName(instead, how);
    }
    const final = instead === undefined ? found : await this.#probe(from, posix.normalize(instead));
    if (final === undefined) return { refusal: `${from.id} has no file "${instead}"` };
    if (!endings.includes(posix.extname(final))) return refuseFile(from, final);
    return { package: from, path: final, hasSideEffects: hasSideEffects(from.json, final) };
  }

  /** Completes a path without extension, or of a folder, to a file. */
  async #probe(
    from: InstalledPackage,
    path: string,
    mainsLeft = 1,
  ): Promise<string | undefined> {
    if (path.startsWith("..")) return undefined;
    const isWhole = endings.includes(posix.extname(path));
    if (path !== "" && isWhole && await this.#isFile(from, path)) return path;
    for (const ending of path === "" ? [] : endings) {
      if (await this.#isFile(from, path + ending)) return path + ending;
    }
    const kind = await this.#kindOf(from, path);
    if (kind === "file") return path;
    if (kind !== "folder") return isWhole ? await this.#typed(from, path) : undefined;
    const main = path === "" || mainsLeft === 0 ? undefined : await this.#mainOf(from, path);
    const found = main && await this.#probe(from, posix.join(path, main), mainsLeft - 1);
    if (found) return found;
    for (const ending of endings) {
      const index = posix.join(path, `index${ending}`);
      if (await this.#isFile(from, index)) return index;
    }
    return undefined;
  }

  /** The TypeScript source behind a `.js` path: such files are imported by their output's name. */
  async #typed(from: InstalledPackage, path: string): Promise<string | undefined> {
    const typed = path.replace(/js$/, "ts");
    return typed !== path && await this.#isFile(from, typed) ? typed : undefined;
  }

  /** The main file of a folder with its own package.json. */
  async #mainOf(from: InstalledPackage, folder: string): Promise<string | undefined> {
    const path = posix.join(folder, "package.json");
    if (!await this.#isFile(from, path)) return undefined;
    const text = await this.#files.packageTextOf(from.location, path);
    const { module, main } = parsePackageJson(text ?? "") ?? {};
    return module ?? main;
  }

  async #isFile(from: InstalledPackage, path: string): Promise<boolean> {
    return await this.#kindOf(from, path) === "file";
  }

  #kindOf(from: InstalledPackage, path: string): ReturnType<FileLookup["kindOf"]> {
    return this.#files.kindOf(posix.join(from.location, path));
  }
}

function refuseBuiltin(hint: string): Refusal {
  return { refusal: "it is a built-in module of Node, which scripts do not have", hint };
}

/** Refuses files that are not JavaScript. */
function refuseFile(from: InstalledPackage, path: string): Refusal {
  const ending = posix.extname(path);
  const hint = ending === ".node"
    ? "it is machine code; use a package in plain JavaScript"
    : ending === ".wasm"
    ? "scripts have no WebAssembly; use a package in plain JavaScript"
    : "only .js, .cjs, .mjs, .json and .ts files are bundled";
  return { refusal: `${from.id} needs "${path}"`, hint };
}

function checkVersion(from: InstalledPackage, { name, range }: PackageName): Refusal | undefined {
  const { version, lockedVersion, location } = from;
  if (lockedVersion !== undefined) {
    return {
      refusal: `${location} is ${name} ${version}, and the lock file says ${lockedVersion}`,
      hint: "npm ci",
    };
  }
  if (range === undefined) return undefined;
  const isFit = isInRange(version, range);
  if (isFit === undefined) {
    return {
      refusal: `versions written as "${range}" are not understood`,
      hint: `write npm:${name}@${version} or npm:${name}@^${version}`,
    };
  }
  if (isFit) return undefined;
  return {
    refusal: `${location} is ${name} ${version}, and the import asks for ${range}`,
    hint: `npm install ${name}@${range}`,
  };
}

function checkKind({ name, id }: InstalledPackage, key: string): Refusal | undefined {
  const instead = insteadOfPackage(name, key);
  return instead === undefined
    ? undefined
    : { refusal: `${id} cannot run in a script`, hint: instead };
}
