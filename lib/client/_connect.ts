import { NodeUnreachable } from "../errors/mod.ts";
import { limits } from "../limits/mod.ts";
import { connectTcp, type Transport } from "../transport/mod.ts";
import { formatNode, type NodeAddress } from "./address.ts";
import type { NodeConnectionOptions } from "./connection_options.ts";

/**
 * Connects to a node, which has said nothing yet.
 *
 * @throws {NodeUnreachable} If it cannot; the message has the node's name.
 */
export async function connectTo(
  address: NodeAddress,
  options: NodeConnectionOptions,
): Promise<Transport> {
  const { timeoutMs = limits.connectTimeoutMs, localHost, localPort } = options;
  try {
    return await connectTcp(address.host, address.port, { timeoutMs, localHost, localPort });
  } catch (error) {
    if (!(error instanceof NodeUnreachable) || address.name === undefined) throw error;
    throw new NodeUnreachable(`node "${address.name}": ${error.message}`, {
      node: formatNode(address),
      cause: error.cause,
    });
  }
}
