import {
  ConnectionLost,
  type FarcallError,
  NodeUnreachable,
  ServerDraining,
} from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { checkSignal, type Patience, waitFor } from "./_patience.ts";
import {
  formatNode,
  type NodeAddress,
  NodeConnection,
  type NodeConnectionOptions,
} from "./node_connection.ts";

interface Slot {
  connection: NodeConnection | undefined;
  opening: Promise<NodeConnection> | undefined;
  avoidUntilMs: number;
}

/** One connection to each node, made when first needed and again after it ended. */
export class ConnectionPool {
  readonly #options: NodeConnectionOptions;
  readonly #slots = new Map<string, Slot>();
  /** Every connection that has not ended, those included that a newer one has replaced. */
  readonly #alive = new Set<NodeConnection>();
  #isClosed = false;

  constructor(options: NodeConnectionOptions) {
    this.#options = options;
  }

  /**
   * Runs `use` on the best of the nodes: one that could be reached lately, with the fewest messages in
   * flight, else the first in order. Goes on to the next where the message certainly reached no script:
   * no connection could be made or greeted, or the node is shutting down.
   *
   * @throws What `use` throws, or {@linkcode NodeUnreachable} if no node could be reached in time.
   */
  async onBest<T>(
    nodes: readonly NodeAddress[],
    patience: Patience,
    use: (connection: NodeConnection) => Promise<T>,
  ): Promise<T> {
    const failures: FarcallError[] = [];
    for (const node of this.#inOrder(nodes)) {
      if (failures.length > 0 && performance.now() >= patience.deadlineMs) break;
      try {
        return await use(await this.to(node, patience));
      } catch (error) {
        if (error instanceof NodeUnreachable || error instanceof ConnectionLost) {
          this.#slotOf(node).avoidUntilMs = performance.now() + limits.unreachableAvoidMs;
        }
        if (!(error instanceof NodeUnreachable || error instanceof ServerDraining)) throw error;
        failures.push(error);
      }
    }
    if (failures.length === 1) throw failures[0];
    throw new NodeUnreachable(
      `none of ${nodes.map(formatNode).join(", ")} can be reached`,
      { details: failures.map((failure) => failure.message) },
    );
  }

  /**
   * The connection to a node.
   *
   * @throws {NodeUnreachable} If it cannot be made, or not in time.
   * @throws {Cancelled} If the signal was raised.
   */
  async to(node: NodeAddress, patience: Patience): Promise<NodeConnection> {
    if (this.#isClosed) throw new TypeError("this farcall client is closed");
    checkSignal(patience);
    const slot = this.#slotOf(node);
    if (slot.connection?.isUsable) return slot.connection;
    slot.opening ??= this.#open(node, slot).finally(() => slot.opening = undefined);
    return await waitFor(slot.opening, patience, () => {
      const name = formatNode(node);
      return new NodeUnreachable(`no connection to ${name} was made within the call's deadline`, {
        node: name,
      });
    });
  }

  /** Ends every connection; messages in flight fail. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#slots.values()].map((slot) => slot.opening?.catch(() => {})));
    await Promise.all([...this.#alive].map((connection) => connection.close()));
  }

  #inOrder(nodes: readonly NodeAddress[]): readonly NodeAddress[] {
    if (nodes.length === 1) return nodes;
    const nowMs = performance.now();
    const weighed = nodes.map((node) => {
      const slot = this.#slotOf(node);
      return { node, isAvoided: slot.avoidUntilMs > nowMs, load: slot.connection?.inFlight ?? 0 };
    });
    weighed.sort((a, b) => Number(a.isAvoided) - Number(b.isAvoided) || a.load - b.load);
    return weighed.map(({ node }) => node);
  }

  #slotOf(node: NodeAddress): Slot {
    const key = formatNode(node);
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = { connection: undefined, opening: undefined, avoidUntilMs: 0 };
      this.#slots.set(key, slot);
    }
    return slot;
  }

  async #open(node: NodeAddress, slot: Slot): Promise<NodeConnection> {
    const connection = await NodeConnection.open(node, this.#options);
    this.#alive.add(connection);
    connection.ended.then(() => this.#alive.delete(connection));
    slot.connection = connection;
    slot.avoidUntilMs = 0;
    return connection;
  }
}
