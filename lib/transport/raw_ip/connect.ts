/** Connects over raw IP or UDP. */
import { NodeUnreachable } from "../../errors/mod.ts";
import { type Limits, limits } from "../../limits/mod.ts";
import { addressesOf, type ConnectTcpOptions, formatAddress, type Transport } from "../mod.ts";
import { ConnectionTransport } from "./_connection_transport.ts";
import { EndpointDriver } from "./_endpoint_driver.ts";
import { cannotConnect, noIpv4, unreachable } from "./_problems.ts";
import type { Connection } from "./engine/mod.ts";
import {
  anyAddress,
  errnos,
  isListenedOn,
  parseIpv4,
  routeTo,
  SystemError,
  udpProtocol,
} from "./socket/mod.ts";

/** Options for connecting. */
export interface ConnectPacketsOptions extends ConnectTcpOptions {
  /** The IP header's protocol number: 17 for UDP, any other for raw IP. */
  readonly protocol: number;
  /** Bounds. Default: `limits`. */
  readonly bounds?: Limits;
}

/**
 * Connects to a node over packets. Retries a local port that another program holds until the time is up.
 *
 * @throws {NodeUnreachable} If it cannot connect in time; the message says why.
 */
export async function connectPackets(
  host: string,
  port: number,
  options: ConnectPacketsOptions,
): Promise<Transport> {
  const endMs = performance.now() + options.timeoutMs;
  const { protocol } = options;
  const addresses = (await addressesOf(host)).map(parseIpv4).filter((each) => each !== undefined);
  if (addresses.length === 0) {
    throw new NodeUnreachable(
      `cannot connect to ${formatAddress(host, port)}: ${noIpv4(host)}`,
      { node: formatAddress(host, port) },
    );
  }
  let first: unknown;
  for (const [index, address] of addresses.entries()) {
    const leftMs = Math.max(1, (endMs - performance.now()) / (addresses.length - index));
    try {
      return await connectOnce({ host, address, port, protocol }, { ...options, leftMs });
    } catch (error) {
      first ??= error;
    }
  }
  throw first;
}

interface Target {
  readonly host: string;
  readonly address: number;
  readonly port: number;
  readonly protocol: number;
}

async function connectOnce(
  target: Target,
  options: ConnectPacketsOptions & { readonly leftMs: number },
): Promise<Transport> {
  const endMs = performance.now() + options.leftMs;
  const driver = await openDriver(target, { ...options, endMs });
  const { host, address, port, protocol } = target;
  // This machine's kernel replies for other machines, not for itself: its own packets reach any socket of the protocol,
  // including the caller's.
  const isHere = driver.localHost === address || address >>> 24 === 127;
  if (protocol !== udpProtocol && isHere && !isListenedOn({ protocol, host: address, port })) {
    driver.close();
    throw unreachable(target, "refused", { errno: undefined, timeoutMs: options.timeoutMs });
  }
  return await new Promise((resolve, reject) => {
    const connection: Connection = driver.connect({ host: address, port }, {
      timeoutMs: Math.max(1, endMs - performance.now()),
      silentMs: options.bounds?.rawIp.silentMs,
      events: {
        onOpened: () => {
          resolve(new ConnectionTransport(connection, driver, () => driver.close()));
        },
        onClosed: (failure) => {
          driver.close();
          const { timeoutMs } = options;
          const end = { host, port, protocol };
          reject(unreachable(end, failure, { errno: driver.lastErrno, timeoutMs }));
        },
      },
    });
  });
}

/** Opens the socket, once the requested port is free. */
async function openDriver(
  target: Target,
  options: ConnectPacketsOptions & { readonly endMs: number },
): Promise<EndpointDriver> {
  const { localHost, localPort = 0, endMs } = options;
  const from = localHost === undefined ? anyAddress : parseIpv4(localHost);
  const remote = { host: target.address, port: target.port };
  const wish = { host: localHost, port: options.localPort };
  for (;;) {
    try {
      if (from === undefined) throw new SystemError(errnos.EADDRNOTAVAIL, "bind");
      // Before the socket, to distinguish a missing route from a refused socket.
      routeTo(target.address, from);
      return new EndpointDriver({ protocol: target.protocol, localHost: from, localPort, remote });
    } catch (cause) {
      const isHeld = localPort !== 0 && cause instanceof SystemError &&
        cause.errno === errnos.EADDRINUSE;
      if (!isHeld || endMs - performance.now() <= limits.localPortRetryMs) {
        throw cannotConnect(target, cause, wish);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, limits.localPortRetryMs));
  }
}
