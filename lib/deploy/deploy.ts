/** A deployment from a checked configuration to its end: observe, bundle what is new, diff, plan, apply. */
import type { Configuration } from "../config/mod.ts";
import { DeployRejected, type Diagnostic } from "../errors/mod.ts";
import { type DeploymentInfo, type DeploymentSignature, signDeployment } from "../manifest/mod.ts";
import type { FleetContent, StatePublisher } from "../fleet/mod.ts";
import { scriptId, type SigningKey } from "../identity/mod.ts";
import {
  type AppliedNode,
  applyDeployment,
  nothingChanged,
  type ScriptStock,
  withState,
} from "./apply.ts";
import type { DeployProgress } from "./progress.ts";
import { Fleet, type FleetNode, type FleetOptions, nodesOf } from "./fleet.ts";
import { observeFleet } from "./observe.ts";
import {
  type NodeObservation,
  type NodePlan,
  type Plan,
  planDeployment,
  type WantedDeployment,
} from "./plan.ts";
import { bundleConfiguration } from "./manifests/desired_state.ts";

/** How a deployment is made. */
export interface DeployOptions extends FleetOptions {
  /** The deployer's name, for the nodes' logs and histories, and for concurrent deployers. */
  readonly deployer: string;
  /** The names of the nodes to deploy to; the others are left as they are. Default: all. */
  readonly only?: readonly string[];
  /**
   * With a key, what nodes run unsigned is signed, though nothing else changes. Whether what another key has signed is
   * signed again, too. Default: false.
   */
  readonly isSigningAll?: boolean;
  /** The desired state of the fleet, which absent nodes follow later. Default: none. */
  readonly state?: StatePublisher;
  /** Stops after the plan; nothing is changed. Default: false. */
  readonly isDryRun?: boolean;
  /** Ends a deployment of somebody else that is under way on the nodes. Default: false. */
  readonly takesOver?: boolean;
  /** Is given the plan before anything is changed. What it throws ends the deployment, with nothing changed. */
  readonly onPlan?: (plan: Plan) => void | Promise<void>;
  readonly progress?: DeployProgress;
  /** Gets the absolute paths of all sources that were looked for, found or not, also where the deployment fails. */
  readonly reads?: Set<string>;
}

/** What a deployment did. */
export interface Deployed {
  readonly plan: Plan;
  /** The nodes that were changed; none on a dry run, or where nothing was to do. */
  readonly applied: readonly AppliedNode[];
  /** The number of the fleet's desired state, where this has written one. */
  readonly state?: number;
  /** What the scripts do that is probably not meant. */
  readonly warnings: readonly Diagnostic[];
}

/**
 * Makes every node of a configuration run exactly what it says, or changes nothing anywhere. Scripts that
 * would be bundled to what the nodes run already are not bundled: see `_source_record.ts`.
 *
 * @throws {RangeError} If `only` names a node that is not in the configuration.
 * @throws {InvalidConfiguration} With every mistake in the scripts.
 * @throws {NodeUnreachable} If a node cannot be reached; nothing was changed.
 * @throws {DeployRejected} If a node refuses. The details say what state the nodes are in.
 */
export async function deploy(
  configuration: Configuration,
  options: DeployOptions,
): Promise<Deployed> {
  const nodes = nodesOf(configuration, options.only);
  const { progress } = options;
  await using fleet = new Fleet(options);
  let observations: NodeObservation[] | undefined;
  let problem: unknown;
  try {
    observations = await observeFleet(fleet, nodes, undefined, progress);
  } catch (error) {
    problem = error;
  }
  const { wanted, content, scripts, warnings } = await bundleConfiguration(configuration, {
    progress,
    observations,
    key: options.key?.publicKey,
    reads: options.reads,
  });
  // Mistakes in scripts are reported first: they need no node.
  if (observations === undefined) throw withState(problem, nothingChanged);
  const applied = await planAndApply(fleet, nodes, wanted, {
    ...options,
    scripts,
    observations,
    content,
  });
  return { ...applied, warnings };
}

/** How nodes are brought to what is wanted. */
interface ApplyOptions extends Omit<DeployOptions, "only"> {
  /** Every script that can be sent. */
  readonly scripts: ScriptStock;
  /** What was learned of the nodes before. */
  readonly observations?: readonly NodeObservation[];
  /** What the fleet shall run; its desired state is left as it is without. */
  readonly content?: FleetContent;
  /** The generations that are brought back, by node. */
  readonly rollbackTo?: ReadonlyMap<string, number>;
  /** The number of the fleet's state that is brought back. */
  readonly stateRollbackTo?: number;
}

