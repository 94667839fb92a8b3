import { limits } from "../../../limits/mod.ts";
import type { EngineConnection } from "./connection.ts";
import type { ConnectionId } from "./packets/packet.ts";
import type { Path } from "./types.ts";

/** 53 bits of an id, as many as a number holds; the table compares the rest. */
function keyOf(id: ConnectionId): number {
  return id.high * 0x20_0000 + (id.low >>> 11);
}

function isPeer(connection: EngineConnection, path: Path): boolean {
  return connection.remoteAddress === path.remoteAddress &&
    connection.remotePort === path.remotePort;
}

/** The connections of an endpoint by id, and the ids of ended ones. */
export class ConnectionTable {
  readonly #byOwnId = new Map<number, EngineConnection>();
  readonly #byPeerId = new Map<number, EngineConnection>();
  readonly #perAddress = new Map<number, number>();
  /** Until when each id is remembered, and the reason its peer is given; ordered by end time. */
  readonly #ended = new Map<number, { untilMs: number; reason: number }>();
  /** Consecutive packets mostly belong to one connection. */
  #last: EngineConnection | undefined;

  get size(): number {
    return this.#byOwnId.size;
  }

  all(): Iterable<EngineConnection> {
    return this.#byOwnId.values();
  }

  /** The connection that a packet with this id belongs to, if it comes from its peer. */
  find(high: number, low: number, path: Path): EngineConnection | undefined {
    let found = this.#last;
    if (found === undefined || found.ownId.low !== low || found.ownId.high !== high) {
      found = this.#byOwnId.get(keyOf({ high, low }));
      if (found === undefined || found.ownId.low !== low) return undefined;
      this.#last = found;
    }
    return isPeer(found, path) ? found : undefined;
  }

  /** The connection whose peer has this id. */
  findByPeerId(id: ConnectionId, path: Path): EngineConnection | undefined {
    const found = this.#byPeerId.get(keyOf(id));
    return found !== undefined && found.peerId.low === id.low && isPeer(found, path)
      ? found
      : undefined;
  }

  /** Whether another connection from an address may be accepted with this id. */
  hasRoom(id: ConnectionId, address: number): boolean {
    const { connectionsMax, connectionsPerAddressMax, endedConnectionsMax } = limits.rawIp;
    // No address has more than are free, so that there is always room for one that has none.
    const most = Math.min(connectionsPerAddressMax, connectionsMax - this.size);
    return (this.#perAddress.get(address) ?? 0) < most &&
      // Each id must be remembered after its end, or a recorded packet could open the connection again.
      this.#ended.size + this.size < endedConnectionsMax &&
      !this.#byOwnId.has(keyOf(id));
  }

  add(connection: EngineConnection): void {
    this.#byOwnId.set(keyOf(connection.ownId), connection);
    const { remoteAddress } = connection;
    this.#perAddress.set(remoteAddress, (this.#perAddress.get(remoteAddress) ?? 0) + 1);
  }

  /** Registers the peer's id, once it is known. */
  addPeerId(connection: EngineConnection): void {
    this.#byPeerId.set(keyOf(connection.peerId), connection);
  }

  remove(connection: EngineConnection, reason: number, now: number): void {
    const key = keyOf(connection.ownId);
    if (!this.#byOwnId.delete(key)) return;
    if (this.#byPeerId.get(keyOf(connection.peerId)) === connection) {
      this.#byPeerId.delete(keyOf(connection.peerId));
    }
    const { remoteAddress } = connection;
    const count = this.#perAddress.get(remoteAddress)! - 1;
    if (count > 0) this.#perAddress.set(remoteAddress, count);
    else this.#perAddress.delete(remoteAddress);
    if (this.#last === connection) this.#last = undefined;
    this.#ended.set(key, { untilMs: now + limits.rawIp.endedConnectionMs, reason });
  }

  /** Forgets expired ids. */
  sweep(now: number): void {
    for (const [key, { untilMs }] of this.#ended) {
      if (untilMs > now) return;
      this.#ended.delete(key);
    }
  }

  /** The reason that a late packet for an ended id is given; undefined for any other id. */
  endedReason(id: ConnectionId): number | undefined {
    return this.#ended.get(keyOf(id))?.reason;
  }
}
