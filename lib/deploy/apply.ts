/** The only step of a deployment that changes anything: sends, stages everywhere, commits everywhere. */
import type { DeployProgress } from "./progress.ts";
import type { NodeAddress, NodeConnection } from "../client/mod.ts";
import {
  ConnectionLost,
  DeployRejected,
  FarcallError,
  messageOf,
  NodeUnreachable,
  Overloaded,
} from "../errors/mod.ts";
import { type Limits, limits } from "../limits/mod.ts";
import type { DeploymentInfo, DeploymentSignature, Manifest } from "../manifest/mod.ts";
import type { ScriptId } from "../identity/mod.ts";
import { type Fleet, isLoss } from "./fleet.ts";
import { scriptsOf } from "./observe.ts";

/** One node's part of a deployment. */
export interface NodeWork {
  readonly address: NodeAddress;
  readonly manifest: Manifest;
  /** The scripts that the node lacks. */
  readonly send: readonly ScriptId[];
  /** The generation that it runs now; 0 if none. */
  readonly generationBefore: number;
  /** The deployment's description for the node; its id is the same on all nodes. */
  readonly deployment: DeploymentInfo;
  /**
   * The deployer's signature for this node and as the successor of that generation; undefined without a key or without
   * changes.
   */
  readonly signed: DeploymentSignature | undefined;
  /** Whether the node needs no change; it is then only locked against other deployments. */
  readonly isUnchanged: boolean;
  /** Whether to end another deployment in progress there. Default: false. */
  readonly takesOver?: boolean;
}

/** The source of scripts to send. */
export interface ScriptStock {
  has(id: ScriptId): boolean;
  /** The bytes of a script; undefined if unknown. */
  get(id: ScriptId): ScriptBytes | undefined | Promise<ScriptBytes | undefined>;
  /** The source map of a script; undefined if unknown. */
  sourceMapOf?(id: ScriptId): ScriptBytes | undefined;
}

/** The text of a script, UTF-8. */
export type ScriptBytes = Uint8Array<ArrayBuffer>;

/** The outcome on one node. */
export interface AppliedNode {
  readonly name: string;
  readonly generation: number;
}

/** Hooks of an application. */
export interface ApplySteps {
  readonly progress?: DeployProgress;
  /** Runs when all nodes have staged and none has committed. If it fails, all nodes discard what they staged. */
  beforeCommit?(): Promise<void> | undefined;
}

const step = ({ bounds }: NodeConnection) => ({ timeoutMs: bounds.deployStepTimeoutMs });

/**
 * Begins on every node, sends missing scripts, stages on every node that changes, then commits there. If any node
 * fails, all discard what they staged and nothing has changed. Once the first is told to commit, all must: a node that
 * is lost then is completed if it comes back within `deployRecoveryMs`.
 *
 * @param scripts Every script that may have to be sent, by id.
 * @throws {NodeUnreachable | ConnectionLost | DeployRejected} If a node was lost or refused. The details give the state
 *   of every node.
 */
export async function applyDeployment(
  fleet: Fleet,
  all: readonly NodeWork[],
  scripts: ScriptStock,
  { progress, beforeCommit }: ApplySteps = {},
): Promise<AppliedNode[]> {
  const works = all.filter((work) => !work.isUnchanged);
  const report = (name: "send" | "stage" | "commit") => (done: number): void =>
    progress?.step(name, done, works.length);
  try {
    await beginOnAll(fleet, all);
    await fleet.onEach(works, (work, node) => sendScripts(node, work.send, scripts), {
      what: "receive the scripts",
      onDone: report("send"),
    });
    await fleet.onEach(
      works,
      (work, node) => stage(node, work),
      { what: "stage the deployment", onDone: report("stage") },
    );
    await beforeCommit?.();
  } catch (error) {
    await abortAll(fleet, all);
    throw withState(error, nothingChanged);
  }
  const states = new Map<NodeWork, NodeOutcome>();
  try {
    await fleet.onEach(works, async (work, node) => {
      const committed = await commitOn(fleet, work, node, scripts)
        .catch((error) => {
          states.set(work, { error });
          throw error;
        });
      states.set(work, committed);
    }, { what: "commit", onDone: report("commit") });
  } catch (error) {
    throw withState(error, ...works.map((work) => describeState(work, states.get(work)!)));
  }
  return works.map((work) => ({
    name: nameOf(work),
    generation: (states.get(work) as { generation: number }).generation,
  }));
}

/**
 * Locks every node against other deployments, including unchanged nodes, because together they must match one file.
 * Begins on the first node by name, regardless of the file's order: of two concurrent deployments, one gets that lock
 * and so all others, and the loser holds none.
 */
async function beginOnAll(fleet: Fleet, works: readonly NodeWork[]): Promise<void> {
  const ordered = works.toSorted((a, b) => compare(nameOf(a), nameOf(b)));
  for (const part of [ordered.slice(0, 1), ordered.slice(1)]) {
    await fleet.onEach(part, (work, node) => begin(node, work), { what: "begin the deployment" });
  }
}

async function begin(
  node: NodeConnection,
  { deployment, generationBefore: generation, takesOver }: NodeWork,
): Promise<void> {
  await node.request({ op: "begin", deployment, generation, takesOver }, step(node));
}

