/** The nodes of a deployment: their connections, and work on all of them, a bounded number at a time. */
import {
  addressOf,
  formatNode,
  type NodeAddress,
  NodeConnection,
  proveLocal,
} from "../client/mod.ts";
import { type Configuration, nearest } from "../config/mod.ts";
import {
  ConnectionLost,
  DeployRejected,
  FarcallError,
  messageOf,
  NodeUnreachable,
  ServerDraining,
} from "../errors/mod.ts";
import { type Limits, limits } from "../limits/mod.ts";
import type { SigningKey } from "../identity/mod.ts";

/** The identity to ask nodes with. */
export interface FleetOptions {
  /** The key to prove to every node, and to sign deployments with. Default: none. */
  readonly key?: SigningKey;
  /** The deployer's bounds. Default: `limits`. */
  readonly bounds?: Limits;
  /** How long a node may take to verify the deployer. Default: as long as a step of a deployment. */
  readonly proofTimeoutMs?: number;
}

/** A node that takes part. */
export interface FleetNode {
  readonly address: NodeAddress & { readonly name: string };
}

/**
 * The nodes of a configuration, in its order.
 *
 * @param only Their names; left out, all.
 * @throws {RangeError} If there is no node of such a name.
 */
export function nodesOf(configuration: Configuration, only?: readonly string[]): FleetNode[] {
  const { servers, file } = configuration;
  for (const name of only ?? []) {
    if (servers.has(name)) continue;
    const meant = nearest(name, servers.keys());
    throw new RangeError(
      `there is no server "${name}" in ${file}; ` +
        (meant === undefined
          ? `it has ${[...servers.keys()].join(", ")}`
          : `did you mean "${meant}"?`),
    );
  }
  return [...servers.values()]
    .filter(({ name }) => only === undefined || only.includes(name))
    .map((server) => ({ address: addressOf(server) }));
}

/** Connections to the nodes of a deployment, shared by all of its steps. */
export class Fleet implements AsyncDisposable {
  readonly #options: FleetOptions;
  readonly #bounds: Limits;
  readonly #connections = new Map<string, NodeConnection>();

  constructor(options: FleetOptions = {}) {
    this.#options = options;
    this.#bounds = options.bounds ?? limits;
  }

  /**
   * Runs `work` on every node, a bounded number at a time.
   *
   * @throws {NodeUnreachable} If the failed nodes could not be reached. Names them all, and the reachable ones.
   * @throws {ConnectionLost} If the failed nodes could not be reached, or were lost.
   * @throws {DeployRejected} Otherwise. Names every failed node with its error.
   */
  async onEach<Item extends { readonly address: NodeAddress }, Result>(
    items: readonly Item[],
    work: (item: Item, connection: NodeConnection) => Promise<Result>,
    options: { what: string; onDone?: (done: number) => void },
  ): Promise<Result[]> {
    const outcomes = await this.settle(items, work, options.onDone);
    const failures = outcomes.flatMap((outcome, index) =>
      outcome.status === "rejected"
        ? [{ node: formatNode(items[index]!.address), error: outcome.reason }]
        : []
    );
    if (failures.length > 0) {
      const reached = outcomes.flatMap(({ status }, index) =>
        status === "fulfilled" ? items[index]!.address.name ?? [] : []
      );
      throw combine(failures, reached, options.what);
    }
    return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<Result>).value);
  }

  /** As {@linkcode onEach}, but returns each node's result or error, in their order. */
  async settle<Item extends { readonly address: NodeAddress }, Result>(
    items: readonly Item[],
    work: (item: Item, connection: NodeConnection) => Promise<Result>,
    onDone?: (done: number) => void,
  ): Promise<PromiseSettledResult<Result>[]> {
    const outcomes: PromiseSettledResult<Result>[] = [];
    let next = 0;
    let done = 0;
    onDone?.(done);
    const worker = async (): Promise<void> => {
      while (next < items.length) {
        const index = next++;
        const item = items[index]!;
        const working = this.#connection(item.address).then((node) => work(item, node));
        [outcomes[index]] = await Promise.allSettled([working]);
        done += 1;
        onDone?.(done);
      }
    };
    const workers = Math.min(this.#bounds.deployNodesAtOnceMax, items.length);
    await Promise.all(Array.from({ length: workers }, worker));
    return outcomes;
  }

  /** Ends every connection; the nodes discard what was staged and not committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#connections.values()].map((connection) => connection.close()));
  }

  /**
   * Reconnects to a node.
   *
   * @throws {NodeUnreachable} If it cannot be reached.
   */
  async reconnect(address: NodeAddress): Promise<NodeConnection> {
    await this.#connections.get(formatNode(address))?.close();
    return await this.#connect(address);
  }

  async #connection(address: NodeAddress): Promise<NodeConnection> {
    return this.#connections.get(formatNode(address)) ?? await this.#connect(address);
  }

  async #connect(address: NodeAddress): Promise<NodeConnection> {
    const options = { key: this.#options.key, bounds: this.#bounds };
    const connection = await NodeConnection.open(address, options);
    this.#connections.set(formatNode(address), connection);
    await proveLocal(connection, this.#options.proofTimeoutMs);
    return connection;
  }
}

/** Why a node could not be asked, without its name. */
export function reasonWithoutName(error: unknown, address: NodeAddress): string {
  const said = messageOf(error);
  const names = [`node "${address.name}": `, `${formatNode(address)}: `];
  return said.slice(names.find((name) => said.startsWith(name))?.length ?? 0);
}

/** A node and its error. */
interface Failure {
  readonly node: string;
  readonly error: unknown;
}

/** One node's error as it is; for several, a common message with each error in the details. */
function combine(
  failures: readonly Failure[],
  reached: readonly string[],
  what: string,
): FarcallError {
  const { node, error } = failures[0]!;
  const isUnreachable = failures.every(({ error }) => error instanceof NodeUnreachable);
  const withoutThem = reached.length === 0
    ? []
    : [`To skip unreachable nodes: --only ${reached.join(",")}`];
  const Kind = isUnreachable
    ? NodeUnreachable
    : failures.every(({ error }) => isLoss(error))
    ? ConnectionLost
    : DeployRejected;
  if (failures.length === 1) {
    const said = error instanceof FarcallError ? error.details : [];
    const details = isUnreachable ? [...said, ...withoutThem] : said;
    const message = isUnreachable
      ? messageOf(error)
      : `${node} could not ${what}: ${reasonOf(error)}`;
    return new Kind(message, { node, cause: error, details });
  }
  const messages = failures.map(({ error }) => reasonOf(error));
  if (isUnreachable) {
    const details = [...messages, ...withoutThem];
    return new NodeUnreachable(`${failures.length} nodes cannot be reached`, { details });
  }
  const summary = `${failures.length} nodes could not ${what}`;
  if (new Set(messages).size > 1) {
    const details = failures.map(({ node }, index) => `${node}: ${messages[index]}`);
    return new Kind(summary, { details });
  }
  const nodes = failures.map(({ node }) => node).join(", ");
  return new Kind(`${summary}: ${messages[0]}`, { details: [`on ${nodes}`] });
}

/** Whether a node was lost, as opposed to refusing. */
export function isLoss(error: unknown): boolean {
  return error instanceof NodeUnreachable || error instanceof ConnectionLost ||
    error instanceof ServerDraining;
}

/** Why a node failed. A lost connection has a message of its own here, because the general one is about calls. */
function reasonOf(error: unknown): string {
  return error instanceof ConnectionLost ? "the connection to it was lost" : messageOf(error);
}
