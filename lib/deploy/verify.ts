/** Whether what nodes say that they run can be traced, hash by hash and signature by signature. */
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

/** What a node has told of one generation: its line in the history, and what it was. */
export interface ClaimedGeneration {
  readonly past: PastGeneration;
  /** Why the node does not say what it was; undefined where it does. */
  readonly problem?: string;
  readonly record?: GenerationRecord;
}

/** What was found out about a generation. */
export interface VerifiedGeneration {
  readonly number: number;
  readonly hash: string;
  readonly committedAtMs: number;
  /** Whether the node serves it. */
  readonly isCurrent: boolean;
  /** The deployer's name, which is only proved with the signature. */
  readonly deployer?: string;
  /** The key that signed it; left out if unsigned. */
  readonly signedBy?: PublicKey;
  /** The generation that it brought back, where it is a rollback. */
  readonly rollbackTo?: number;
  /** Its defects; empty if it is intact. */
  readonly problems: readonly string[];
  /** Warnings: no signature, or one of a key that is not trusted any more. */
  readonly notes: readonly string[];
}

/** What was found out about a node. */
export interface VerifiedNode {
  /** Its name in the configuration, or what it calls itself; empty where neither is known. */
  readonly name: string;
  /** `host:port`. */
  readonly address: string;
  /** Whether it could be asked. */
  readonly isReached: boolean;
  /** What is wrong with the node as a whole: why it could not be asked; undefined where nothing is. */
  readonly problem?: string;
  /** Whether it is part of a program, to which nothing is deployed. */
  readonly isEmbedded: boolean;
  /** Ascending by number. */
  readonly generations: readonly VerifiedGeneration[];
}

/** How nodes are asked, and what is asked of them. */
export interface VerifyOptions extends FleetOptions {
  /**
   * The keys that may have signed what nodes serve. Default: any, with a warning where one is not among the
   * node's own deploy keys.
   */
  readonly trusted?: ReadonlySet<PublicKey>;
}

/** By what signatures are judged. */
export interface Trust {
  readonly trusted: ReadonlySet<PublicKey> | undefined;
  /** What the node says that its deploy keys are; none where it has none. */
  readonly deployKeys: ReadonlySet<PublicKey>;
}

/** Asks every node for all that it keeps, and checks it here. Nodes that cannot be reached are found to be so. */
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
    // Before the history: a deployment in between must not look like a loss.
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
        // Why it cannot be shown is among them.
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
 * Has a node read all that it keeps on its disk.
 *
 * @returns What a restart would not find again; an older farcall cannot say.
 */
async function checkDisk(node: NodeConnection): Promise<readonly RootDamage[]> {
  try {
    const deadline = { timeoutMs: node.bounds.deployStepTimeoutMs };
    return (await node.request({ op: "check" }, deadline)).damage;
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    const problem =
      "its farcall is older than this one and cannot say whether all of it is on its " +
      "disk; upgrade it, and ask again";
    return [{ problem }];
  }
}

function damageOf(number: number | undefined, damage: readonly RootDamage[]): string[] {
  return damage.filter(({ generation }) => generation === number).map(({ problem }) => problem);
}

/** What is wrong where a node serves something else than its history ends with; undefined where it does not. */
function serving(number: number, generations: readonly VerifiedGeneration[]): string | undefined {
  const last = generations.at(-1)?.number ?? 0;
  // A deployment may have been committed between the two questions.
  return number <= last
    ? undefined
    : `it serves generation ${number}, and its history ends with ${last}`;
}

/**
 * Checks what a node has told: that each generation has the hash that it is said to have, names the one before
 * it, holds the manifest that it is said to hold, and is what its deployer has signed.
 *
 * @param node The node's name, as far as it is known: else empty.
 * @param claimed Ascending by number; the last is the one that the node serves.
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
      const problems = [problem ?? "the node does not know what it was"];
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
  if (await generationHashOf(record) !== past.hash) problems.push("it has another hash");
  if (!follows(previous, number, before)) {
    problems.push(`it does not name the generation before it by its hash`);
  }
  if (await checkSignature(record) === "bad") {
    problems.push(`it is not what ${shortKey(deployment!.signed!.key)} has signed`);
  }
  return problems;
}

/** Whether a generation names the one before it; of the oldest that is kept, only the number can be known. */
function follows(
  previous: GenerationRecord["previous"],
  number: number,
  before: PastGeneration | undefined,
): boolean {
  if ((previous?.number ?? 0) !== number - 1) return false;
  return before === undefined ||
    before.number === previous?.number && before.hash === previous.fileHash;
}

/** What to say of the signer, and whether it is an unexpected one. */
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
    note: `signed by ${shortKey(signedBy)}, a key that the node trusts no longer`,
  };
}

/** Whether there is nothing wrong with a node. */
export function isWhole({ problem, generations }: VerifiedNode): boolean {
  return problem === undefined && generations.every(({ problems }) => problems.length === 0);
}

/**
 * What was found out as a person reads it: a line for each node, and one for each thing that is to be said of a
 * generation of its.
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
  if (isEmbedded) return "OK: it is part of a program, and nothing is deployed to it";
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
