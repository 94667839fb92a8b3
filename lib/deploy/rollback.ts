/** Going back: a deployment whose manifests are those of an earlier generation of each node. */
import type { Configuration } from "../config/mod.ts";
import { DeployRejected } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import type { Manifest, ScriptId } from "../wire/mod.ts";
import { nothingChanged, withState } from "./apply.ts";
import { type Deployed, type DeployOptions, planAndApply } from "./deploy.ts";
import { Fleet, type FleetNode, nodesOf } from "./fleet.ts";
import { deploymentsOf, type NodeHistory, readHistories } from "./history.ts";
import { scriptsOf } from "./observe.ts";
import type { ScriptFacts } from "./plan.ts";

/** Where a node goes back to. */
interface Target {
  readonly node: FleetNode;
  readonly generation: number;
  readonly manifest: Manifest;
}

/**
 * Makes nodes run an earlier generation again, as a new one; all of them, or changes nothing anywhere. Only
 * the addresses of the nodes are taken from the configuration.
 *
 * @param options `generation`: its number, on every node that takes part. Left out, the last deployment is
 * undone: the nodes that run it go back to the generation before it.
 * @throws {RangeError} If `only` names a node that is not in the configuration.
 * @throws {NodeUnreachable} If a node cannot be reached; nothing was changed.
 * @throws {DeployRejected} If a node does not keep that generation, or refuses. The details say what state
 * the nodes are in.
 */
export async function rollback(
  configuration: Configuration,
  options: DeployOptions & { readonly generation?: number },
): Promise<Pick<Deployed, "plan" | "applied">> {
  const nodes = nodesOf(configuration, options.only);
  await using fleet = new Fleet(options);
  const targets = await findTargets(fleet, nodes, options.generation).catch((error) => {
    throw withState(error, nothingChanged);
  });
  const manifests = new Map(targets.map(({ node, manifest }) => [node.address.name, manifest]));
  const scripts = new Map<ScriptId, ScriptFacts>();
  for (const id of [...manifests.values()].flatMap((manifest) => [...scriptsOf(manifest)])) {
    // The nodes have them; nobody asks where they came from.
    scripts.set(id, { bytes: 0, source: "" });
  }
  return await planAndApply(fleet, targets.map(({ node }) => node), { manifests, scripts }, {
    ...options,
    scripts: new Map(),
    rollbackTo: new Map(targets.map(({ node, generation }) => [node.address.name, generation])),
  });
}

async function findTargets(
  fleet: Fleet,
  nodes: readonly FleetNode[],
  generation: number | undefined,
): Promise<Target[]> {
  const histories = await readHistories(fleet, nodes);
  const numbers = generation === undefined
    ? numbersBeforeLast(histories)
    : numbersAt(histories, generation);
  const targets = nodes.flatMap((node) => {
    const number = numbers.get(node.address.name);
    return number === undefined ? [] : [{ node, address: node.address, generation: number }];
  });
  return await fleet.onEach(targets, async ({ node, generation }, connection) => {
    const asked = { op: "generation", number: generation } as const;
    const { manifest } = await connection.request(asked, {
      timeoutMs: limits.deployStepTimeoutMs,
    });
    return { node, generation, manifest };
  }, { what: "say what it ran" });
}

/** The nodes that run the newest deployment, and the generation that each had before it. */
function numbersBeforeLast(histories: readonly NodeHistory[]): Map<string, number> {
  const last = deploymentsOf(histories).find((deployment) =>
    deployment.nodes.some((node) => node.isCurrent)
  );
  if (last === undefined) {
    throw new DeployRejected("nothing was ever deployed to these nodes; there is nothing to undo");
  }
  const numbers = new Map<string, number>();
  const problems: string[] = [];
  for (const { node, generation, isCurrent } of last.nodes) {
    const kept = histories.find((history) => history.node === node)!.generations;
    const before = kept.at(-2);
    if (!isCurrent) continue;
    if (before === undefined) problems.push(`${node} keeps no generation before ${generation}`);
    else numbers.set(node, before.number);
  }
  if (problems.length === 0) return numbers;
  throw new DeployRejected("the last deployment cannot be undone", { details: problems });
}

function numbersAt(histories: readonly NodeHistory[], wanted: number): Map<string, number> {
  const lacking = histories.filter(({ generations }) =>
    !generations.some(({ number }) => number === wanted)
  );
  if (lacking.length === 0) return new Map(histories.map(({ node }) => [node, wanted]));
  const details = lacking.map(({ node, generations }) =>
    generations.length === 0
      ? `${node} keeps none`
      : `${node} keeps ${generations.map(({ number }) => number).join(", ")}`
  );
  throw new DeployRejected(
    `generation ${wanted} is not kept on every node; name the nodes to roll back with --only, or ` +
      "see --history",
    { details },
  );
}
