/** The transports that bring files to a farcall. */
import { AddressInUse, NodeUnreachable } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import { connectTcp, type Listener, listenTcp, type Transport } from "../../transport/mod.ts";
import { connectPackets, listenPackets } from "../../transport/raw_ip/mod.ts";
import { type FileEntrance, fileProtocol } from "../original/packet.ts";
import type { OpenEntrance } from "./file_server.ts";

/**
 * Our own transport on the file protocol, whose packets the original ignores; and TCP, for senders that cannot use the
 * former.
 */
export function ownEntrances(address = "0.0.0.0"): readonly OpenEntrance[] {
  return [
    { over: "ip", open: () => listenOverIp(address) },
    { over: "tcp", open: () => listenTcp(address, 0) },
  ];
}

/** The port is fixed: two peers at one address would both accept, and acknowledge, the packets of one of them. */
async function listenOverIp(address: string): Promise<Listener> {
  const endMs = performance.now() + limits.peer.filePortWaitMs;
  for (;;) {
    try {
      return listenPackets(address, limits.peer.filePort, { protocol: fileProtocol });
    } catch (cause) {
      if (!(cause instanceof AddressInUse)) throw cause;
      if (performance.now() > endMs) {
        throw new AddressInUse(
          "another peer already receives on this machine; stop it, or give each its own --address",
          { cause },
        );
      }
    }
    // A stopped peer releases its port only after its connections have ended.
    await new Promise((resolve) => setTimeout(resolve, limits.localPortRetryMs));
  }
}

/** Connects by the first transport that works. @throws {NodeUnreachable} If none does. */
export async function connectToEntrance(
  host: string,
  entrances: readonly FileEntrance[],
  { localHost, attempt }: {
    readonly localHost: string | undefined;
    /** Counted from 0. Each attempt starts with the next transport, since one may connect and then carry nothing. */
    readonly attempt: number;
  },
): Promise<Transport> {
  const first = attempt % Math.max(1, entrances.length);
  const options = { timeoutMs: limits.peer.entranceTimeoutMs, localHost };
  let failure: unknown;
  for (const { over, port } of [...entrances.slice(first), ...entrances.slice(0, first)]) {
    try {
      if (over === "tcp") return await connectTcp(host, port, options);
      return await connectPackets(host, port, { ...options, protocol: fileProtocol });
    } catch (error) {
      failure = error;
    }
  }
  throw failure ?? new NodeUnreachable(`${host} takes files by no way that is known here`);
}
