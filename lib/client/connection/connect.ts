import { NodeUnreachable } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import type { Transport } from "../../transport/mod.ts";
import { connectTcp } from "../../transport/tcp.ts";
import { trustOf } from "../trust.ts";
import { formatNode, type NodeAddress } from "../address.ts";
import type { NodeConnectionOptions, SpeakOptions } from "./connection_options.ts";
import { orCutOff } from "./cut_off.ts";

/**
 * Connects to a node, before any greeting.
 *
 * @throws {NodeUnreachable} If it cannot connect, or the certificate is not trusted; the message names the node.
 * @throws {InvalidConfiguration} If the file `ca` has no certificates.
 */
export async function connectTo(
  address: NodeAddress,
  options: NodeConnectionOptions,
): Promise<Transport> {
  const { nats } = address;
  if (nats === undefined) return await connectDirectly(address, options);
  const { connectEitherWay } = await import("./_relay.ts");
  const direct = (to: NodeAddress) => connectDirectly(to, options);
  return await connectEitherWay({ ...address, nats }, options, direct);
}

/**
 * Connects to a node and starts a session. A member of a fleet has greeted then, by its first working route.
 *
 * @throws As {@linkcode connectTo}.
 */
export async function openTo<
  S extends { readonly greeted: Promise<void>; close(): Promise<void> },
>(
  address: NodeAddress,
  options: NodeConnectionOptions,
  speak: (transport: Transport, options: SpeakOptions) => S,
): Promise<S> {
  const { nats } = address;
  if (nats === undefined) return speak(await connectDirectly(address, options), options);
  const { greetEitherWay } = await import("./_relay.ts");
  return await greetEitherWay({ ...address, nats }, options, {
    direct: (to) => connectDirectly(to, options),
    speak: (transport, expected) => speak(transport, { ...options, ...expected }),
  });
}

async function connectDirectly(
  address: NodeAddress,
  options: NodeConnectionOptions,
): Promise<Transport> {
  const { bounds = limits, timeoutMs = bounds.connectTimeoutMs, localHost, localPort } = options;
  const { host, port, tls, over, from: preferredHost } = address;
  try {
    if (over !== undefined) {
      if (tls !== undefined) throw new TypeError("TLS works only over TCP, not over IP or UDP");
      const { connectPackets } = await import("../../transport/raw_ip/mod.ts");
      const { protocol } = over;
      const options = { protocol, timeoutMs, localPort, bounds };
      return await connectPackets(host, port, {
        ...options,
        localHost: localHost ?? preferredHost,
      });
    }
    if (tls === undefined) {
      return await connectTcp(host, port, { timeoutMs, localHost, localPort, preferredHost });
    }
    if (localHost === undefined && localPort === undefined) {
      const { connectTls } = await import("../../transport/tls.ts");
      return await connectTls(host, port, { timeoutMs, trust: await trustOf(tls) });
    }
    throw new NodeUnreachable(
      `cannot choose the local address of a TLS connection, and this client has to call from ` +
        `${localHost ?? "any address"}, port ${
          localPort ?? "any"
        }; give it a "key" in place of the "port"`,
      { node: formatNode(address) },
    );
  } catch (error) {
    if (!(error instanceof NodeUnreachable)) throw error;
    if (address.name === undefined) throw orCutOff(error);
    const node = formatNode(address);
    const message = `node "${address.name}": ${error.message}`;
    throw orCutOff(new NodeUnreachable(message, { node, cause: error.cause }));
  }
}
