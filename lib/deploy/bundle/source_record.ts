/**
 * The record of the sources that scripts were bundled from. Nodes keep it in their manifests, so that the next
 * deployment, from any machine, need not bundle unchanged scripts. A script is bundled unless its record matches in
 * every respect.
 *
 * A node may lie, so a record is trusted by its signature. A record signed by this deployer's key describes a bundle of
 * this deployer, whichever node presents it and when. An unsigned record can at most show that nothing is to be done:
 * see `bundleConfiguration`, which never deploys on its word.
 */
import { posix } from "node:path";
import { limits } from "../../limits/mod.ts";
import {
  checkSignature,
  checkSources,
  isPackagePath,
  isSourcePath,
  type Manifest,
  type ManifestOverload,
  type ManifestSource,
  type ManifestSources,
} from "../../manifest/mod.ts";
import type { PublicKey, ScriptId } from "../../identity/mod.ts";
import { bundlerHash } from "./bundle.ts";
import { packageNode } from "./_import_graph.ts";
import type { InstalledPackage } from "../packages/installed.ts";
import type { NodeObservation } from "../plan.ts";
import { hashOf, isSourceName, type Sources } from "./sources.ts";

/** An overload whose script's id may be known without bundling. */
export interface ScriptUse {
  /** The path of its source, from the folder of init.yaml. */
  readonly path: string;
  readonly rpc: string;
  /** The signature that the function was checked against. */
  readonly args: readonly string[];
  readonly returns: readonly string[];
  /** The names of the nodes that are to run it. */
  readonly providers: readonly string[];
}

/**
 * Finds the scripts whose bundles the nodes run already. Every asked node that is to run one must have it, serve it for
 * the rpc with the same signature, and record that this farcall bundled it from files with the same texts as here. So a
 * node's record decides only about scripts that it runs itself.
 *
 * @param key Accept only records signed by it; left out, all.
 * @returns The ids, by the paths of their sources. Adds their imports to `sources`.
 */
export async function findUnchanged(
  uses: readonly ScriptUse[],
  observations: readonly NodeObservation[],
  sources: Sources,
  key?: PublicKey,
): Promise<Map<string, ScriptId>> {
  const bundler = await bundlerHash();
  const records = new Map<string, NodeRecord>();
  for (const observation of observations) {
    const { manifest } = observation;
    const isSigned = key === undefined || await hasSigned(key, observation);
    const record = isSigned && manifest !== undefined ? recordOf(manifest) : undefined;
    const fitting = record?.bundler === bundler ? record : undefined;
    records.set(observation.node, await NodeRecord.read(observation, fitting, sources));
  }
  const idsByPath = new Map<string, Set<ScriptId | undefined>>();
  for (const use of uses) {
    const { path, providers } = use;
    const ids = idsByPath.get(path) ?? new Set();
    idsByPath.set(path, ids);
    const asked = providers.flatMap((name) => records.get(name) ?? []);
    if (asked.length === 0) ids.add(undefined);
    for (const record of asked) ids.add(record.scriptOf(use));
  }
  const found = new Map<string, ScriptId>();
  for (const [path, [id, ...others]] of idsByPath) {
    if (id !== undefined && others.length === 0) found.set(path, id);
  }
  return found;
}

/** One node's record, compared with the local files. */
class NodeRecord {
  readonly #sources: Sources;
  readonly #files: readonly ManifestSource[];
  readonly #indexByPath: ReadonlyMap<string, number>;
  /** Files with the same text here. */
  readonly #same: ReadonlySet<number>;
  /** Rpcs that the node runs, with their signatures and scripts. */
  readonly #runs: ReadonlySet<string>;

