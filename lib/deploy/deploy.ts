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
  type DesiredDeployment,
  type NodeObservation,
  type NodePlan,
  type Plan,
  planDeployment,
} from "./plan.ts";
import { bundleConfiguration } from "./manifests/desired_state.ts";

/** Options of a deployment. */
export interface DeployOptions extends FleetOptions {
  /** The deployer's name, for the nodes' logs and histories, and for concurrent deployers. */
  readonly deployer: string;
  /** The names of the nodes to deploy to. Default: all. */
  readonly only?: readonly string[];
  /**
   * A deployer with a key always signs unsigned generations, even if nothing else changes. Whether to also re-sign
   * those of other keys. Default: false.
   */
  readonly isSigningAll?: boolean;
  /** Publishes the fleet's desired state, which absent nodes follow later. Default: none. */
  readonly state?: StatePublisher;
  /** Stops after the plan, without changes. Default: false. */
  readonly isDryRun?: boolean;
  /** Ends another deployment in progress on the nodes. Default: false. */
  readonly takesOver?: boolean;
  /** Called with the plan before anything changes. An error that it throws ends the deployment without changes. */
  readonly onPlan?: (plan: Plan) => void | Promise<void>;
  readonly progress?: DeployProgress;
  /** Collects the absolute paths of all sources that were looked for, found or not, even if the deployment fails. */
  readonly reads?: Set<string>;
}

/** The result of a deployment. */
export interface Deployed {
  readonly plan: Plan;
  /** The changed nodes; empty on a dry run, or if there was nothing to do. */
  readonly applied: readonly AppliedNode[];
  /** The number of the fleet's desired state, if this deployment wrote one. */
  readonly state?: number;
  /** Warnings about scripts. */
  readonly warnings: readonly Diagnostic[];
}

/**
 * Makes every node of a configuration run exactly what it declares, or changes nothing anywhere. Does not bundle
 * scripts that the nodes run unchanged: see `bundle/source_record.ts`.
 *
 * @throws {RangeError} If `only` names a node that is not in the configuration.
 * @throws {InvalidConfiguration} With every mistake in the scripts.
 * @throws {NodeUnreachable} If a node cannot be reached; nothing was changed.
 * @throws {DeployRejected} If a node refuses. The details give the nodes' states.
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
  const { desired, content, scripts, warnings } = await bundleConfiguration(configuration, {
    progress,
    observations,
    key: options.key?.publicKey,
    reads: options.reads,
  });
  // Mistakes in scripts are reported first: they need no node.
  if (observations === undefined) throw withState(problem, nothingChanged);
  const applied = await planAndApply(fleet, nodes, desired, {
    ...options,
    scripts,
    observations,
    content,
  });
  return { ...applied, warnings };
}

/** How nodes reach the desired state. */
interface ApplyOptions extends Omit<DeployOptions, "only"> {
  /** The available scripts. */
  readonly scripts: ScriptStock;
  /** Earlier observations of the nodes. */
  readonly observations?: readonly NodeObservation[];
  /** The fleet's new content; without it, its desired state stays. */
  readonly content?: FleetContent;
  /** The restored generations, by node. */
  readonly rollbackTo?: ReadonlyMap<string, number>;
  /** The number of the restored state of the fleet. */
  readonly stateRollbackTo?: number;
}

/** Brings the nodes to the desired state, from a configuration or from their own past. */
export async function planAndApply(
  fleet: Fleet,
  nodes: readonly FleetNode[],
  desired: DesiredDeployment,
  options: ApplyOptions,
): Promise<Pick<Deployed, "plan" | "applied" | "state">> {
  const { scripts, deployer, progress, rollbackTo, takesOver } = options;
  const observations = await observeFleet(fleet, nodes, desired, progress, options.observations)
    .catch((error) => {
      throw withState(error, nothingChanged);
    });
  const signer = options.key?.publicKey;
  const plan = planDeployment(observations, desired, ({ manifest, deployment }) => {
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
  const fleetState = await desiredState(options, about);
  if (plan.isUnchanged && !takesOver) {
    await fleetState?.write();
    return { plan, applied: [], state: fleetState?.number };
  }
  const addresses = new Map(nodes.map(({ address }) => [address.name, address]));
  const works = await Promise.all(plan.nodes.map(async (node, index) => {
    const deployment = { id, deployer, rollbackTo: rollbackTo?.get(node.node) };
    const signed = await sign(options.key, node, observations[index]!, deployment);
    return { ...node, address: addresses.get(node.node)!, deployment, signed, takesOver };
  }));
  const applied = await applyDeployment(fleet, works, scripts, {
    progress,
    beforeCommit: () => fleetState?.write(),
  });
  return { plan, applied, state: fleetState?.number };
}

/** Prepares the fleet's new desired state; undefined without a fleet, or if it is already current. */
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
      "a fleet follows only states signed by a deploy key: deploy with --key FILE",
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
        return bytes && { bytes, sourceMap: scripts.sourceMapOf?.(scriptId(id)) };
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
      // At once, so that nodes follow even if this deployer dies now. Until it has committed, they wait.
      await state.announce().catch(() => {});
    },
  };
}

/**
 * A signature is valid for one node, as the successor of its observed generation, and once. Nodes without changes get
 * none.
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

/** Refuses a rollback if a node has lost a script that is not available elsewhere. */
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
