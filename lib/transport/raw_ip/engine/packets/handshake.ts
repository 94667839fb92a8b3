import { limits } from "../../../../limits/mod.ts";
import * as packet from "./packet.ts";
import type { ConnectionId } from "./packet.ts";
import { sipHash } from "./siphash.ts";
import type { Path } from "../types.ts";

/** The opening: what each end tells the other about itself. */
export interface Opening {
  /** The id by which it wants to be addressed. */
  readonly id: ConnectionId;
  /** Bytes of the largest packet that it accepts. */
  readonly datagramMax: number;
  /** The stream offset up to which it accepts bytes. */
  readonly credit: number;
}

/**
 * The ids that a server issues. Each is a keyed hash of its recipient, so the server need not remember it; a client
 * that returns it has received it at the address that it claims.
 */
export class Cookies {
  readonly #secret: Uint8Array;
  readonly #localPort: number;
  readonly #input = new Uint8Array(20);

  constructor(secret: Uint8Array, localPort: number) {
    this.#secret = secret;
    this.#localPort = localPort;
  }

  #idOf(path: Path, clientId: ConnectionId, slot: number): ConnectionId {
    const input = this.#input;
    packet.writeU32(input, 0, path.remoteAddress);
    packet.writeU16(input, 4, path.remotePort);
    packet.writeU16(input, 6, this.#localPort);
    packet.writeId(input, 8, clientId);
    packet.writeU32(input, 16, slot % 0x1_0000_0000);
    return sipHash(this.#secret, input);
  }

  issue(path: Path, clientId: ConnectionId, now: number): ConnectionId {
    return this.#idOf(path, clientId, slotOf(now));
  }

  /** Whether an id was issued to this recipient, in the current or the previous time slot. */
  isGood(id: ConnectionId, path: Path, clientId: ConnectionId, now: number): boolean {
    const slot = slotOf(now);
    return isSame(id, this.#idOf(path, clientId, slot)) ||
      isSame(id, this.#idOf(path, clientId, slot - 1));
  }
}

function slotOf(now: number): number {
  // Programs' clocks start near 0; the slot before the first is valid, too.
  return Math.floor(now / limits.rawIp.cookieSlotMs) + 1;
}

export function isSame(one: ConnectionId, other: ConnectionId): boolean {
  return one.high === other.high && one.low === other.low;
}

/** The opening block: follows the head of HELLO and, without the version, that of ACCEPT, and may be in DATA. */
export function writeOpening(bytes: Uint8Array, at: number, opening: Opening): void {
  packet.writeId(bytes, at, opening.id);
  packet.writeU16(bytes, at + 8, opening.datagramMax);
  packet.writeU48(bytes, at + 10, opening.credit);
}

export function readOpening(bytes: Uint8Array, at: number): Opening {
  return {
    id: packet.readId(bytes, at),
    datagramMax: packet.readU16(bytes, at + 8),
    credit: packet.readU48(bytes, at + 10),
  };
}

/** The smallest limit that an end may announce: the size that every path carries, without the carrier's header. */
export const datagramLeast = limits.rawIp.mtuMin - 28;

/** Whether an end may announce this opening. */
export function isPlausible(opening: Opening): boolean {
  return opening.datagramMax >= datagramLeast &&
    (opening.id.high !== 0 || opening.id.low !== 0);
}
