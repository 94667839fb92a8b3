/** Asks nodes what a caller may call. */
import { FarcallError } from "../errors/mod.ts";
import type { DescribedService } from "../protocol/mod.ts";
import { formatNodeAddress, type NodeAddress } from "./address.ts";
import type { ConnectionPool } from "./calls/connection_pool.ts";

/** One node's description, or why it gave none. */
export type NodeDescription =
  & {
    /** Its name in init.yaml; its address where it has none. */
    readonly node: string;
  }
  & (
    | { readonly services: readonly DescribedService[]; readonly error?: undefined }
    | { readonly services?: undefined; readonly error: FarcallError }
  );

/** Returns a function for each current node, by name, that asks it. */
export interface Describers {
  readonly size: number;
  keys(): Iterable<string>;
  get(node: string): (() => Promise<NodeDescription>) | undefined;
}

/** Asks nodes over the connections of their calls. @param options How long a node may take. */
export function describersOf(
  pool: ConnectionPool,
  nodes: () => readonly NodeAddress[],
  { timeoutMs }: { readonly timeoutMs: number },
): Describers {
  const nameOf = (address: NodeAddress): string => address.name ?? formatNodeAddress(address);
  return {
    get size() {
      return nodes().length;
    },
    keys: () => nodes().map(nameOf),
    get(node) {
      const address = nodes().find((each) => nameOf(each) === node);
      return address && (() => describe(pool, address, { node, timeoutMs }));
    },
  };
}

async function describe(
  pool: ConnectionPool,
  address: NodeAddress,
  { node, timeoutMs }: { readonly node: string; readonly timeoutMs: number },
): Promise<NodeDescription> {
  const deadlineMs = performance.now() + timeoutMs;
  pool.choose([address]);
  try {
    const connection = await pool.to(address, { deadlineMs });
    const leftMs = Math.max(1, deadlineMs - performance.now());
    const { services } = await connection.request({ op: "describe" }, { timeoutMs: leftMs });
    return { node, services };
  } catch (error) {
    if (!(error instanceof FarcallError)) throw error;
    return { node, error };
  } finally {
    pool.done(address);
  }
}
