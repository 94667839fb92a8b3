/** A network in virtual time: packets are lost, duplicated and delayed as a seed determines. */
import type { PeerProtocol } from "../../lib/peer/original/packet.ts";

/** A packet on the virtual network. */
export interface VirtualPacket {
  readonly protocol: PeerProtocol;
  readonly from: string;
  readonly to: string;
  readonly payload: Uint8Array;
}

/** The network's faults, as fractions of 1. */
export interface Weather {
  readonly loss?: number;
  readonly duplication?: number;
  /** Each packet takes from 1 ms to this long. */
  readonly delayMsMax?: number;
  readonly corruption?: number;
}

/** Random numbers, reproducible by seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** The network: attached hosts receive what is sent to their addresses. */
export class VirtualNetwork {
  nowMs = 0;
  /** Every packet sent on the network. */
  readonly sent: VirtualPacket[] = [];
  readonly random: () => number;
  readonly #weather: Weather;
  readonly #machines = new Map<string, (packet: VirtualPacket) => void>();
  readonly #events: { atMs: number; work: () => void }[] = [];
  /** Drops a packet for the test's own reasons. */
  isDropped: (packet: VirtualPacket) => boolean = () => false;

  constructor(seed: number, weather: Weather = {}) {
    this.random = randomOf(seed);
    this.#weather = weather;
  }

  attach(address: string, receive: (packet: VirtualPacket) => void): void {
    this.#machines.set(address, receive);
  }

  detach(address: string): void {
    this.#machines.delete(address);
  }

  transmit(packet: VirtualPacket): void {
    this.sent.push(packet);
    const { loss = 0, duplication = 0, delayMsMax = 1, corruption = 0 } = this.#weather;
    if (this.isDropped(packet) || this.random() < loss) return;
    const copies = this.random() < duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const payload = packet.payload.slice();
      if (this.random() < corruption) {
        payload[Math.floor(this.random() * payload.length)] ^= 1 + Math.floor(this.random() * 255);
      }
      this.after(
        1 + this.random() * (delayMsMax - 1),
        () => this.#machines.get(packet.to)?.({ ...packet, payload }),
      );
    }
  }

  /** Does something later. */
  after(delayMs: number, work: () => void): void {
    const atMs = this.nowMs + delayMs;
    // Ordered by time, then by when they were scheduled.
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#events[middle].atMs <= atMs) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, { atMs, work });
  }

  /** Advances time until a condition holds or a deadline passes. @returns Whether the condition held. */
  run(untilMs: number, isDone: () => boolean = () => false): boolean {
    for (;;) {
      if (isDone()) return true;
      const event = this.#events[0];
      if (event === undefined || event.atMs > untilMs) {
        this.nowMs = untilMs;
        return isDone();
      }
      this.#events.shift();
      this.nowMs = Math.max(this.nowMs, event.atMs);
      event.work();
    }
  }
}
