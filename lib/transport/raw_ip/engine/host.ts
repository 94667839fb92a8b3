import type { Memory } from "./chunks.ts";
import type { Checksum } from "./packets/checksum.ts";
import type { ConnectionId } from "./packets/packet.ts";
import type { Carrier, Connection, Path } from "./types.ts";

/** A connection's interface to its endpoint. */
export interface Host {
  readonly carrier: Carrier;
  readonly localPort: number;
  readonly memory: Memory;
  readonly checksum: Checksum;
  /** Bytes of the largest packet that this end accepts. */
  readonly datagramMax: number;
  readonly fragments: boolean;
  /** The endpoint's current time. */
  readonly now: number;
  /** It has something to flush, or another deadline. */
  touch(connection: Connection): void;
  /** It has callbacks to run. */
  announce(connection: Connection): void;
  /** It was closed, and delivers what was written. */
  closing(connection: Connection): void;
  /** It is over. Only its id is remembered; `reason` is sent in reply to late packets. */
  retire(connection: Connection, reason: number): void;
  sendReset(path: Path, id: ConnectionId, reason: number): void;
  routeMtu(remoteAddress: number): number;
}
