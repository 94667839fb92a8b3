/** Verifies the nodes' histories, hash by hash and signature by signature. */
import { formatNodeAddress, type NodeAddress, type NodeConnection } from "../client/mod.ts";
import { MalformedMessage, messageOf } from "../errors/mod.ts";
import {
  checkSignature,
  generationHashOf,
  type GenerationRecord,
  manifestHashOf,
  type PastGeneration,
  type RootDamage,
} from "../manifest/mod.ts";
import { type PublicKey, shortKey } from "../identity/mod.ts";
import { alignColumns } from "./_columns.ts";
import { Fleet, type FleetOptions, reasonWithoutName } from "./fleet.ts";

/** A node's account of one generation: its history entry, and its content. */
export interface ClaimedGeneration {
  readonly past: PastGeneration;
  /** Why the node did not send its content; undefined if it did. */
  readonly problem?: string;
  readonly record?: GenerationRecord;
}

/** The verdict on a generation. */
export interface VerifiedGeneration {
  readonly number: number;
  readonly hash: string;
  readonly committedAtMs: number;
  /** Whether the node serves it. */
  readonly isCurrent: boolean;
  /** The deployer's name, proved only by the signature. */
  readonly deployer?: string;
  /** The key that signed it; left out if unsigned. */
  readonly signedBy?: PublicKey;
  /** The generation that it restored, if it is a rollback. */
  readonly rollbackTo?: number;
  /** Its defects; empty if it is intact. */
  readonly problems: readonly string[];
  /** Warnings: no signature, or one by a key that is no longer trusted. */
  readonly notes: readonly string[];
}

/** The verdict on a node. */
export interface VerifiedNode {
  /** Its name in the configuration, or what it calls itself; empty where neither is known. */
  readonly name: string;
  /** `host:port`. */
  readonly address: string;
  /** Whether it answered. */
  readonly isReached: boolean;
  /** A defect of the node as a whole, or why it could not be asked; undefined if none. */
  readonly problem?: string;
  /** Whether it is embedded in a program, which takes no deployments. */
  readonly isEmbedded: boolean;
  /** Ascending by number. */
  readonly generations: readonly VerifiedGeneration[];
}

/** Options of verifying nodes. */
export interface VerifyOptions extends FleetOptions {
  /**
   * The keys whose signatures are accepted. Default: any, with a warning if a key is not among the node's own deploy
   * keys.
   */
  readonly trusted?: ReadonlySet<PublicKey>;
}

/** The keys to judge signatures by. */
export interface Trust {
  readonly trusted: ReadonlySet<PublicKey> | undefined;
  /** The node's deploy keys, according to itself. */
  readonly deployKeys: ReadonlySet<PublicKey>;
}

/** Asks every node for its whole history, and checks it here. Unreachable nodes are recorded. */
export async function verifyNodes(
  nodes: readonly { readonly address: NodeAddress }[],
  { trusted, key, bounds }: VerifyOptions = {},
): Promise<VerifiedNode[]> {
  await using fleet = new Fleet({ key, bounds });
  const outcomes = await fleet.settle(nodes, async ({ address }, node): Promise<VerifiedNode> => {
    const deadline = { timeoutMs: node.bounds.deployStepTimeoutMs };
    const status = await node.request({ op: "status" }, deadline);
    const about = {
      name: address.name ?? status.node,
      address: formatNodeAddress(address),
      isReached: true,
      isEmbedded: status.isEmbedded ?? false,
    };
    if (status.isEmbedded) return { ...about, generations: [] };
    // Asked before the history, so that a deployment in between does not look like a loss.
    const damage = await checkDisk(node);
    const { generations } = await node.request({ op: "history" }, deadline);
    const claimed: ClaimedGeneration[] = [];
    for (const past of generations) {
      const asked = { op: "generation", number: past.number } as const;
      claimed.push(
        await node.request(asked, deadline).then(
          (record) => ({ past, record }),
          (error) => ({ past, problem: messageOf(error) }),
        ),
      );
    }
    const trust = { trusted, deployKeys: new Set(status.deployKeys) };
    const verified = await verifyGenerations(about.name, claimed, trust);
    const problems = [serving(status.generation, verified), ...damageOf(undefined, damage)]
      .filter((problem) => problem !== undefined);
    return {
      ...about,
      problem: problems.length === 0 ? undefined : problems.join("; "),
      generations: verified.map((generation) => {
        const lost = damageOf(generation.number, damage);
        // The damage includes the reason why the node did not send the generation.
        const isShown = claimed.some(({ past, record }) =>
          past.number === generation.number && record
        );
        const problems = isShown || lost.length === 0 ? [...generation.problems, ...lost] : lost;
        return { ...generation, problems };
      }),
    };
  });
  return outcomes.map((outcome, index) => {
    if (outcome.status === "fulfilled") return outcome.value;
    const { address } = nodes[index]!;
    return {
      name: address.name ?? "",
      address: formatNodeAddress(address),
      isReached: false,
      isEmbedded: false,
      problem: reasonWithoutName(outcome.reason, address),
      generations: [],
    };
  });
}

