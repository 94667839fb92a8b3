/** The ways to bring files to a farcall: each is a transport of its own. */
import { NodeUnreachable } from "../../errors/mod.ts";
import { limits } from "../../limits/mod.ts";
import { connectTcp, listenTcp, type Transport } from "../../transport/mod.ts";
import type { FileEntrance } from "../original/packet.ts";
import type { OpenEntrance } from "./file_server.ts";

/** A port of TCP, that the kernel chooses. */
export function tcpEntrance(address: string | undefined): OpenEntrance {
  return { over: "tcp", open: () => listenTcp(address ?? "0.0.0.0", 0) };
}

/** Connects by the first way that works. @throws {NodeUnreachable} If none does. */
export async function connectToEntrance(
  host: string,
  entrances: readonly FileEntrance[],
): Promise<Transport> {
  let failure: unknown;
  for (const { over, port } of entrances) {
    try {
      if (over === "tcp") {
        return await connectTcp(host, port, { timeoutMs: limits.peer.introductionTimeoutMs });
      }
    } catch (error) {
      failure = error;
    }
  }
  throw failure ?? new NodeUnreachable(`${host} takes files by no way that is known here`);
}
