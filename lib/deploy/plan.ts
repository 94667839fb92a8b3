/** Plans what a deployment will do on every node. Pure. */
import type { DeploymentRecord, GenerationName, Manifest, RootDamage } from "../manifest/mod.ts";
import type { ScriptId } from "../identity/mod.ts";
import { diffManifests, isSameManifest, type NodeDiff } from "./diff.ts";
import type { OverloadDiff } from "./overload_diff.ts";

/** An observed node. */
export interface NodeObservation {
  /** The node's name in init.yaml. */
  readonly node: string;
  /** `host:port`, for messages. */
  readonly address: string;
  /** The number of its current generation; 0 if none. */
  readonly generation: number;
  /** Its current manifest; undefined if it has no generation. */
  readonly manifest?: Manifest;
  /** The hash of that generation; undefined if none. */
  readonly hash?: string;
  /** The deployment of that generation, if the node recorded it. */
  readonly deployment?: DeploymentRecord;
  /** The generation that it replaced; undefined for the first. */
  readonly previous?: GenerationName;
  /** The desired scripts that it has; may include others. */
  readonly has: ReadonlySet<ScriptId>;
  /** Damaged files on its disk. Default: none. */
  readonly damage?: readonly RootDamage[];
}

/** A script's size and source, for messages. */
export interface ScriptFacts {
  /** The bundle's size. */
  readonly bytes: number;
  /** Its source's path in init.yaml, for messages. */
  readonly source: string;
}

/** The desired state of a fleet. */
export interface DesiredDeployment {
  /** A manifest for each node, by the node's name. */
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** Every script in the manifests. */
  readonly scripts: ReadonlyMap<ScriptId, ScriptFacts>;
}

/** The plan for one node. */
export interface NodePlan {
  readonly node: string;
  /** `host:port`, for messages. */
  readonly address: string;
  /** 0 if none. */
  readonly generationBefore: number;
  /** Equal to `generationBefore` if nothing is done. */
  readonly generationAfter: number;
  /** The desired manifest. */
  readonly manifest: Manifest;
  readonly diff: NodeDiff;
  /** The scripts that it lacks, each once, in the order of the manifest. */
  readonly send: readonly ScriptId[];
  /** Their sizes, before compression. */
  readonly sendBytes: number;
  /** Lost or damaged files on its disk, which this generation repairs or drops. */
  readonly repairs: readonly RootDamage[];
  /** Whether its current generation only gets the deployer's signature. */
  readonly isSignedAnew: boolean;
  /** Whether there is nothing to do: it runs the desired manifest, its disk is intact, and it needs no signature. */
  readonly isUnchanged: boolean;
}

/** The plan for all nodes. */
export interface Plan {
  /** In the order of observation. */
  readonly nodes: readonly NodePlan[];
  /** Facts about the scripts, for messages. */
  readonly scripts: ReadonlyMap<ScriptId, ScriptFacts>;
  /** The number of scripts sent, counted for each receiving node. */
  readonly sendCount: number;
  /** The bytes of all of these, before compression. */
  readonly sendBytes: number;
  /** Warnings about signatures that tenants lose, one a line, with the affected clients. */
  readonly warnings: readonly string[];
  /** Whether there is nothing to do on any node. */
  readonly isUnchanged: boolean;
}

/**
 * Plans a deployment.
 *
 * @param observations One for each node that takes part.
 * @param needsSignature Whether a node's generation must be signed even if nothing else changes. Default: never.
 * @throws {TypeError} If a node has no manifest, or a script in a manifest has no facts.
 */
export function planDeployment(
  observations: readonly NodeObservation[],
  desired: DesiredDeployment,
  needsSignature: (seen: NodeObservation) => boolean = () => false,
): Plan {
  const nodes = observations.map((seen) => planNode(seen, desired, needsSignature(seen)));
  return {
    nodes,
    scripts: desired.scripts,
    sendCount: nodes.reduce((sum, node) => sum + node.send.length, 0),
    sendBytes: nodes.reduce((sum, node) => sum + node.sendBytes, 0),
    warnings: warningsOf(observations, nodes),
    isUnchanged: nodes.every((node) => node.isUnchanged),
  };
}

/** Whether a node runs the desired manifest and its disk is intact. */
export function isUpToDate({ manifest, has, damage }: NodeObservation, desired: Manifest): boolean {
  return isSameManifest(manifest, desired) && (damage ?? []).length === 0 &&
    desired.services.every(({ overloads }) => overloads.every(({ script }) => has.has(script)));
}

function planNode(
  observation: NodeObservation,
  desired: DesiredDeployment,
  needsSignature: boolean,
): NodePlan {
  const { node, address, generation, damage: repairs = [] } = observation;
  const manifest = desired.manifests.get(node);
  if (manifest === undefined) throw new TypeError(`there is no manifest for node "${node}"`);
  const diff = diffManifests(observation.manifest, manifest);
  const send = new Set<ScriptId>();
  let sendBytes = 0;
  for (const { script } of manifest.services.flatMap((service) => service.overloads)) {
    if (observation.has.has(script) || send.has(script)) continue;
    const facts = desired.scripts.get(script);
    if (facts === undefined) throw new TypeError(`nothing is known of script "${script}"`);
    send.add(script);
    sendBytes += facts.bytes;
  }
  // A node that runs the right manifest but lost a file is repaired by an identical generation.
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

/** A line for each signature that is removed or changes its result, and that a client can call now. */
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
  if (after === undefined) return `${called} is removed`;
  const returnsBefore = before.returns.join(", ") || "None";
  const returnsAfter = after.returns.join(", ") || "None";
  if (returnsBefore === returnsAfter) return undefined;
  return `${called} returns ${returnsAfter} instead of ${returnsBefore}`;
}