/**
 * Asks a node to check its whole disk.
 *
 * @returns The damage that a restart would find; for an older farcall, that it cannot check.
 */
async function checkDisk(node: NodeConnection): Promise<readonly RootDamage[]> {
  try {
    const deadline = { timeoutMs: node.bounds.deployStepTimeoutMs };
    return (await node.request({ op: "check" }, deadline)).damage;
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    const problem =
      "its farcall is older than this one and cannot check its disk; upgrade it, then run farcall status " +
      "--verify again";
    return [{ problem }];
  }
}

function damageOf(number: number | undefined, damage: readonly RootDamage[]): string[] {
  return damage.filter(({ generation }) => generation === number).map(({ problem }) => problem);
}

/** The defect if a node serves another generation than the last of its history; otherwise undefined. */
function serving(number: number, generations: readonly VerifiedGeneration[]): string | undefined {
  const last = generations.at(-1)?.number ?? 0;
  // A deployment may have been committed between the two requests.
  return number <= last
    ? undefined
    : `it serves generation ${number}, but its history ends with ${last}`;
}

/**
 * Checks a node's history: each generation must have its stated hash, name its predecessor, contain the stated
 * manifest, and be what its deployer signed.
 *
 * @param node The node's name; empty if unknown.
 * @param claimed Ascending by number; the node serves the last.
 */
export async function verifyGenerations(
  node: string,
  claimed: readonly ClaimedGeneration[],
  trust: Trust,
): Promise<VerifiedGeneration[]> {
  const verified: VerifiedGeneration[] = [];
  for (const [index, { past, record, problem }] of claimed.entries()) {
    const isCurrent = index === claimed.length - 1;
    const { number, hash, committedAtMs } = past;
    if (record === undefined) {
      const problems = [problem ?? "the node no longer has its content"];
      verified.push({ number, hash, committedAtMs, isCurrent, problems, notes: [] });
      continue;
    }
    const { deployment } = record;
    const problems = await problemsOf(record, past, claimed[index - 1]?.past);
    if (isCurrent && node !== "" && record.manifest.node !== node) {
      problems.push(`it is for a node called "${record.manifest.node}"`);
    }
    const signedBy = deployment?.signed?.key;
    const { isDistrusted, note } = judge(signedBy, trust);
    if (isDistrusted && isCurrent) problems.push(note!);
    verified.push({
      number,
      hash,
      committedAtMs,
      isCurrent,
      deployer: deployment?.deployer,
      signedBy,
      rollbackTo: deployment?.rollbackTo,
      problems,
      notes: note === undefined || (isDistrusted && isCurrent) ? [] : [note],
    });
  }
  return verified;
}

