/** What a deployment will do on every node, before it does anything. Pure. */
import type { DeploymentRecord, GenerationName, Manifest, RootDamage } from "../manifest/mod.ts";
import type { ScriptId } from "../identity/mod.ts";
import { diffManifests, isSameManifest, type NodeDiff } from "./diff.ts";
import type { OverloadDiff } from "./overload_diff.ts";

/** What was learned about a node. */
export interface NodeObservation {
  /** The node's name in init.yaml. */
  readonly node: string;
  /** `host:port`, for people. */
  readonly address: string;
  /** The number of its current generation; 0 where it has none. */
  readonly generation: number;
  /** What it runs; undefined where it has no generation. */
  readonly manifest?: Manifest;
  /** The hash of that generation; undefined where it has none. */
  readonly hash?: string;
  /** The deployment that brought that generation, where the node was told. */
  readonly deployment?: DeploymentRecord;
  /** The generation that it replaced; undefined for the first. */
  readonly previous?: GenerationName;
  /** Those of the wanted scripts that it has; more do no harm. */
  readonly has: ReadonlySet<ScriptId>;
  /** What lies on its disk otherwise than it was written. Default: nothing. */
  readonly damage?: readonly RootDamage[];
}

/** Facts about a script besides its id. */
export interface ScriptFacts {
  /** Its size, bundled. */
  readonly bytes: number;
  /** Its source as init.yaml has it, for people. */
  readonly source: string;
}

/** What the fleet shall run. */
export interface WantedDeployment {
  /** A manifest for each node, by the node's name. */
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** Every script that one of the manifests names. */
  readonly scripts: ReadonlyMap<ScriptId, ScriptFacts>;
}

/** What will be done on one node. */
export interface NodePlan {
  readonly node: string;
  /** `host:port`, for people. */
  readonly address: string;
  /** 0 where it has none. */
  readonly generationBefore: number;
  /** The same as before if nothing is done. */
  readonly generationAfter: number;
  /** What it shall run. */
  readonly manifest: Manifest;
  readonly diff: NodeDiff;
  /** Scripts that it lacks, each once, in the order of the manifest. */
  readonly send: readonly ScriptId[];
  /** Their sizes, before compression. */
  readonly sendBytes: number;
  /** What is lost or damaged on its disk, and what this generation makes again or forgets. */
  readonly repairs: readonly RootDamage[];
  /** Whether what it runs already gets the deployer's signature. */
  readonly isSignedAnew: boolean;
  /** Whether there is nothing to do: it runs what it shall, all is on its disk, and it needs no signature. */
  readonly isUnchanged: boolean;
}

/** What will be done on all nodes. */
export interface Plan {
  /** In the order in which they were observed. */
  readonly nodes: readonly NodePlan[];
  /** Facts on the scripts, for people. */
  readonly scripts: ReadonlyMap<ScriptId, ScriptFacts>;
  /** Scripts that are sent, counted once for each node that they are sent to. */
  readonly sendCount: number;
  /** The bytes of all of these, before compression. */
  readonly sendBytes: number;
  /** Signatures that tenants lose, one a line, each with the affected clients. */
  readonly warnings: readonly string[];
  /** Whether there is nothing to do on any node. */
  readonly isUnchanged: boolean;
}

/**
 * Plans a deployment.
 *
 * @param observations One for each node that takes part.
 * @param needsSignature Whether what a node runs must be signed, even where nothing else changes. Default: never.
 * @throws {TypeError} If there is no manifest for a node, or no facts on a script that a manifest names.
 */
export function planDeployment(
  observations: readonly NodeObservation[],
  wanted: WantedDeployment,
  needsSignature: (seen: NodeObservation) => boolean = () => false,
): Plan {
  const nodes = observations.map((seen) => planNode(seen, wanted, needsSignature(seen)));
  return {
    nodes,
    scripts: wanted.scripts,
    sendCount: nodes.reduce((sum, node) => sum + node.send.length, 0),
    sendBytes: nodes.reduce((sum, node) => sum + node.sendBytes, 0),
    warnings: warningsOf(observations, nodes),
    isUnchanged: nodes.every((node) => node.isUnchanged),
  };
}