/** Brings the nodes to what is wanted, whether from a configuration or from their own past. */
export async function planAndApply(
  fleet: Fleet,
  nodes: readonly FleetNode[],
  wanted: WantedDeployment,
  options: ApplyOptions,
): Promise<Pick<Deployed, "plan" | "applied" | "state">> {
  const { scripts, deployer, progress, rollbackTo, takesOver } = options;
  const observations = await observeFleet(fleet, nodes, wanted, progress, options.observations)
    .catch((error) => {
      throw withState(error, nothingChanged);
    });
  const signer = options.key?.publicKey;
  const plan = planDeployment(observations, wanted, ({ manifest, deployment }) => {
    const signedBy = deployment?.signed?.key;
    const isWellSigned = options.isSigningAll ? signedBy === signer : signedBy !== undefined;
    const isVouchedFor = options.state?.vouchesFor(deployment?.id, signer) === true;
    return signer !== undefined && manifest !== undefined && !isWellSigned && !isVouchedFor;
  });
  checkSendable(plan, scripts);
  await options.onPlan?.(plan);
  if (options.isDryRun) return { plan, applied: [] };
  const id = crypto.randomUUID();
  const { stateRollbackTo: to } = options;
  const about = { id, deployer, ...(to !== undefined && { rollbackTo: to }) };
  const desired = await desiredState(options, about);
  if (plan.isUnchanged && !takesOver) {
    await desired?.write();
    return { plan, applied: [], state: desired?.number };
  }
  const addresses = new Map(nodes.map(({ address }) => [address.name, address]));
  const works = await Promise.all(plan.nodes.map(async (node, index) => {
    const deployment = { id, deployer, rollbackTo: rollbackTo?.get(node.node) };
    const signed = await sign(options.key, node, observations[index]!, deployment);
    return { ...node, address: addresses.get(node.node)!, deployment, signed, takesOver };
  }));
  const applied = await applyDeployment(fleet, works, scripts, {
    progress,
    beforeCommit: () => desired?.write(),
  });
  return { plan, applied, state: desired?.number };
}

/** A desired state that is ready to be written; undefined where there is no fleet, or it is as it shall be. */
async function desiredState(
  { state, content, key, scripts }: ApplyOptions,
  deployment: DeploymentInfo,
): Promise<
  | {
    readonly number: number | undefined;
    write(): Promise<void>;
  }
  | undefined
> {
  if (state === undefined || content === undefined) return undefined;
  if (key === undefined) {
    throw new DeployRejected(
      "a fleet follows what a deploy key has signed, and there is none: deploy with --key FILE",
      { details: [nothingChanged] },
    );
  }
  let isCurrent: boolean;
  try {
    isCurrent = await state.isCurrent(content, key);
    if (isCurrent && !state.isTroubled) return undefined;
    await state.prepare(content, {
      key,
      readScript: async (id) => {
        const bytes = await scripts.get(scriptId(id));
        return bytes && { bytes, places: scripts.placesOf?.(scriptId(id)) };
      },
    });
  } catch (error) {
    throw withState(error, nothingChanged);
  }
  let number: number | undefined;
  return {
    get number() {
      return number;
    },
    async write() {
      if (!isCurrent) number = await state.write(content, { deployment, key });
      // At once: if this deployer is gone in a moment, nodes follow all the same. Until it has committed, they wait.
      await state.announce().catch(() => {});
    },
  };
}

/**
 * A signature holds for one node, as the successor of what it was seen to run, and once. What is not staged is not
 * signed.
 */
async function sign(
  key: SigningKey | undefined,
  { manifest, isUnchanged }: NodePlan,
  { generation: number, hash: fileHash }: NodeObservation,
  deployment: DeploymentInfo,
): Promise<DeploymentSignature | undefined> {
  if (key === undefined || isUnchanged) return undefined;
  const previous = fileHash === undefined ? undefined : { number, fileHash };
  return await signDeployment(key, { manifest, previous, deployment });
}

/** A script that a node has lost, and that is not at hand, cannot be brought back. */
function checkSendable(plan: Plan, scripts: ScriptStock): void {
  const details = plan.nodes.flatMap(({ node, send }) =>
    send.filter((id) => !scripts.has(id)).map((id) => `${node}: script ${id}`)
  );
  if (details.length === 0) return;
  throw new DeployRejected(
    "scripts of that generation are missing or damaged; deploy their sources with init",
    { details: [...details, nothingChanged] },
  );
}
