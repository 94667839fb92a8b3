/**
 * The sources of a manifest's scripts: a deployer that finds the same files and uses the same bundler knows the
 * resulting bundles without making them. Hashes and names only, no code.
 */
import { DeployRejected } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { isObject } from "../encoding/mod.ts";
import { checkFields } from "./_known_fields.ts";
import type { ScriptId } from "../identity/mod.ts";

/** The known sources of a manifest's scripts. Nodes store them without using them. */
export interface ManifestSources {
  /** Lower-case hex SHA-256 of everything that a bundle depends on besides its files. */
  readonly bundler: string;
  /** Each file once, and each package. */
  readonly files: readonly ManifestSource[];
  /** Paths whose absence the imports depend on: a file there would change how they resolve. Omitted if empty. */
  readonly absent?: readonly string[];
}

/** A source file of scripts, or a package with such files. */
export interface ManifestSource {
  /** Its path from init.yaml's folder, with `/`; a package's may lead out of that folder. */
  readonly path: string;
  /** Lower-case hex SHA-256 of a file's text, with `\n` line ends; of a package, over all its relevant files. */
  readonly hash: string;
  /** Its imports, as 0-based indexes into the list of files. Undefined if it imports nothing. */
  readonly imports?: readonly number[];
  /** The script bundled from it; undefined if it is only imported. */
  readonly script?: ScriptId;
  /** Undefined if it is a file. */
  readonly package?: ManifestPackage;
}

/** A package imported by scripts. */
export interface ManifestPackage {
  readonly name: string;
  /** Empty if it names none. */
  readonly version: string;
  /** Of the whole package, from the lock file: `sha512-…`; undefined without one. */
  readonly integrity?: string;
  /** The files that went into scripts or decided which did, relative to the package's folder. */
  readonly files: readonly string[];
  /** Symbolic links that lead to its folder. Omitted if empty. */
  readonly links?: readonly string[];
}

/** Whether a path can be a source's: from a folder to a file in it, in canonical spelling. */
export function isSourcePath(value: unknown): value is string {
  return typeof value === "string" && value.length <= limits.sourcePathLengthMax &&
    !/[\\\0]|^[A-Za-z]:/.test(value) &&
    value.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/** Whether a package may be searched at a path: as a source's, or starting from a parent folder. */
export function isPackagePath(value: unknown): value is string {
  return typeof value === "string" && isSourcePath(value.replace(/^(?:\.\.\/){1,64}/, ""));
}

/**
 * Checks sources from another machine.
 *
 * @throws {DeployRejected} For the first fault.
 */
export function checkSources(value: unknown): ManifestSources {
  const { bundler, files, absent, ...others } = isObject(value) ? value : {};
  if (!isHash(bundler) || !Array.isArray(files)) {
    throw new DeployRejected("the manifest's sources need a bundler (SHA-256) and a list of files");
  }
  checkFields(others, "the manifest's sources", []);
  checkCount(files.length, limits.sourcesMax);
  if (absent !== undefined && !(Array.isArray(absent) && absent.every(isPackagePath))) {
    throw new DeployRejected(
      "the \"absent\" of the manifest's sources is not a list of paths from init.yaml's folder",
    );
  }
  const checked = files.map((file) => checkSource(file, files.length));
  const inPackages = checked.map(({ package: { files = [], links = [] } = {} }) =>
    files.length + links.length
  );
  checkCount(
    inPackages.reduce((sum, count) => sum + count, absent?.length ?? 0),
    limits.packageFilesMax,
  );
  return { bundler, files: checked, ...(absent && { absent: absent as string[] }) };
}

function checkCount(count: number, max: number): void {
  if (count <= max) return;
  throw new DeployRejected(`the manifest's sources are ${count} files; ${max} are allowed`);
}

function checkSource(value: unknown, count: number): ManifestSource {
  const { path, hash, imports, script, package: from, ...others } = isObject(value) ? value : {};
  if (!(from === undefined ? isSourcePath(path) : isPackagePath(path))) {
    throw new DeployRejected(
      `the manifest's sources have ${
        JSON.stringify(path)
      }, which is not a path from init.yaml's folder`,
    );
  }
  const isIndex = (index: unknown) =>
    Number.isInteger(index) && index as number >= 0 && index as number < count;
  if (
    !isHash(hash) || (script !== undefined && !isHash(script)) ||
    (imports !== undefined &&
      (!Array.isArray(imports) || imports.length > count || !imports.every(isIndex)))
  ) {
    throw new DeployRejected(
      `the manifest's source "${path}" needs a hash, and may have a script (SHA-256) and imports ` +
        "(indexes of files)",
    );
  }
  checkFields(others, `the manifest's source "${path}"`, []);
  return {
    path: path as string,
    hash,
    ...(imports && { imports: imports as number[] }),
    ...(script && { script: script as ScriptId }),
    ...(from !== undefined && { package: checkPackage(from, path as string) }),
  };
}

function checkPackage(value: unknown, path: string): ManifestPackage {
  const { name, version, integrity, files, links, ...others } = isObject(value) ? value : {};
  const isText = (text: unknown) => typeof text === "string" && text.length <= 256;
  const isList = (list: unknown, is: (item: unknown) => boolean) =>
    Array.isArray(list) && list.every(is);
  if (
    !isText(name) || !isText(version) || (integrity !== undefined && !isText(integrity)) ||
    !isList(files, isSourcePath) || (links !== undefined && !isList(links, isPackagePath))
  ) {
    throw new DeployRejected(
      `the package "${path}" of the manifest's sources needs a name, a version and files, and may ` +
        "have an integrity and links",
    );
  }
  checkFields(others, `the package "${path}" of the manifest's sources`, []);
  return {
    name: name as string,
    version: version as string,
    ...(integrity !== undefined && { integrity: integrity as string }),
    files: files as string[],
    ...(links !== undefined && { links: links as string[] }),
  };
}

function isHash(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}
