/**
 * Closes sockets that the runtime leaks: closing a TLS connection in the middle of its handshake leaves the socket open
 * until the peer closes it, which may be never. The socket is shut down through the C library; the runtime then sees it
 * end and releases it. Without access to the C library, such sockets stay open.
 */
import { limits } from "../limits/mod.ts";
import { formatAddress } from "./conn.ts";
import { OwnSockets } from "./_own_sockets.ts";

/** Both ends of a socket. */
export interface SocketEnds {
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly localPort: number;
}

let given = new Map<string, SocketEnds>();
let isEnding = false;

/** Schedules the shutdown of a socket, in case it is still open then. */
export function endSocket(ends: SocketEnds): void {
  const sockets = OwnSockets.open();
  if (sockets === undefined) return;
  given.set(formatAddress(ends.remoteHost, ends.remotePort), ends);
  if (!isEnding) void endAll(sockets);
}

/** The runtime does not reveal descriptors: one scan over all of them closes all abandoned sockets. */
async function endAll(sockets: OwnSockets): Promise<void> {
  isEnding = true;
  while (given.size > 0) {
    // Most are abandoned together.
    await turn();
    const sought = given;
    given = new Map();
    const ports = new Set([...sought.values()].map(({ remotePort }) => remotePort));
    const count = sockets.slots();
    for (let descriptor = 0; descriptor < count && sought.size > 0; descriptor++) {
      if ((descriptor + 1) % limits.descriptorsPerTurn === 0) await turn();
      const peerPort = sockets.peerPort(descriptor);
      if (peerPort === undefined || !ports.has(peerPort)) continue;
      const key = formatAddress(sockets.foundHost, peerPort);
      const ends = sought.get(key);
      if (ends === undefined || sockets.port(descriptor) !== ends.localPort) continue;
      sockets.shutDown(descriptor);
      sought.delete(key);
    }
  }
  isEnding = false;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
