/**
 * What the scripts of a manifest were bundled from: who finds the same files again, and bundles as it was
 * done then, knows what would come of them without doing it. Hashes and names only, no source code.
 */
import { DeployRejected } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { isObject } from "../encoding/mod.ts";
import { checkFields } from "./_known_fields.ts";
import type { ScriptId } from "../identity/mod.ts";

/** The sources of a manifest's scripts, as far as they are known. Nodes keep it and make nothing of it. */
export interface ManifestSources {
  /** Lower-case hex SHA-256 of all that a bundle depends on besides its files. */
  readonly bundler: string;
  /** Each file once. */
  readonly files: readonly ManifestSource[];
}

/** A file that went into scripts. */
export interface ManifestSource {
  /** Its path from init.yaml's folder, with `/`. */
  readonly path: string;
  /** Lower-case hex SHA-256 of its text, with `\n` at the ends of lines. */
  readonly hash: string;
  /** What it imports: places in the list of files, from 0. Left out where it imports nothing. */
  readonly imports?: readonly number[];
  /** The script that was bundled from it; left out where it is only imported. */
  readonly script?: ScriptId;
}

/** Whether a path can be that of a source: it leads from a folder to a file in it, spelled in one way. */
export function isSourcePath(value: unknown): value is string {
  return typeof value === "string" && value.length <= limits.sourcePathLengthMax &&
    !/[\\\0]|^[A-Za-z]:/.test(value) &&
    value.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/**
 * Checks what came from elsewhere.
 *
 * @throws {DeployRejected} That names the first thing that is wrong.
 */
export function checkSources(value: unknown): ManifestSources {
  const { bundler, files, ...others } = isObject(value) ? value : {};
  if (!isHash(bundler) || !Array.isArray(files)) {
    throw new DeployRejected("the manifest's sources need a bundler (SHA-256) and a list of files");
  }
  checkFields(others, "the manifest's sources", []);
  if (files.length > limits.sourcesMax) {
    throw new DeployRejected(
      `the manifest's sources are ${files.length} files; ${limits.sourcesMax} are allowed`,
    );
  }
  return { bundler, files: files.map((file) => checkSource(file, files.length)) };
}

function checkSource(value: unknown, count: number): ManifestSource {
  const { path, hash, imports, script, ...others } = isObject(value) ? value : {};
  if (!isSourcePath(path)) {
    throw new DeployRejected(
      `the manifest's sources have ${
        JSON.stringify(path)
      }, which is not a path from init.yaml's folder`,
    );
  }
  const isPlace = (place: unknown) =>
    Number.isInteger(place) && place as number >= 0 && place as number < count;
  if (
    !isHash(hash) || (script !== undefined && !isHash(script)) ||
    (imports !== undefined &&
      (!Array.isArray(imports) || imports.length > count || !imports.every(isPlace)))
  ) {
    throw new DeployRejected(
      `the manifest's source "${path}" needs a hash, and may have a script (SHA-256) and imports ` +
        "(places of files)",
    );
  }
  checkFields(others, `the manifest's source "${path}"`, []);
  return {
    path,
    hash,
    ...(imports && { imports: imports as number[] }),
    ...(script && { script: script as ScriptId }),
  };
}

function isHash(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}