  private constructor(
    { manifest, has }: NodeObservation,
    files: readonly ManifestSource[],
    same: ReadonlySet<number>,
    sources: Sources,
  ) {
    this.#sources = sources;
    this.#files = files;
    this.#indexByPath = new Map(files.map(({ path }, index) => [path, index]));
    this.#same = same;
    const overloads = manifest?.services.flatMap(({ overloads }) => overloads) ?? [];
    this.#runs = new Set(
      overloads.filter(({ script }) => has.has(script)).map((overload) =>
        runText(overload, overload.script)
      ),
    );
  }

  static async read(
    observation: NodeObservation,
    record: ManifestSources | undefined,
    sources: Sources,
  ): Promise<NodeRecord> {
    const { files = [], absent = [] } = record ?? {};
    const filled = (await Promise.all(absent.map(async (path) => {
      return await isAbsent(path, sources) ? [] : [path];
    }))).flat();
    // New files on the packages' search path do not affect scripts that import no package.
    const isOnlyPackages = filled.every(isOnSearchPath);
    const same = new Set<number>();
    await Promise.all(files.map(async (file, index) => {
      const isOther = filled.length > 0 && (!isOnlyPackages || file.package !== undefined);
      if (!isOther && await isSameSource(file, sources)) same.add(index);
    }));
    return new NodeRecord(observation, files, same, sources);
  }

  /** The script that the node runs for an rpc, if bundling here would give the same; otherwise undefined. */
  scriptOf(use: ScriptUse): ScriptId | undefined {
    const start = this.#indexByPath.get(use.path);
    if (start === undefined) return undefined;
    const { script } = this.#files[start]!;
    if (script === undefined || !this.#runs.has(runText(use, script))) return undefined;
    const reached = new Set([start]);
    for (const index of reached) {
      if (!this.#same.has(index)) return undefined;
      this.#files[index]!.imports?.forEach((imported) => reached.add(imported));
    }
    for (const index of reached) {
      const source = this.#files[index]!;
      const { path: location, package: from, imports = [] } = source;
      from?.files.forEach((file) => this.#sources.addPackageFile(location, file));
      for (const imported of imports) {
        this.#sources.graph.add(nodeOf(source), nodeOf(this.#files[imported]!));
      }
    }
    return script;
  }
}

function runText(
  { rpc, args, returns }: Pick<ManifestOverload, "rpc" | "args" | "returns">,
  script: ScriptId,
): string {
  return JSON.stringify([rpc, args, returns, script]);
}

/** The graph's name of a source in a record, which does not say which of a package's files import which. */
function nodeOf({ path, package: from }: ManifestSource): string {
  return from === undefined ? path : packageNode(path);
}

/**
 * Whether absent paths are still absent. Only probes where imports would look, so that a node cannot probe other files.
 */
async function isAbsent(path: string, sources: Sources): Promise<boolean> {
  return canBeAbsent(path) && await sources.kindOf(path) === undefined;
}

function canBeAbsent(path: string): boolean {
  return isPackagePath(path) && (isSourceName(path) || isOnSearchPath(path));
}

/** Whether a path is on the search path of package imports. */
function isOnSearchPath(path: string): boolean {
  const parts = path.split("/");
  return parts.includes("node_modules") || ["deno.json", "deno.jsonc"].includes(parts.at(-1)!);
}

/** Whether a source is unchanged here. Reads only sources, so that a node cannot probe other files. */
async function isSameSource(source: ManifestSource, sources: Sources): Promise<boolean> {
  const { path, hash, package: from } = source;
  if (from === undefined) return isSourceName(path) && await sources.hashOf(path) === hash;
  if (!from.files.every(isSourceName)) return false;
  const found = await sources.packages.at(path, from.name);
  if (found?.location !== path || found.lockedVersion !== undefined) return false;
  if (found.version !== from.version || found.integrity !== from.integrity) return false;
  sources.addToPackage(packageNode(path), found);
  for (const link of from.links ?? []) {
    if ((await sources.packages.at(link, from.name))?.location !== path) return false;
  }
  return await packageHashOf(path, from.files, sources) === hash;
}

/** The combined hash of files of a package. */
async function packageHashOf(
  location: string,
  files: readonly string[],
  sources: Sources,
): Promise<string> {
  const hashes = await Promise.all(files.map(async (file) => {
    return [file, await sources.hashOf(posix.join(location, file))];
  }));
  return await hashOf(JSON.stringify(hashes));
}

/** An unreadable record counts as missing. */
function recordOf({ sources }: Manifest): ManifestSources | undefined {
  try {
    return sources === undefined ? undefined : checkSources(sources);
  } catch {
    return undefined;
  }
}

/**
 * Whether a key has signed the node's generation, as a deployment from sources: a rollback's manifest comes from nodes.
 */
async function hasSigned(
  key: PublicKey,
  { manifest, previous, deployment }: NodeObservation,
): Promise<boolean> {
  if (manifest === undefined || deployment?.signed?.key !== key) return false;
  if (deployment.rollbackTo !== undefined) return false;
  try {
    return await checkSignature({ manifest, previous, deployment }) === "good";
  } catch {
    // No deployer can have written and signed such a record.
    return false;
  }
}

/**
 * Records the sources of scripts. Leaves out scripts with files outside of the folder, whose paths are private, and
 * scripts with warnings, which every deployment must report.
 *
 * @param scripts By the paths of their sources.
 * @returns undefined if there is nothing, or too much, to record.
 */
export async function recordSources(
  scripts: ReadonlyMap<string, ScriptId>,
  sources: Sources,
): Promise<ManifestSources | undefined> {
  const { graph } = sources;
  const imports = new Map<string, Set<string>>();
  const packages = new Map<string, InstalledPackage>();
  /** The graph node of a file; for a package's file, the package. */
  const collapsed = (node: string): string => {
    const from = sources.packageOf(node);
    if (from === undefined) return node;
    packages.set(packageNode(from.location), from);
    return packageNode(from.location);
  };
  const recorded = new Set<string>();
  for (const path of scripts.keys()) {
    const reached = graph.reachableFrom(path);
    const isKnown = reached.every((node) =>
      sources.packageOf(node) !== undefined || canBeRecorded(node)
    );
    if (!isKnown || graph.isUnrecorded(path)) continue;
    recorded.add(path);
    for (const node of reached) {
      const from = collapsed(node);
      const all = imports.get(from) ?? new Set();
      imports.set(from, all);
      for (const each of graph.importsOf(node)) {
        if (collapsed(each) !== from) all.add(collapsed(each));
      }
    }
  }
  if (imports.size === 0 || imports.size > limits.sourcesMax) return undefined;
  const sorted = [...imports.keys()].sort();
  const indexes = new Map(sorted.map((node, index) => [node, index]));
  const files = await Promise.all(sorted.map(async (node): Promise<ManifestSource> => {
    const from = packages.get(node);
    const about = from === undefined
      ? { path: node, hash: (await sources.hashOf(node))! }
      : await packageRecord(from, sources);
    const { package: ofPackage, ...file } = about;
    const importIndexes = [...imports.get(node)!].map((each) => indexes.get(each)!);
    return {
      ...file,
      ...(importIndexes.length > 0 && { imports: importIndexes.sort((a, b) => a - b) }),
      ...(recorded.has(node) && { script: scripts.get(node)! }),
      ...(ofPackage && { package: ofPackage }),
    };
  }));
  const absent = sources.absentPaths().filter(canBeAbsent);
  const inPackages = files.map((file) => file.package?.files.length ?? 0);
  const count = inPackages.reduce((sum, each) => sum + each, absent.length);
  if (count > limits.packageFilesMax) return undefined;
  return { bundler: await bundlerHash(), files, ...(absent.length > 0 && { absent }) };
}

async function packageRecord(
  { name, version, location, integrity, links }: InstalledPackage,
  sources: Sources,
): Promise<Pick<ManifestSource, "path" | "hash" | "package">> {
  const files = sources.packageFilesOf(location);
  return {
    path: location,
    hash: await packageHashOf(location, files, sources),
    package: {
      name,
      version,
      ...(integrity && { integrity }),
      files,
      ...(links.size > 0 && { links: [...links].sort() }),
    },
  };
}

function canBeRecorded(path: string): boolean {
  return isSourcePath(path) && isSourceName(path);
}
