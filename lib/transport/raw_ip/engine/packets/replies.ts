import { limits } from "../../../../limits/mod.ts";
import type { Checksum } from "./checksum.ts";
import { writeOpening } from "./handshake.ts";
import * as packet from "./packet.ts";
import type { ConnectionId } from "./packet.ts";
import { addTo, placeIn } from "./packet_batch.ts";
import type { Carrier, PacketBatch, Path } from "../types.ts";

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
  /** A secret number. */
  readonly seed: number;
  work(): void;
}

/** Packets outside connections: ACCEPT and RESET. None is larger than the packet that it answers. */
export class Replies {
  readonly #replier: Replier;
  readonly #waiting: Reply[] = [];
  readonly #unknownBudget: PerSecond;
  readonly #finishedBudget: PerSecond;
  /** Only listeners need it. */
  #acceptBudget: AcceptBudget | undefined;

  constructor(replier: Replier, now: number) {
    this.#replier = replier;
    this.#unknownBudget = new PerSecond(limits.rawIp.resetsPerSecondMax, now);
    this.#finishedBudget = new PerSecond(limits.rawIp.finishedResetsPerSecondMax, now);
  }

  /** Replies to a HELLO, which is larger; in a flood, only to some. */
  accept(path: Path, id: ConnectionId, answer: { id: ConnectionId; hello: number }): void {
    const { now, seed } = this.#replier;
    this.#acceptBudget ??= new AcceptBudget(seed, now);
    if (!this.#acceptBudget.take(path.remoteAddress, now)) return;
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
    if (this.#waiting.length >= limits.rawIp.repliesMax) return;
    this.#waiting.push(reply);
    this.#replier.work();
  }

  /** Writes waiting replies, as many as the batch has room for. */
  write(batch: PacketBatch, countMax = Infinity): void {
    const waiting = this.#waiting;
    const count = Math.min(countMax, waiting.length);
    let done = 0;
    for (; done < count; done++) {
      const at = placeIn(batch, packet.helloBytes);
      if (at < 0) break;
      this.#write(batch, at, waiting[done]!);
    }
    waiting.splice(0, done);
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

/**
 * Which HELLOs are answered in a flood. An address has a few for itself, whatever others send, and a share of the rest.
 * Addresses are counted in buckets; strangers cannot know which of them share one.
 */
class AcceptBudget {
  readonly #own: readonly PerSecond[];
  readonly #shares: readonly PerSecond[];
  readonly #rest: PerSecond;
  readonly #factor: number;

  constructor(seed: number, now: number) {
    const { rawIp } = limits;
    const buckets = (most: number): PerSecond[] =>
      Array.from({ length: rawIp.acceptBuckets }, () => new PerSecond(most, now));
    this.#own = buckets(rawIp.acceptsPerAddressLeast);
    this.#shares = buckets(rawIp.acceptsPerAddressMax);
    this.#rest = new PerSecond(rawIp.acceptsPerSecondMax, now);
    this.#factor = seed | 1;
  }

  take(address: number, now: number): boolean {
    const hash = (Math.imul(address, this.#factor) >>> 0) / 0x1_0000_0000;
    const bucket = Math.floor(hash * this.#own.length);
    return this.#own[bucket]!.take(now) ||
      this.#shares[bucket]!.take(now) && this.#rest.take(now);
  }
}
