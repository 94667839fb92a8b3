import { limits } from "../../../../limits/mod.ts";
import type { Checksum } from "./checksum.ts";
import { writeOpening } from "./handshake.ts";
import * as packet from "./packet.ts";
import type { ConnectionId } from "./packet.ts";
import { addTo, placeIn } from "./packet_batch.ts";
import type { Carrier, PacketBatch, Path } from "../types.ts";

/** Replies waiting for the next flush; more are dropped, as in a flood. */
const waitingMax = 1024;

interface Reply {
  readonly path: Path;
  readonly id: ConnectionId;
  readonly type: number;
  readonly flags: number;
  readonly number: number;
  readonly length: number;
  readonly reason: number;
  readonly issued?: ConnectionId;
}

/** The endpoint's contribution to its replies. */
export interface Replier {
  readonly carrier: Carrier;
  readonly localPort: number;
  readonly checksum: Checksum;
  readonly datagramMax: number;
  readonly now: number;
  work(): void;
}

/** Packets outside connections: ACCEPT and RESET. None is larger than the packet that it answers. */
export class Replies {
  readonly #replier: Replier;
  readonly #waiting: Reply[] = [];
  readonly #unknownBudget: PerSecond;
  readonly #finishedBudget: PerSecond;

  constructor(replier: Replier, now: number) {
    this.#replier = replier;
    this.#unknownBudget = new PerSecond(limits.rawIp.resetsPerSecondMax, now);
    this.#finishedBudget = new PerSecond(limits.rawIp.finishedResetsPerSecondMax, now);
  }

  /** Replies to a HELLO, which is larger. */
  accept(path: Path, id: ConnectionId, answer: { id: ConnectionId; hello: number }): void {
    this.#add({
      path,
      id,
      type: packet.types.accept,
      flags: 0,
      number: answer.hello,
      length: packet.acceptBytes,
      reason: 0,
      issued: answer.id,
    });
  }

  /** Resets a connection of a peer whose id is known. */
  reset(path: Path, id: ConnectionId, reason: number): void {
    this.#addReset(path, id, reason, 0);
  }

  /** Refuses a HELLO where connections are not accepted. */
  refused(path: Path, id: ConnectionId): void {
    if (!this.#unknownBudget.take(this.#replier.now)) return;
    this.#addReset(path, id, packet.resetReasons.refused, 0);
  }

  /** Replies to a packet for an unknown id by echoing that id, because the sender's own is not known. */
  unknown(path: Path, id: ConnectionId, length: number, reason: number): void {
    if (length < packet.resetBytes || !this.#unknownBudget.take(this.#replier.now)) return;
    this.#addReset(path, id, reason, packet.isEchoed);
  }

  /** Replies to a late packet for a connection that completed. */
  finished(path: Path, id: ConnectionId, length: number): void {
    if (length < packet.resetBytes || !this.#finishedBudget.take(this.#replier.now)) return;
    this.#addReset(path, id, packet.resetReasons.finished, packet.isEchoed);
  }

  #addReset(path: Path, id: ConnectionId, reason: number, flags: number): void {
    const { remoteAddress, remotePort, localAddress } = path;
    this.#add({
      path: { remoteAddress, remotePort, localAddress },
      id,
      type: packet.types.reset,
      flags,
      number: 0,
      length: packet.resetBytes,
      reason,
    });
  }

  #add(reply: Reply): void {
    if (this.#waiting.length >= waitingMax) return;
    this.#waiting.push(reply);
    this.#replier.work();
  }

  /** Writes waiting replies. @returns Whether that was all; false if the batch is full. */
  write(batch: PacketBatch): boolean {
    const waiting = this.#waiting;
    let done = 0;
    for (; done < waiting.length; done++) {
      const at = placeIn(batch, packet.helloBytes);
      if (at < 0) break;
      this.#write(batch, at, waiting[done]!);
    }
    waiting.splice(0, done);
    return waiting.length === 0;
  }

  #write(batch: PacketBatch, at: number, reply: Reply): void {
    const { carrier, localPort, checksum, datagramMax } = this.#replier;
    const { bytes } = batch;
    packet.writeHead(bytes, at, {
      type: reply.type,
      flags: reply.flags,
      destination: carrier.isBare ? reply.path.remotePort : 0,
      source: carrier.isBare ? localPort : 0,
      id: reply.id,
    }, reply.number);
    if (reply.issued === undefined) {
      bytes[at + packet.headBytes] = reply.reason;
    } else {
      const credit = limits.rawIp.windowBytesFirst;
      writeOpening(bytes, at + packet.headBytes, { id: reply.issued, datagramMax, credit });
    }
    const { localAddress, remoteAddress } = reply.path;
    checksum.seal(addTo(batch, at, reply.length, reply.path), localAddress, remoteAddress);
  }
}

/** A token bucket: so many per second, and so many at once. */
class PerSecond {
  readonly #most: number;
  #left: number;
  #atMs: number;

  constructor(most: number, now: number) {
    this.#most = this.#left = most;
    this.#atMs = now;
  }

  take(now: number): boolean {
    this.#left = Math.min(this.#most, this.#left + (now - this.#atMs) / 1000 * this.#most);
    this.#atMs = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
