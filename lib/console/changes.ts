/** The page's plans, history and rollbacks. */
import { type Configuration, loadConfiguration } from "../config/mod.ts";
import {
  bundleConfiguration,
  deploy,
  driftText,
  findInScripts,
  formatPlan,
  nodesOf,
  type PastDeployment,
  type Plan,
  readHistory,
  readStatus,
  rollback,
} from "../deploy/mod.ts";
import { DeployRejected, NodeUnreachable } from "../errors/mod.ts";
import { FleetView, withoutAbsentNodes } from "../fleet/mod.ts";
import type { PublicKey, SigningKey } from "../identity/mod.ts";
import { limits } from "../limits/mod.ts";
import { errorToJson } from "./error_json.ts";
import { generationsField } from "./request_fields.ts";

/** The deployer. */
export interface DeployerOptions {
  /** Their name, for the nodes' logs. */
  readonly deployer: string;
  readonly key: SigningKey | undefined;
  /** Keys whose generations ours may re-sign. */
  readonly trusted: ReadonlySet<PublicKey> | undefined;
}

/** A plan as the page shows it. */
export interface ShownPlan {
  /** As `init --dry-run` prints it. */
  readonly text: string;
  readonly isUnchanged: boolean;
  /** The generation of each node that the plan is based on. */
  readonly generations: readonly (readonly [node: string, generation: number])[];
  /** Nodes that could not be asked, with the reason; the plan leaves them out. */
  readonly missing: readonly { readonly node: string; readonly problem: string }[];
}

/** The output of `init --dry-run` for the nodes that answer. */
export async function planChanges(file: string, options: DeployerOptions): Promise<ShownPlan> {
  const configuration = await ofPresentNodes(await loadConfiguration(file, { findInScripts }));
  const { only, missing } = await answeringNodes(configuration, options.key);
  const { deployer, key } = options;
  const { plan } = await deploy(configuration, { deployer, key, isDryRun: true, only });
  return { ...shown(plan), missing };
}

/**
 * The nodes that answer; all of them if none does, so that the next request reports why. Detects a frozen node quickly,
 * where a deployment would wait for it.
 */
async function answeringNodes(
  configuration: Configuration,
  key: SigningKey | undefined,
): Promise<{ readonly only: string[] | undefined; readonly missing: ShownPlan["missing"] }> {
  const found = await readStatus(nodesOf(configuration), { key });
  const missing = found.filter(({ status }) => status === undefined)
    .map(({ name, problem = "it cannot be reached" }) => ({ node: name, problem }));
  if (missing.length === 0 || missing.length === found.length) {
    return { only: undefined, missing: [] };
  }
  const reached = found.filter(({ status }) => status !== undefined).map(({ name }) => name);
  return { only: reached, missing };
}

/** A configuration without the absent nodes of its fleet, which follow later. */
async function ofPresentNodes(configuration: Configuration): Promise<Configuration> {
  if (configuration.nats === undefined) return configuration;
  await using fleet = await FleetView.open(configuration.nats);
  return withoutAbsentNodes(configuration, (await fleet.members()).present);
}

/** Whether a node runs what the file declares. */
export interface ShownDrift {
  readonly node: string;
  /** What `init` would do there, as in `farcall status`; empty if unknown. */
  readonly would: string;
  readonly isUnchanged: boolean;
}

/** What `init` would do at each node that answers. */
export async function driftOf(
  file: string,
  key: SigningKey | undefined,
): Promise<readonly ShownDrift[]> {
  const configuration = await ofPresentNodes(await loadConfiguration(file, { findInScripts }));
  const { desired } = await bundleConfiguration(configuration);
  const found = await readStatus(nodesOf(configuration), { desired, key });
  return found.flatMap(({ name, status, drift }) =>
    status === undefined ? [] : {
      node: name,
      would: driftText(status, drift),
      isUnchanged: drift?.isUnchanged ?? true,
    }
  );
}

/** The deployments that nodes remember, and the nodes that could not be asked. */
export async function historyOf(
  configuration: Configuration,
  key: SigningKey | undefined,
): Promise<{ deployments: PastDeployment[]; problem?: unknown }> {
  const { only, missing } = await answeringNodes(configuration, key);
  const deployments = await readHistory(configuration, { only, key });
  const [first, ...others] = missing;
  if (first === undefined) return { deployments };
  const error = others.length === 0
    ? new NodeUnreachable(`node "${first.node}": ${first.problem}`)
    : new NodeUnreachable(`${missing.length} nodes cannot be asked`, {
      details: missing.map(({ node, problem }) => `${node}: ${problem}`),
    });
  return { deployments, problem: errorToJson(error) };
}

/** The plan or result of a rollback. */
export interface ShownRollback {
  readonly plan: ShownPlan;
  readonly applied: readonly { readonly name: string; readonly generation: number }[];
}

/**
 * Rolls back to the generations in the body, each node to its own. Without `expected` it only plans. With it (the
 * generations of the plan that the user confirmed) it rolls back, if the nodes still run these.
 *
 * @throws {DeployRejected} If a node runs another generation by now, or refuses.
 */
export async function rollBack(
  configuration: Configuration,
  body: Record<string, unknown>,
  options: DeployerOptions,
): Promise<ShownRollback> {
  const generations = generationsField(body, "generations");
  if (generations === undefined || generations.size === 0) {
    throw new TypeError('"generations" must name at least one node and its generation');
  }
  const expected = generationsField(body, "expected");
  const { plan, applied } = await rollback(configuration, {
    ...options,
    only: [...generations.keys()],
    generation: generations,
    isDryRun: expected === undefined,
    onPlan: (plan) => {
      for (const { node, generationBefore } of expected === undefined ? [] : plan.nodes) {
        if (expected?.get(node) === generationBefore) continue;
        throw new DeployRejected(
          `${node} runs generation ${generationBefore} by now, which is not the one you were shown; review the plan again`,
        );
      }
    },
  });
  return { plan: shown(plan), applied };
}

function shown(plan: Plan): ShownPlan {
  return {
    text: formatPlan(plan, { linesMax: limits.consolePlanLinesMax }),
    isUnchanged: plan.isUnchanged,
    generations: plan.nodes.map(({ node, generationBefore }) => [node, generationBefore] as const),
    missing: [],
  };
}
