/** Connecting to a node that is reached through NATS too, or alone: a direct connection has a head start. */
import { NodeUnreachable } from "../../errors/mod.ts";
import type { PublicKey } from "../../identity/mod.ts";
import { limits } from "../../limits/mod.ts";
import { Timer } from "../../timers/mod.ts";
import type { Transport } from "../../transport/mod.ts";
import { connectNats, readNatsCredentials } from "../../transport/nats/mod.ts";
import { formatNode, type NatsAddress, type NodeAddress } from "../address.ts";
import { trustOf } from "../trust.ts";
import type { NodeConnectionOptions } from "./connection_options.ts";

/**
 * Connects by whichever way answers first. The relay is tried when the direct way has failed, or has not answered for
 * `connectAttemptDelayMs`; of two that answer, the later one is closed.
 *
 * @throws {NodeUnreachable} If both fail: why the direct one did, and why the relay.
 */
export function connectByRelay(
  node: NodeAddress & { readonly nats: NatsAddress },
  { options, direct }: {
    readonly options: NodeConnectionOptions;
    /** None where the node has no address. */
    readonly direct: (() => Promise<Transport>) | undefined;
  },
): Promise<Transport> {
  if (direct === undefined) return relayed(node, options);
  return new Promise((resolve, reject) => {
    const failures: unknown[] = [];
    let isDone = false;
    let isRelaying = false;
    const take = (transport: Transport): void => {
      timer.stop();
      if (isDone) return transport.close();
      isDone = true;
      resolve(transport);
    };
    const fail = (error: unknown): void => {
      failures.push(error);
      if (failures.length < 2) return relay();
      const [first, second] = failures;
      if (!(first instanceof NodeUnreachable) || !(second instanceof NodeUnreachable)) {
        return reject(first);
      }
      const { message, node, cause } = first;
      reject(new NodeUnreachable(`${message}; ${second.message}`, { node: node!, cause }));
    };
    const relay = (): void => {
      timer.stop();
      if (isDone || isRelaying) return;
      isRelaying = true;
      relayed(node, options).then(take, fail);
    };
    const timer = new Timer(relay, (options.bounds ?? limits).connectAttemptDelayMs);
    direct().then(take, fail);
  });
}

async function relayed(
  address: NodeAddress & { readonly nats: NatsAddress },
  { bounds = limits, timeoutMs = bounds.connectTimeoutMs, client }: NodeConnectionOptions,
): Promise<Transport> {
  const { url, fleet, node, ca, key: expected } = address.nats;
  try {
    const trust = ca === undefined ? undefined : await trustOf({ ca });
    const file = credentialsFile();
    return await connectNats({
      url,
      fleet,
      node,
      client,
      timeoutMs,
      name: `farcall ${client ?? "caller"}`,
      checkKey: (key) => {
        if (expected !== undefined && key !== expected) throw otherNode(key, expected);
      },
      ...(trust?.authorities && { authorities: trust.authorities }),
      ...(file !== undefined && { credentials: await readNatsCredentials(file) }),
    });
  } catch (error) {
    if (!(error instanceof NodeUnreachable) || address.name === undefined) throw error;
    throw new NodeUnreachable(`node "${address.name}": ${error.message}`, {
      node: formatNode(address),
      cause: error.cause,
    });
  }
}

function otherNode(key: PublicKey, expected: PublicKey): NodeUnreachable {
  return new NodeUnreachable(
    `what answers has the key ${key}, and the node's is to be ${expected}: either another program has taken its name, or ` +
      'the node has a new key; if "farcall serve" on that machine names the new one, correct "key" in init.yaml',
    { node: key },
  );
}

/** Undefined, too, where a program may not look at its environment. */
function credentialsFile(): string | undefined {
  try {
    return Deno.env.get("FARCALL_NATS_CREDS") || undefined;
  } catch {
    return undefined;
  }
}
