/** Connects to a node that is also, or only, reached through NATS. Direct connections have a head start. */
import { NodeUnreachable } from "../../errors/mod.ts";
import { canonicalAddress, type PublicKey } from "../../identity/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { Transport } from "../../transport/mod.ts";
import { connectNats, readNatsCredentials } from "../../transport/nats/mod.ts";
import { formatNode, type NatsAddress, type NodeAddress, parseAddress } from "../address.ts";
import { trustOf } from "../trust.ts";
import type { NodeConnectionOptions } from "./connection_options.ts";
import { firstWay } from "./_first_way.ts";

/** A node that is reached through NATS and possibly directly. */
export type RelayedNode = NodeAddress & { readonly nats: NatsAddress };

/** Connects directly to an address of a node. */
export type ConnectDirectly = (address: NodeAddress) => Promise<Transport>;

/**
 * Connects to a node, before any greeting, by the first route that answers: its address in init.yaml, or NATS.
 *
 * @throws {NodeUnreachable} If both fail.
 */
export async function connectEitherWay(
  node: RelayedNode,
  options: NodeConnectionOptions,
  direct: ConnectDirectly,
): Promise<Transport> {
  const headStartMs = (options.bounds ?? limits).connectAttemptDelayMs;
  const relay = { headStartMs: 0, try: () => relayed(node, options) };
  const ways = node.host === "" ? [relay] : [{ headStartMs, try: () => direct(node) }, relay];
  return await firstWay(ways, (late) => late.close());
}

/** A session on a connection. */
interface Speaker {
  /** Resolves when the node has greeted. */
  readonly greeted: Promise<void>;
  close(): Promise<void>;
}

/**
 * As {@linkcode connectEitherWay}, and waits for the greeting. Also tries addresses that the node has announced, and
 * accepts them only if the greeting has the node's name: in another network the address may be another node's.
 *
 * @param speak Starts a session on a connection; `node` is the name that the greeting must have.
 * @throws {NodeUnreachable} If all routes fail.
 */
export async function greetEitherWay<S extends Speaker>(
  node: RelayedNode,
  options: NodeConnectionOptions,
  { direct, speak }: {
    readonly direct: ConnectDirectly;
    readonly speak: (transport: Transport, expected: { readonly node?: string }) => S;
  },
): Promise<S> {
  const { nats, name, host } = node;
  const bounds = options.bounds ?? limits;
  const headStartMs = bounds.connectAttemptDelayMs;
  const greet = async (
    connecting: Promise<Transport>,
    expected: { readonly node?: string } = {},
  ): Promise<S> => {
    const speaker = speak(await connecting, expected);
    try {
      await speaker.greeted;
      return speaker;
    } catch (error) {
      await speaker.close();
      throw error;
    }
  };
  const discard = (late: S): void => void late.close();
  // A node whose key is in init.yaml proves it only through NATS.
  const addresses = nats.key === undefined ? nats.announced ?? [] : [];
  const announced = addresses.flatMap((text) => announcedAddress(text) ?? [])
    .map((address) => ({
      headStartMs: 0,
      try: () => greet(direct({ ...address, name }), { node: nats.node }),
    }));
  return await firstWay([
    ...host === "" ? [] : [{ headStartMs, try: () => greet(direct(node)) }],
    ...announced.length === 0 ? [] : [{
      headStartMs: limits.nats.announcedHeadStartMs,
      try: () => firstWay(announced, discard),
    }],
    { headStartMs: 0, try: () => greet(relayed(node, options)) },
  ], discard);
}

/** Reads an address that a node has announced; undefined for anything else. */
function announcedAddress(text: string): NodeAddress | undefined {
  try {
    const address = parseAddress(text);
    const isPlain = address?.over === undefined && canonicalAddress(address?.host ?? "");
    return isPlain ? address : undefined;
  } catch {
    return undefined;
  }
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
    `the answering node has the key ${key}, but init.yaml names ${expected}: either another program has taken the node's name, or ` +
      'the node has a new key; if "farcall serve" on that machine names the new one, correct "key" in init.yaml',
    { node: key },
  );
}

/** Also undefined if the program has no permission to read its environment. */
function credentialsFile(): string | undefined {
  try {
    return Deno.env.get("FARCALL_NATS_CREDS") || undefined;
  } catch {
    return undefined;
  }
}
