/** The only part of a deployment that changes anything: send, stage everywhere, commit everywhere. */
import { formatNode, type NodeAddress, NodeConnection } from "../client/mod.ts";
import { DeployRejected, FarcallError, messageOf, NodeUnreachable } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import type { Manifest, ScriptId } from "../wire/mod.ts";

/** One node's part of a deployment. */
export interface NodeWork {
  readonly address: NodeAddress;
  readonly manifest: Manifest;
  /** The scripts that the node lacks. */
  readonly send: readonly ScriptId[];
}

/** What a deployment reports while it goes on. */
export interface DeployProgress {
  /** `done` of `total` nodes (scripts for `bundle`) have passed this step; it begins with 0. */
  step(
    name: "bundle" | "observe" | "send" | "stage" | "commit",
    done: number,
    total: number,
  ): void;
}

/** The outcome on one node. */
export interface AppliedNode {
  readonly name: string;
  readonly generation: number;
}

/** Connections to the nodes of a deployment, made once and used for all of its steps. */
export class Fleet implements AsyncDisposable {
  readonly #connections = new Map<string, NodeConnection>();

  /**
   * Runs `work` on every node, a bounded number at a time.
   *
   * @throws {NodeUnreachable} If those that failed could not be reached. Names them all.
   * @throws {DeployRejected} That names every node that failed, and how.
   */
  async onEach<Item extends { readonly address: NodeAddress }, Result>(
    items: readonly Item[],
    work: (item: Item, connection: NodeConnection) => Promise<Result>,
    options: { what: string; onDone?: (done: number) => void },
  ): Promise<Result[]> {
    const results: Result[] = [];
    const failures: Failure[] = [];
    let next = 0;
    let done = 0;
    options.onDone?.(done);
    const worker = async (): Promise<void> => {
      while (next < items.length) {
        const index = next++;
        const item = items[index];
        try {
          results[index] = await work(item, await this.#connection(item.address));
        } catch (error) {
          failures.push({ index, node: formatNode(item.address), error });
        }
        done += 1;
        options.onDone?.(done);
      }
    };
    const workers = Math.min(limits.deployNodesAtOnceMax, items.length);
    await Promise.all(Array.from({ length: workers }, worker));
    if (failures.length === 0) return results;
    throw combine(failures.sort((a, b) => a.index - b.index), options.what);
  }

  /** Ends every connection: what was staged and not committed is forgotten by the nodes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#connections.values()].map((connection) => connection.close()));
  }

  async #connection(address: NodeAddress): Promise<NodeConnection> {
    const key = formatNode(address);
    const known = this.#connections.get(key);
    if (known !== undefined) return known;
    const connection = await NodeConnection.open(address);
    this.#connections.set(key, connection);
    return connection;
  }
}

/** What went wrong on one node. */
interface Failure {
  /** The node's place in the configuration. */
  readonly index: number;
  readonly node: string;
  readonly error: unknown;
}

/** The error of one node in its own words; of several what they have in common, and each. */
function combine(failures: readonly Failure[], what: string): FarcallError {
  const [{ node, error }] = failures;
  const isUnreachable = failures.every(({ error }) => error instanceof NodeUnreachable);
  if (failures.length === 1) {
    if (isUnreachable) return error as NodeUnreachable;
    const details = error instanceof FarcallError ? error.details : [];
    const message = `${node} could not ${what}: ${messageOf(error)}`;
    return new DeployRejected(message, { node, cause: error, details });
  }
  const messages = failures.map(({ error }) => messageOf(error));
  if (isUnreachable) {
    return new NodeUnreachable(`${failures.length} nodes cannot be reached`, { details: messages });
  }
  const summary = `${failures.length} nodes could not ${what}`;
  if (new Set(messages).size > 1) {
    const details = failures.map(({ node }, index) => `${node}: ${messages[index]}`);
    return new DeployRejected(summary, { details });
  }
  const nodes = failures.map(({ node }) => node).join(", ");
  return new DeployRejected(`${summary}: ${messages[0]}`, { details: [`on ${nodes}`] });
}

const step = { timeoutMs: limits.deployStepTimeoutMs };

/**
 * Sends what is missing, stages on every node, then commits on every node. If any node cannot stage,
 * all forget what they staged, and nothing has changed.
 *
 * @param scripts Every script that may have to be sent, by id.
 * @throws {DeployRejected} If a node refused or was lost. The message says what state the nodes are in.
 */
export async function applyDeployment(
  fleet: Fleet,
  works: readonly NodeWork[],
  scripts: ReadonlyMap<ScriptId, Uint8Array<ArrayBuffer>>,
  options: { deployer: string; progress?: DeployProgress },
): Promise<AppliedNode[]> {
  const report = (name: "send" | "stage" | "commit") => (done: number): void =>
    options.progress?.step(name, done, works.length);
  try {
    await fleet.onEach(works, (work, node) => sendScripts(node, work.send, scripts), {
      what: "take the scripts",
      onDone: report("send"),
    });
    await fleet.onEach(
      works,
      ({ manifest }, node) =>
        node.request({ op: "stage", manifest, deployer: options.deployer }, step),
      { what: "stage the deployment", onDone: report("stage") },
    );
  } catch (error) {
    await abortAll(fleet, works);
    throw withState(error, nothingChanged);
  }
  const committed: AppliedNode[] = [];
  try {
    await fleet.onEach(works, async ({ address, manifest }, node) => {
      const { generation } = await node.request({ op: "commit" }, step);
      committed.push({ name: address.name ?? manifest.node, generation });
    }, { what: "commit", onDone: report("commit") });
  } catch (error) {
    const names = committed.map(({ name, generation }) => `${name} (generation ${generation})`);
    throw withState(
      error,
      names.length === 0
        ? "No node is known to have committed; run init again."
        : `Committed: ${names.join(", ")}. Run init again to bring the others there.`,
    );
  }
  const order = works.map(({ address, manifest }) => address.name ?? manifest.node);
  return committed.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
}

/** The state that a deployment leaves when it ends before its commit. */
export const nothingChanged = "Nothing was changed on any node.";

/** An error of a deployment that also says in which state the nodes are. */
export function withState(error: unknown, state: string): FarcallError {
  const { node, details = [] } = error instanceof FarcallError ? error : {};
  const options = { cause: error, node, details: [...details, state] };
  return error instanceof NodeUnreachable
    ? new NodeUnreachable(error.message, options)
    : new DeployRejected(messageOf(error), options);
}

async function abortAll(fleet: Fleet, works: readonly NodeWork[]): Promise<void> {
  try {
    await fleet.onEach(works, (_, node) => node.request({ op: "abort" }, step), { what: "abort" });
  } catch {
    // Who cannot be told forgets by itself: its connection ends, or its stage times out.
  }
}

/** Sends scripts in batches that a message holds, each batch compressed as a whole. */
async function sendScripts(
  node: NodeConnection,
  ids: readonly ScriptId[],
  scripts: ReadonlyMap<ScriptId, Uint8Array<ArrayBuffer>>,
): Promise<void> {
  let batch: { id: ScriptId; bytes: Uint8Array<ArrayBuffer> }[] = [];
  let batchBytes = 0;
  const send = async (): Promise<void> => {
    if (batch.length === 0) return;
    const attachment = await gzip(batch.map(({ bytes }) => bytes));
    const announced = batch.map(({ id, bytes }) => ({ id, bytes: bytes.length }));
    batch = [];
    batchBytes = 0;
    await node.request({ op: "put", scripts: announced }, step, attachment);
  };
  for (const id of ids) {
    const bytes = scripts.get(id);
    if (bytes === undefined) throw new TypeError(`script ${id} was not bundled`);
    if (batchBytes + bytes.length > limits.putBatchBytes) await send();
    batch.push({ id, bytes });
    batchBytes += bytes.length;
  }
  await send();
}

async function gzip(parts: Uint8Array<ArrayBuffer>[]): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob(parts).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