/** The defects of one generation. */
async function problemsOf(
  record: GenerationRecord,
  past: PastGeneration,
  before: PastGeneration | undefined,
): Promise<string[]> {
  const problems: string[] = [];
  const { number, previous, manifest, manifestHash, deployment } = record;
  if (number !== past.number) problems.push(`what the node shows for it is generation ${number}`);
  if (manifestHash !== await manifestHashOf(manifest) || manifestHash !== past.manifestHash) {
    problems.push("its manifest has a different hash");
  }
  if (await generationHashOf(record) !== past.hash) problems.push("its hash differs");
  if (!follows(previous, number, before)) {
    problems.push(`it does not name the generation before it by its hash`);
  }
  if (await checkSignature(record) === "bad") {
    problems.push(`it is not what ${shortKey(deployment!.signed!.key)} has signed`);
  }
  return problems;
}

/** Whether a generation names its predecessor; for the oldest kept one, only the number can be checked. */
function follows(
  previous: GenerationRecord["previous"],
  number: number,
  before: PastGeneration | undefined,
): boolean {
  if ((previous?.number ?? 0) !== number - 1) return false;
  return before === undefined ||
    before.number === previous?.number && before.hash === previous.fileHash;
}

/** A text on the signer, and whether it is unexpected. */
function judge(
  signedBy: PublicKey | undefined,
  { trusted, deployKeys }: Trust,
): { isDistrusted: boolean; note?: string } {
  if (signedBy === undefined) return { isDistrusted: trusted !== undefined, note: "not signed" };
  if (trusted !== undefined) {
    return trusted.has(signedBy)
      ? { isDistrusted: false }
      : { isDistrusted: true, note: `signed by ${shortKey(signedBy)}, which is not trusted` };
  }
  return deployKeys.size === 0 || deployKeys.has(signedBy) ? { isDistrusted: false } : {
    isDistrusted: false,
    note: `signed by ${shortKey(signedBy)}, a key that the node no longer trusts`,
  };
}

/** Whether a node is intact. */
export function isWhole({ problem, generations }: VerifiedNode): boolean {
  return problem === undefined && generations.every(({ problems }) => problems.length === 0);
}

/**
 * Formats the verdicts: a line for each node, and one for each defect or warning of its generations.
 *
 * @example
 * ```text
 * s1  127.0.0.1:8181  OK: runs generation 3, signed by ed25519:PUAXw-hD…; 1 to 3 are whole
 * s2  127.0.0.1:8282  BROKEN: runs generation 3, signed by ed25519:PUAXw-hD…
 *     generation 2: it is not what ed25519:PUAXw-hD… has signed
 * ```
 */
export function formatVerified(nodes: readonly VerifiedNode[]): string {
  const names = nodes.map(({ name }) => name || "-");
  const lines = alignColumns(
    nodes.map((node) => [node.name || "-", node.address, lineOf(node)]),
  );
  const indent = " ".repeat(Math.max(0, ...names.map(({ length }) => length)));
  return nodes.flatMap(({ generations }, index) => [
    lines[index],
    ...generations.flatMap(({ number, problems, notes }) =>
      [...problems, ...notes].map((text) => `${indent}  generation ${number}: ${text}`)
    ),
  ]).map((line) => `${line}\n`).join("");
}

function lineOf(node: VerifiedNode): string {
  const { problem, isReached, isEmbedded, generations } = node;
  if (!isReached) return problem!;
  if (isEmbedded) return "OK: it is embedded in a program and takes no deployments";
  const [first, last] = [generations.at(0), generations.at(-1)];
  const verdict = isWhole(node) ? "OK" : "BROKEN";
  const reason = problem === undefined ? "" : `; ${problem}`;
  if (first === undefined || last === undefined) return `${verdict}: runs nothing${reason}`;
  const signer = last.signedBy === undefined
    ? "not signed"
    : `signed by ${shortKey(last.signedBy)}`;
  const whole = generations.every(({ problems }) => problems.length === 0)
    ? first === last ? "" : `; ${first.number} to ${last.number} are whole`
    : "";
  return `${verdict}: runs generation ${last.number}, ${signer}${whole}${reason}`;
}
