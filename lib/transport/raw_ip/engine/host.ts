import type { Memory } from "./chunks.ts";
import type { Checksum } from "./packets/checksum.ts";
import type { ConnectionId } from "./packets/packet.ts";
import type { Carrier, Connection, Path } from "./types.ts";

/** What a connection needs of its endpoint. */
export interface Host {
  readonly carrier: Carrier;
  readonly localPort: number;
  readonly memory: Memory;
  readonly checksum: Checksum;
  /** Bytes of the largest packet that this end takes. */
  readonly datagramMax: number;
  readonly fragments: boolean;
  /** The time as the endpoint last heard it. */
  readonly now: number;
  /** It has something to flush, or another deadline. */
  touch(connection: Connection): void;
  /** It has something to tell its user. */
  announce(connection: Connection): void;
  /** It is over: forgotten but for its id; `reason` is what a late packet of the peer hears. */
  retire(connection: Connection, reason: number): void;
  sendReset(path: Path, id: ConnectionId, reason: number): void;
  routeMtu(remoteAddress: number): number;
}
