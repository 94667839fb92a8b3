/** The ways to bring files to a farcall: each is a transport of its own. */
import { AddressInUse, NodeUnreachable } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import { connectTcp, type Listener, listenTcp, type Transport } from "../../transport/mod.ts";
import { connectPackets, listenPackets } from "../../transport/raw_ip/mod.ts";
import { type FileEntrance, fileProtocol } from "../original/packet.ts";
import type { OpenEntrance } from "./file_server.ts";

/**
 * Our transport on the protocol of files, whose packets the original takes no notice of; and TCP, for senders that could not
 * bring a file that way.
 */
export function ownEntrances(address = "0.0.0.0"): readonly OpenEntrance[] {
  return [
    { over: "ip", open: () => listenOverIp(address) },
    { over: "tcp", open: () => listenTcp(address, 0) },
  ];
}

/** The port is always the same: two peers at one address would both take, and acknowledge, what is for one of them. */
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
    // A peer that was stopped lets go of its port when its connections have ended.
    await new Promise((resolve) => setTimeout(resolve, limits.localPortRetryMs));
  }
}

/** Connects by the first way that works. @throws {NodeUnreachable} If none does. */
export async function connectToEntrance(
  host: string,
  entrances: readonly FileEntrance[],
  { localHost, attempt }: {
    readonly localHost: string | undefined;
    /** From 0 on: each begins with the next way, since a connection may be made by one that then carries nothing. */
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
