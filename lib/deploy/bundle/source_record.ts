/**
 * The record of what scripts were bundled from. It lies on the nodes, in their manifests, and so does not get
 * lost: whoever deploys next, from wherever, need not bundle what has not changed. A script whose record does
 * not fit in every respect is bundled.
 *
 * A node may lie, so a record is believed by whose word it is. What this deployer's key has signed, this
 * deployer has bundled; that stays true whichever node shows it and when. What anybody may have written says
 * at most that nothing is to be done: see `bundleConfiguration`, which deploys nothing on its word.
 */
import { limits } from "../../limits/mod.ts";
import {
  checkSignature,
  checkSources,
  isSourcePath,
  type Manifest,
  type ManifestSource,
  type ManifestSources,
} from "../../manifest/mod.ts";
import type { PublicKey, ScriptId } from "../../identity/mod.ts";
import { bundlerHash } from "./bundle.ts";
import type { NodeObservation } from "../plan.ts";
import { isSourceName, type Sources } from "./sources.ts";

/** An overload whose script may be known without bundling it. */
export interface ScriptUse {
  /** The path of its source, from the folder of init.yaml. */
  readonly path: string;
  readonly rpc: string;
  /** The names of the nodes that shall run it. */
  readonly providers: readonly string[];
}

/**
 * Finds the scripts that would be bundled to what the nodes run already: every node that was asked and
 * shall run one has it, with a function for its rpc, and bundled it was by this farcall from files that are
 * here with the same texts. A node is so asked about what it runs itself, and about nothing else.
 *
 * @param key Only records that it has signed count; left out, all do.
 * @returns The ids, by the paths of their sources. What they import is noted in `sources`.
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
    const files = record?.bundler === bundler ? record.files : [];
    records.set(observation.node, await NodeRecord.read(observation, files, sources));
  }
  const idsByPath = new Map<string, Set<ScriptId | undefined>>();
  for (const { path, rpc, providers } of uses) {
    const ids = idsByPath.get(path) ?? new Set();
    idsByPath.set(path, ids);
    const asked = providers.flatMap((name) => records.get(name) ?? []);
    if (asked.length === 0) ids.add(undefined);
    for (const record of asked) ids.add(record.scriptOf(path, rpc));
  }
  const found = new Map<string, ScriptId>();
  for (const [path, [id, ...others]] of idsByPath) {
    if (id !== undefined && others.length === 0) found.set(path, id);
  }
  return found;
}

/** What one node keeps, compared with the files that are here. */
class NodeRecord {
  readonly #sources: Sources;
  readonly #files: readonly ManifestSource[];
  readonly #placeByPath: ReadonlyMap<string, number>;
  /** Files that are here with the same text. */
  readonly #same: ReadonlySet<number>;
  /** What the node runs and has: `rpc script`. */
  readonly #runs: ReadonlySet<string>;

  private constructor(
    { manifest, has }: NodeObservation,
    files: readonly ManifestSource[],
    same: ReadonlySet<number>,
    sources: Sources,
  ) {
    this.#sources = sources;
    this.#files = files;
    this.#placeByPath = new Map(files.map(({ path }, place) => [path, place]));
    this.#same = same;
    const overloads = manifest?.services.flatMap(({ overloads }) => overloads) ?? [];
    this.#runs = new Set(
      overloads.filter(({ script }) => has.has(script)).map(({ rpc, script }) =>
        `${rpc} ${script}`
      ),
    );
  }

  static async read(
    observation: NodeObservation,
    files: readonly ManifestSource[],
    sources: Sources,
  ): Promise<NodeRecord> {
    const same = new Set<number>();
    await Promise.all(files.map(async ({ path, hash }, place) => {
      // No node shall learn anything of files that are no sources.
      if (isSourceName(path) && await sources.hashOf(path) === hash) same.add(place);
    }));
    return new NodeRecord(observation, files, same, sources);
  }

  /** The script that the node runs for an rpc and that would be bundled from here; undefined if another may. */
  scriptOf(path: string, rpc: string): ScriptId | undefined {
    const start = this.#placeByPath.get(path);
    if (start === undefined) return undefined;
    const { script } = this.#files[start];
    if (script === undefined || !this.#runs.has(`${rpc} ${script}`)) return undefined;
    const reached = new Set([start]);
    for (const place of reached) {
      if (!this.#same.has(place)) return undefined;
      this.#files[place].imports?.forEach((imported) => reached.add(imported));
    }
    for (const place of reached) {
      const { path, imports = [] } = this.#files[place];
      for (const imported of imports) this.#sources.addImport(path, this.#files[imported].path);
    }
    return script;
  }
}

/** A record that cannot be read is none. */
function recordOf({ sources }: Manifest): ManifestSources | undefined {
  try {
    return sources === undefined ? undefined : checkSources(sources);
  } catch {
    return undefined;
  }
}

/** Whether a key has signed what a node says that it runs, as made from sources: a rollback's come from nodes. */
async function hasSigned(
  key: PublicKey,
  { manifest, previous, deployment }: NodeObservation,
): Promise<boolean> {
  if (manifest === undefined || deployment?.signed?.key !== key) return false;
  if (deployment.rollbackTo !== undefined) return false;
  try {
    return await checkSignature({ manifest, previous, deployment }) === "good";
  } catch {
    // What no deployer can have written, nobody has signed.
    return false;
  }
}

/**
 * Records what scripts were bundled from. Left out are scripts with files outside of the folder, whose
 * paths are nobody's business, and those of which something is to be said on every deployment.
 *
 * @param scripts By the paths of their sources.
 * @returns Undefined where there is nothing, or too much, to record.
 */
export async function recordSources(
  scripts: ReadonlyMap<string, ScriptId>,
  sources: Sources,
): Promise<ManifestSources | undefined> {
  const paths = new Set<string>();
  const recorded = new Set<string>();
  for (const path of scripts.keys()) {
    const reached = sources.reachableFrom(path);
    if (sources.isWarned(path) || !reached.every(canBeRecorded)) continue;
    recorded.add(path);
    for (const each of reached) paths.add(each);
  }
  if (paths.size === 0 || paths.size > limits.sourcesMax) return undefined;
  const sorted = [...paths].sort();
  const places = new Map(sorted.map((path, place) => [path, place]));
  const files = await Promise.all(sorted.map(async (path): Promise<ManifestSource> => {
    const imports = sources.importsOf(path).map((imported) => places.get(imported)!);
    return {
      path,
      hash: (await sources.hashOf(path))!,
      ...(imports.length > 0 && { imports }),
      ...(recorded.has(path) && { script: scripts.get(path)! }),
    };
  }));
  return { bundler: await bundlerHash(), files };
}

function canBeRecorded(path: string): boolean {
  return isSourcePath(path) && isSourceName(path);
}