/** Whether a node runs what it shall and has all of it on its disk. */
export function isUpToDate({ manifest, has, damage }: NodeObservation, wanted: Manifest): boolean {
  return isSameManifest(manifest, wanted) && (damage ?? []).length === 0 &&
    wanted.services.every(({ overloads }) => overloads.every(({ script }) => has.has(script)));
}

function planNode(
  observation: NodeObservation,
  wanted: WantedDeployment,
  needsSignature: boolean,
): NodePlan {
  const { node, address, generation, damage: repairs = [] } = observation;
  const manifest = wanted.manifests.get(node);
  if (manifest === undefined) throw new TypeError(`there is no manifest for node "${node}"`);
  const diff = diffManifests(observation.manifest, manifest);
  const send = new Set<ScriptId>();
  let sendBytes = 0;
  for (const { script } of manifest.services.flatMap((service) => service.overloads)) {
    if (observation.has.has(script) || send.has(script)) continue;
    const facts = wanted.scripts.get(script);
    if (facts === undefined) throw new TypeError(`nothing is known of script "${script}"`);
    send.add(script);
    sendBytes += facts.bytes;
  }
  // A node that runs the right manifest and lost a file is mended by a generation like the last.
  const isKept = diff.isUnchanged && send.size === 0 && repairs.length === 0;
  const isSignedAnew = isKept && needsSignature;
  const isUnchanged = isKept && !isSignedAnew;
  return {
    node,
    address,
    generationBefore: generation,
    generationAfter: isUnchanged ? generation : generation + 1,
    manifest,
    diff,
    send: [...send],
    sendBytes,
    repairs,
    isSignedAnew,
    isUnchanged,
  };
}

/** One line for each signature that goes, or returns something else, and that somebody can call now. */
function warningsOf(
  observations: readonly NodeObservation[],
  nodes: readonly NodePlan[],
): string[] {
  const byText = new Map<string, string[]>();
  nodes.forEach((plan, index) => {
    if (plan.diff.isUnchanged) return;
    for (const service of plan.diff.services) {
      const before = observations[index]!.manifest?.services.find(({ name }) =>
        name === service.name
      );
      if (before === undefined || before.tenants.length === 0) continue;
      for (const overload of service.overloads) {
        const callers = overload.before?.allow ?? before.tenants;
        const loss = lossOf(overload);
        const closedTo = closedToOf(overload, callers);
        const text = loss !== undefined
          ? callers.length > 0 && `${loss}; tenants that can call it now: ${callers.join(", ")}`
          : closedTo.length > 0 && `${calledText(overload)} is closed to ${closedTo.join(", ")}`;
        if (text) byText.set(text, [...byText.get(text) ?? [], plan.node]);
      }
    }
  });
  return [...byText].map(([text, names]) => `${text} (on ${names.join(", ")})`);
}

/** Clients that can call an overload now and cannot afterwards. */
function closedToOf({ before, after }: OverloadDiff, callers: readonly string[]): string[] {
  if (before === undefined || after?.allow === undefined) return [];
  return callers.filter((name) => !after.allow!.includes(name));
}

function calledText({ service, rpc, args }: OverloadDiff): string {
  return `${service}.${rpc}(${args.join(", ")})`;
}

function lossOf(overload: OverloadDiff): string | undefined {
  const { before, after } = overload;
  const called = calledText(overload);
  if (before === undefined) return undefined;
  if (after === undefined) return `${called} goes`;
  const returnsBefore = before.returns.join(", ") || "None";
  const returnsAfter = after.returns.join(", ") || "None";
  if (returnsBefore === returnsAfter) return undefined;
  return `${called} returns ${returnsAfter} instead of ${returnsBefore}`;
}
