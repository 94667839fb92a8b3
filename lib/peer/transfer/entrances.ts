/** The ways to bring files to a farcall: each is a transport of its own. */
import { NodeUnreachable } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import { connectTcp, type Transport } from "../../transport/mod.ts";
import { connectPackets, listenPackets } from "../../transport/raw_ip/mod.ts";
import { type FileEntrance, fileProtocol } from "../original/packet.ts";
import type { OpenEntrance } from "./file_server.ts";

/** Our transport on the protocol of files, at any free port: the original takes no notice of its packets. */
export function ipEntrance(address: string | undefined): OpenEntrance {
  return {
    over: "ip",
    open: () => listenPackets(address ?? "0.0.0.0", 0, { protocol: fileProtocol }),
  };
}

/** Connects by the first way that works. @throws {NodeUnreachable} If none does. */
export async function connectToEntrance(
  host: string,
  entrances: readonly FileEntrance[],
  localHost: string | undefined,
): Promise<Transport> {
  const options = { timeoutMs: limits.peer.introductionTimeoutMs, localHost };
  let failure: unknown;
  for (const { over, port } of entrances) {
    try {
      if (over === "tcp") return await connectTcp(host, port, options);
      return await connectPackets(host, port, { ...options, protocol: fileProtocol });
    } catch (error) {
      failure = error;
    }
  }
  throw failure ?? new NodeUnreachable(`${host} takes files by no way that is known here`);
}