async function stage(
  node: NodeConnection,
  { manifest, deployment, signed }: NodeWork,
): Promise<void> {
  const { deployStepTimeoutMs, stageServiceTimeoutMs } = node.bounds;
  const timeoutMs = deployStepTimeoutMs + manifest.services.length * stageServiceTimeoutMs;
  await node.request({ op: "stage", manifest, deployment, signed }, { timeoutMs });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

type NodeOutcome = { readonly generation: number } | { readonly error: unknown };

/** Commits on one node; if it is lost meanwhile, as soon as it is back. */
async function commitOn(
  fleet: Fleet,
  work: NodeWork,
  staged: NodeConnection,
  scripts: ScriptStock,
): Promise<{ generation: number }> {
  const { deployRecoveryMs, deployRecoveryRetryMs } = staged.bounds;
  const untilMs = performance.now() + deployRecoveryMs;
  let attempt = () => staged.request({ op: "commit" }, step(staged));
  let wasLost = false;
  while (true) {
    try {
      return await attempt();
    } catch (error) {
      wasLost ||= isLoss(error);
      // A returning node may refuse now and accept a moment later: its disk is full, or its last deployment has not ended.
      if (!wasLost || performance.now() >= untilMs) throw error;
      attempt = async () => await catchUp(await fleet.reconnect(work.address), work, scripts);
    }
    await new Promise((resolve) => setTimeout(resolve, deployRecoveryRetryMs));
  }
}

/** Completes the deployment on a returning node. A restarted node has lost what it had only staged. */
async function catchUp(
  node: NodeConnection,
  work: NodeWork,
  scripts: ScriptStock,
): Promise<{ generation: number }> {
  const { manifest, deployment } = work;
  const due = scriptsOf(manifest);
  const seen = await node.request({ op: "observe", scripts: [...due] }, step(node));
  if (seen.deployment?.id === deployment.id) return { generation: seen.generation };
  await begin(node, work);
  await sendScripts(node, seen.missing.filter((id) => due.has(id)), scripts);
  await stage(node, work);
  return await node.request({ op: "commit" }, step(node));
}

/** A line with a node's state after an attempt to commit, as far as known. */
function describeState(work: NodeWork, outcome: NodeOutcome): string {
  const { generationBefore } = work;
  const name = nameOf(work);
  if ("generation" in outcome) return `${name}: committed, runs generation ${outcome.generation}`;
  const before = generationBefore === 0 ? "nothing" : `generation ${generationBefore}`;
  return outcome.error instanceof DeployRejected
    ? `${name}: refused, runs ${before} as before; fix the cause and run init again`
    : `${name}: lost, runs ${before} as before, or generation ${generationBefore + 1} if it had ` +
      "committed already; run init again when it is back";
}

function nameOf({ address, manifest }: NodeWork): string {
  return address.name ?? manifest.node;
}

/** The state after a deployment that ended before its commit. */
export const nothingChanged = "Nothing was changed on any node.";

/** Adds a line for each node's state to a deployment's error. */
export function withState(error: unknown, ...state: string[]): FarcallError {
  const { node, details = [] } = error instanceof FarcallError ? error : {};
  const options = { cause: error, node, details: [...details, ...state] };
  if (error instanceof NodeUnreachable) return new NodeUnreachable(error.message, options);
  if (error instanceof ConnectionLost) return new ConnectionLost(error.message, options);
  return new DeployRejected(messageOf(error), options);
}

async function abortAll(fleet: Fleet, works: readonly NodeWork[]): Promise<void> {
  try {
    await fleet.onEach(
      works,
      (_, node) => node.request({ op: "abort" }, { timeoutMs: node.bounds.deployAbortTimeoutMs }),
      { what: "abort" },
    );
  } catch {
    // Unreachable nodes discard it by themselves: the connection ends, or staging times out.
  }
}

/** Sends scripts in batches that fit into a message, each compressed as a whole. */
async function sendScripts(
  node: NodeConnection,
  ids: readonly ScriptId[],
  scripts: ScriptStock,
): Promise<void> {
  let batch: { id: ScriptId; bytes: ScriptBytes; sourceMap: ScriptBytes | undefined }[] = [];
  let batchBytes = 0;
  const send = async (): Promise<void> => {
    if (batch.length === 0) return;
    const attachment = await gzip(
      batch.flatMap(({ bytes, sourceMap }) => [bytes, ...sourceMap ? [sourceMap] : []]),
    );
    const announced = batch.map(({ id, bytes, sourceMap }) => {
      return { id, bytes: bytes.length, ...(sourceMap && { placesBytes: sourceMap.length }) };
    });
    batch = [];
    batchBytes = 0;
    await retryWhileOverloaded(
      node.bounds,
      () => node.request({ op: "put", scripts: announced }, step(node), attachment),
    );
  };
  for (const id of ids) {
    const bytes = await scripts.get(id);
    if (bytes === undefined) throw new TypeError(`script ${id} was not bundled`);
    const sourceMap = scripts.sourceMapOf?.(id);
    const sentBytes = bytes.length + (sourceMap?.length ?? 0);
    if (batchBytes + sentBytes > limits.putBatchBytes) await send();
    batch.push({ id, bytes, sourceMap });
    batchBytes += sentBytes;
  }
  await send();
}

/**
 * Retries while a node is busy checking other deployments' scripts.
 *
 * @throws {Overloaded} If it is still busy after `deployStepTimeoutMs`.
 */
async function retryWhileOverloaded(
  { deployStepTimeoutMs, deployRecoveryRetryMs }: Limits,
  ask: () => Promise<unknown>,
): Promise<void> {
  const untilMs = performance.now() + deployStepTimeoutMs;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (!(error instanceof Overloaded) || performance.now() > untilMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, deployRecoveryRetryMs));
    }
  }
}

async function gzip(parts: Uint8Array<ArrayBuffer>[]): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob(parts).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
