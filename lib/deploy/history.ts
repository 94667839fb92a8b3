/** The deployments of a fleet, from its nodes' histories. */
import type { Configuration } from "../config/mod.ts";
import type { PastState } from "../fleet/mod.ts";
import type { PastGeneration } from "../manifest/mod.ts";
import { type PublicKey, shortKey } from "../identity/mod.ts";
import { alignColumns } from "./_columns.ts";
import { Fleet, type FleetNode, type FleetOptions, nodesOf } from "./fleet.ts";

/** One node's generations. */
export interface NodeHistory {
  readonly node: string;
  /** Ascending by number; the node runs the last. */
  readonly generations: readonly PastGeneration[];
}

/** A deployment and its generations. */
export interface PastDeployment {
  /** Empty if the nodes did not record it. */
  readonly id: string;
  /** Empty if the nodes did not record it. */
  readonly deployer: string;
  /** The addresses that the nodes saw it come from, each once. */
  readonly from: readonly string[];
  /** When the first node committed, by that node's clock, in milliseconds since the UNIX epoch. */
  readonly committedAtMs: number;
  readonly nodes: readonly PastDeploymentNode[];
}

/** A deployment's generation on one node. */
export interface PastDeploymentNode {
  readonly node: string;
  readonly generation: number;
  /** Whether the node runs it now. */
  readonly isCurrent: boolean;
  /** The generation that it restored; left out unless it is a rollback. */
  readonly rollbackTo?: number;
  /** The key that signed it, according to the node; left out if unsigned. */
  readonly signedBy?: PublicKey;
  /** Lower-case hex SHA-256 of the generation as the node keeps it. */
  readonly hash: string;
}

/** The nodes to ask, and the identity to ask with. */
export interface ReadHistoryOptions extends FleetOptions {
  /** The names of the nodes to ask; left out, all. */
  readonly only?: readonly string[];
}

/**
 * Asks every node for its history.
 *
 * @returns The newest first.
 * @throws {RangeError} If `only` names a node that is not in the configuration.
 * @throws {NodeUnreachable | DeployRejected} If a node cannot tell. Names them all.
 */
export async function readHistory(
  configuration: Configuration,
  { only, key, bounds }: ReadHistoryOptions = {},
): Promise<PastDeployment[]> {
  const nodes = nodesOf(configuration, only);
  await using fleet = new Fleet({ key, bounds });
  return deploymentsOf(await readHistories(fleet, nodes));
}

/** The history of each node, in their order. */
export async function readHistories(
  fleet: Fleet,
  nodes: readonly FleetNode[],
): Promise<NodeHistory[]> {
  return await fleet.onEach(nodes, async ({ address }, connection) => {
    const deadline = { timeoutMs: connection.bounds.deployStepTimeoutMs };
    const { generations } = await connection.request({ op: "history" }, deadline);
    return { node: address.name, generations };
  }, { what: "list its deployments" });
}

/** Groups generations by deployment, the newest first. Pure. */
export function deploymentsOf(histories: readonly NodeHistory[]): PastDeployment[] {
  const all = histories.flatMap(({ node, generations }) =>
    generations.map((about, index) => ({
      node,
      about,
      isCurrent: index === generations.length - 1,
    }))
  );
  const groups = Map.groupBy(
    all,
    ({ node, about }) => about.deployment?.id ?? `${node} ${about.number}`,
  );
  return [...groups.values()].map((group): PastDeployment => {
    const known = group[0]!.about.deployment;
    const from = new Set(group.flatMap(({ about }) => about.deployment?.from ?? []));
    return {
      id: known?.id ?? "",
      deployer: known?.deployer ?? "",
      from: [...from],
      committedAtMs: Math.min(...group.map(({ about }) => about.committedAtMs)),
      nodes: group.map(({ node, about, isCurrent }) => ({
        node,
        generation: about.number,
        isCurrent,
        rollbackTo: about.deployment?.rollbackTo,
        signedBy: about.deployment?.signed?.key,
        hash: about.hash,
      })),
    };
  }).sort((a, b) => b.committedAtMs - a.committedAtMs);
}

/** Characters of an id that are shown: enough to distinguish deployments. */
const idShownLength = 8;

/**
 * Formats a history: one deployment a line, the newest first, in columns.
 *
 * @example
 * ```text
 * 2026-11-21 06:24:33Z  7d0c1f2a  ann@lab from 127.0.0.1  ed25519:PUAXw-hD…  runs on s1 (4, as 2), s2 (4, as 2)
 * 2026-11-20 17:02:10Z  11aa22bb  ann@lab from 127.0.0.1  unsigned           was s1 (3), s2 (3)
 * ```
 */
export function formatHistory(deployments: readonly PastDeployment[]): string {
  const rows = deployments.map(({ committedAtMs, id, deployer, from, nodes }) => {
    const time = timeText(committedAtMs);
    const who = id === "" ? "unknown" : `${deployer} from ${from.join(", ")}`;
    const runs = namesOf(nodes.filter((node) => node.isCurrent));
    const was = namesOf(nodes.filter((node) => !node.isCurrent));
    const parts = [
      ...(runs === "" ? [] : [`runs on ${runs}`]),
      ...(was === "" ? [] : [`was ${was}`]),
    ];
    const signers = new Set(nodes.map(({ signedBy }) => signedBy));
    const signed = [...signers].map((key) => key === undefined ? "unsigned" : shortKey(key));
    const shownId = id === "" ? "-" : id.slice(0, idShownLength);
    return [time, shownId, who, signed.join(", "), parts.join("; ")];
  });
  return alignColumns(rows).map((line) => `${line}\n`).join("");
}

/** Formats the states that a fleet's store keeps: one a line, the newest first. */
export function formatStates(states: readonly PastState[]): string {
  const rows = states.map(({ state: { number, deployment, key }, writtenMs }, index) => {
    const { id, deployer, rollbackTo } = deployment;
    const as = rollbackTo === undefined ? "" : `, as ${rollbackTo}`;
    const shownId = id.slice(0, idShownLength);
    const what = `state ${number}${as}`;
    return [
      timeText(writtenMs),
      shownId,
      deployer,
      shortKey(key),
      what,
      index === 0 ? "desired" : "",
    ];
  });
  return alignColumns(rows).map((line) => `${line.trimEnd()}\n`).join("");
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace("T", " ").replace(/\.\d+Z$/, "Z");
}

function namesOf(nodes: readonly PastDeploymentNode[]): string {
  return nodes.map(({ node, generation, rollbackTo }) =>
    `${node} (${generation}${rollbackTo === undefined ? "" : `, as ${rollbackTo}`})`
  ).join(", ");
}
