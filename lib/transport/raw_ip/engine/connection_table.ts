import { limits } from "../../../limits/mod.ts";
import type { EngineConnection } from "./connection.ts";
import type { ConnectionId } from "./packets/packet.ts";
import type { Path } from "./types.ts";

/** 53 bits of an id, which is what a number holds; the table compares the rest. */
function keyOf(id: ConnectionId): number {
  return id.high * 0x20_0000 + (id.low >>> 11);
}

function isPeer(connection: EngineConnection, path: Path): boolean {
  return connection.remoteAddress === path.remoteAddress &&
    connection.remotePort === path.remotePort;
}

/** The connections of an endpoint, by their ids, and the ids of those that have ended. */
export class ConnectionTable {
  readonly #byOwnId = new Map<number, EngineConnection>();
  readonly #byPeerId = new Map<number, EngineConnection>();
  readonly #perAddress = new Map<number, number>();
  /** Until when each is remembered, and what its peer hears; in the order of their ends. */
  readonly #ended = new Map<number, { untilMs: number; reason: number }>();
  /** Packets come in rows. */
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

  /** Whether another connection from an address may be taken, with this id. */
  hasRoom(id: ConnectionId, address: number): boolean {
    const { connectionsMax, connectionsPerAddressMax, endedConnectionsMax } = limits.rawIp;
    return this.size < connectionsMax &&
      (this.#perAddress.get(address) ?? 0) < connectionsPerAddressMax &&
      // Each will have to be remembered when it has ended, or a recorded packet could open it once more.
      this.#ended.size + this.size < endedConnectionsMax &&
      !this.#byOwnId.has(keyOf(id));
  }

  add(connection: EngineConnection): void {
    this.#byOwnId.set(keyOf(connection.ownId), connection);
    const { remoteAddress } = connection;
    this.#perAddress.set(remoteAddress, (this.#perAddress.get(remoteAddress) ?? 0) + 1);
  }

  /** Its peer's id is known now. */
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

  /** Forgets ids whose time is up. */
  sweep(now: number): void {
    for (const [key, { untilMs }] of this.#ended) {
      if (untilMs > now) return;
      this.#ended.delete(key);
    }
  }

  /** What is said to a late packet for an id that has ended; undefined if it is none of those. */
  endedReason(id: ConnectionId): number | undefined {
    return this.#ended.get(keyOf(id))?.reason;
  }
}
