/**
 * Ends sockets that the runtime keeps: closing a TLS connection in the middle of its handshake leaves the socket open
 * until the peer leaves, which may be never. The system is asked to shut it down, through the C library; the runtime
 * then finds it ended and lets go of it. Where the program may not use the C library, such sockets stay.
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

/** Has the socket ended soon, if it is still there then. */
export function endSocket(ends: SocketEnds): void {
  const sockets = OwnSockets.open();
  if (sockets === undefined) return;
  given.set(formatAddress(ends.remoteHost, ends.remotePort), ends);
  if (!isEnding) void endAll(sockets);
}

/** The runtime does not tell which descriptor is which: one look at all of them ends all sockets that were given up. */
async function endAll(sockets: OwnSockets): Promise<void> {
  isEnding = true;
  while (given.size > 0) {
    // Most are given up together.
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
