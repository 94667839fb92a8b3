/** The connections of a node's scripts to other nodes. */
import type { NodeAddress } from "../client/address.ts";
import { ConnectionPool } from "../client/calls/connection_pool.ts";
import { limits } from "../limits/mod.ts";
import type { CalledNode } from "../manifest/mod.ts";

/** A call's lease of a pool. */
export interface PoolUse {
  readonly pool: ConnectionPool;
  readonly nodes: readonly NodeAddress[];
  end(): void;
}

/** The connections of one service's scripts to providers of others; each connection identifies the service. */
class ScriptPool {
  readonly pool: ConnectionPool;
  readonly nodes: readonly NodeAddress[];
  callCount = 0;
  timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: string, nodes: readonly CalledNode[]) {
    const bounds = { ...limits, connectionsPerCallerMax: limits.scriptConnectionsMax };
    this.pool = new ConnectionPool({ client, bounds });
    this.nodes = nodes.map(({ name, host, port, tls, over, from }) => {
      return { name, host, port, tls, over, from };
    });
  }
}

/** One pool for each service and list of providers, shared by its executors and by generations. */
export class Pools {
  /** Most recently used last. */
  readonly #pools = new Map<string, ScriptPool>();
  /** The key of a list of providers. */
  readonly #keys = new WeakMap<readonly CalledNode[], string>();
  #isClosed = false;

  /** @throws {TypeError} If they are closed. */
  use(
    { client, target: { nodes } }: {
      readonly client: string;
      readonly target: { readonly nodes: readonly CalledNode[] };
    },
  ): PoolUse {
    if (this.#isClosed) throw new TypeError("the node stops");
    const key = `${client} ${this.#keyOf(nodes)}`;
    const used = this.#pools.get(key) ?? new ScriptPool(client, nodes);
    this.#pools.delete(key);
    this.#pools.set(key, used);
    used.callCount += 1;
    clearTimeout(used.timer);
    if (this.#pools.size > limits.scriptPoolsMax) this.#closeOldest();
    let isOver = false;
    return {
      pool: used.pool,
      nodes: used.nodes,
      end: () => {
        if (isOver) return;
        isOver = true;
        used.callCount -= 1;
        if (used.callCount === 0) this.#closeLater(key, used);
      },
    };
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    for (const { timer } of pools) clearTimeout(timer);
    await Promise.all(pools.map(({ pool }) => pool.close()));
  }

  #keyOf(nodes: readonly CalledNode[]): string {
    let key = this.#keys.get(nodes);
    if (key === undefined) {
      key = JSON.stringify(nodes);
      this.#keys.set(nodes, key);
    }
    return key;
  }

  /** Another generation may have other providers, or no such service: unused pools are closed. */
  #closeLater(key: string, unused: ScriptPool): void {
    if (this.#isClosed) return;
    const timer = setTimeout(() => this.#close(key, unused), limits.scriptConnectionsIdleMs);
    Deno.unrefTimer(timer as unknown as number);
    unused.timer = timer;
  }

  #closeOldest(): void {
    for (const [key, pool] of this.#pools) {
      if (pool.callCount === 0) return this.#close(key, pool);
    }
  }

  #close(key: string, unused: ScriptPool): void {
    clearTimeout(unused.timer);
    this.#pools.delete(key);
    unused.pool.close().catch(() => {});
  }
}
