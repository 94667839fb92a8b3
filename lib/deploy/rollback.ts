/** Rollback: a deployment of the manifests of an earlier generation of each node. */
import { formatNode } from "../client/mod.ts";
import type { Configuration } from "../config/mod.ts";
import { DeployRejected } from "../errors/mod.ts";
import { checkSignature, type GenerationRecord, type Manifest } from "../manifest/mod.ts";
import { type PublicKey, type ScriptId, shortKey } from "../identity/mod.ts";
import { nothingChanged, withState } from "./apply.ts";
import { type Deployed, type DeployOptions, planAndApply } from "./deploy.ts";
import { Fleet, type FleetNode, nodesOf } from "./fleet.ts";
import { deploymentsOf, type NodeHistory, readHistories } from "./history.ts";
import { scriptsOf } from "./observe.ts";
import type { ScriptFacts } from "./plan.ts";

/** The generation to restore on a node. */
interface Target {
  readonly node: FleetNode;
  readonly generation: number;
  readonly manifest: Manifest;
}

/** The generation to restore, and the keys to trust. */
export interface RollbackOptions extends DeployOptions {
  /**
   * The generation's number on every node; or by node name, and then only these nodes take part. Left out, the last
   * deployment is undone: the nodes that run it return to their previous generation.
   */
  readonly generation?: number | ReadonlyMap<string, number>;
  /**
   * The keys besides `key` whose generations it may re-sign. Only the old signature proves that a node reports a
   * generation truthfully. Default: none.
   */
  readonly trusted?: ReadonlySet<PublicKey>;
}

/**
 * Makes nodes run an earlier generation again, as a new one: all of them, or changes nothing anywhere. Takes only the
 * nodes' addresses from the configuration.
 *
 * @throws {RangeError} If `only` names a node that is not in the configuration.
 * @throws {NodeUnreachable} If a node cannot be reached; nothing was changed.
 * @throws {DeployRejected} If a node does not keep that generation, or refuses; or if `key` would sign a generation
 *   that is not proved to be what was deployed. The details give the nodes' states.
 */
export async function rollback(
  configuration: Configuration,
  options: RollbackOptions,
): Promise<Pick<Deployed, "plan" | "applied">> {
  const nodes = nodesOf(configuration, options.only);
  await using fleet = new Fleet(options);
  const targets = await findTargets(fleet, nodes, options).catch((error) => {
    throw withState(error, nothingChanged);
  });
  const manifests = new Map(targets.map(({ node, manifest }) => [node.address.name, manifest]));
  const scripts = new Map<ScriptId, ScriptFacts>();
  for (const id of [...manifests.values()].flatMap((manifest) => [...scriptsOf(manifest)])) {
    // The nodes have the scripts; their sources do not matter.
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
  options: RollbackOptions,
): Promise<Target[]> {
  const { generation } = options;
  const histories = await readHistories(fleet, nodes);
  const numbers = generation === undefined
    ? numbersBeforeLast(histories)
    : typeof generation === "number"
    ? numbersAt(histories, generation)
    : generation;
  const targets = nodes.flatMap((node) => {
    const number = numbers.get(node.address.name);
    return number === undefined ? [] : [{ node, address: node.address, generation: number }];
  });
  return await fleet.onEach(targets, async ({ node, generation }, connection) => {
    const asked = { op: "generation", number: generation } as const;
    const record = await connection.request(asked, {
      timeoutMs: connection.bounds.deployStepTimeoutMs,
    });
    await checkSource(record, generation, node, options);
    return { node, generation, manifest: record.manifest };
  }, { what: "roll back" });
}

/**
 * Checks by its signature that a generation is what was deployed to the node.
 *
 * @throws {DeployRejected} If it is not, or if there is a key to re-sign it but no signature to check.
 */
async function checkSource(
  record: GenerationRecord,
  number: number,
  node: FleetNode,
  { key, trusted }: RollbackOptions,
): Promise<void> {
  const { name } = node.address;
  const what = `generation ${number} of ${formatNode(node.address)}`;
  const signer = record.deployment?.signed?.key;
  const isAsked = record.number === number && (record.previous?.number ?? 0) === number - 1 &&
    (signer === undefined || record.manifest.node === name);
  if (!isAsked || await checkSignature(record) === "bad") {
    throw new DeployRejected(
      `${what} is not what was deployed: run farcall status --verify, then farcall init to deploy an init.yaml instead`,
    );
  }
  if (key === undefined || signer === key.publicKey) return;
  if (signer === undefined) {
    throw new DeployRejected(
      `${what} is not signed, so nothing proves its content, and your key must not sign it; deploy an ` +
        "init.yaml with farcall init instead",
    );
  }
  if (trusted?.has(signer)) return;
  throw new DeployRejected(
    `${what} is signed by ${
      shortKey(signer)
    }, not by your key: --trust ${signer} re-signs it with yours`,
  );
}

/** The nodes that run the newest deployment, and each one's previous generation. */
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
