/** A network and a clock without time: packets are lost, doubled and late as a seed says. */
import type { PeerProtocol } from "../../lib/peer/original/packet.ts";

/** A packet on the virtual network. */
export interface VirtualPacket {
  readonly protocol: PeerProtocol;
  readonly from: string;
  readonly to: string;
  readonly payload: Uint8Array;
}

/** What the network does to packets, as parts of 1. */
export interface Weather {
  readonly loss?: number;
  readonly duplication?: number;
  /** Each packet takes from 1 ms to this long. */
  readonly delayMsMax?: number;
  readonly corruption?: number;
}

/** Random numbers from a seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** The network: whoever is attached gets what is sent to its address. */
export class VirtualNetwork {
  nowMs = 0;
  /** Every packet that was put on the network. */
  readonly sent: VirtualPacket[] = [];
  readonly random: () => number;
  readonly #weather: Weather;
  readonly #machines = new Map<string, (packet: VirtualPacket) => void>();
  readonly #events: { atMs: number; work: () => void }[] = [];
  /** Drops a packet for a reason of the test's own. */
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
    // In order of time, those of one time in the order in which they were asked for.
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#events[middle].atMs <= atMs) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, { atMs, work });
  }

  /** Lets time pass until a condition holds or a time has come. @returns Whether the condition held. */
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
