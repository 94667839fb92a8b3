/** The model's network on raw sockets, with the real clock. */
import { openRawSocket } from "../../lib/peer/raw_socket.ts";
import type { PeerSocket } from "../../lib/peer/packet_socket.ts";
import type { OriginalNetwork } from "./_original_program.ts";
import type { VirtualPacket } from "./_virtual_network.ts";

/** One machine's network, at one loopback address. */
export class RealNetwork implements OriginalNetwork, Disposable {
  readonly #address: string;
  #socket: PeerSocket | undefined;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  /** Packets sent. */
  readonly sent: VirtualPacket[] = [];
  /** Drops a packet before it is sent. */
  isDropped: (packet: VirtualPacket) => boolean = () => false;

  constructor(address: string) {
    this.#address = address;
  }

  get nowMs(): number {
    return performance.now();
  }

  attach(address: string, receive: (packet: VirtualPacket) => void): void {
    this.#socket = openRawSocket({ address: this.#address, receives: true }, {
      onPacket: ({ protocol, from, payload }) =>
        receive({ protocol, from, to: address, payload: payload.slice() }),
      onRefused: () => {},
    });
  }

  transmit(packet: VirtualPacket): void {
    this.sent.push(packet);
    if (this.isDropped(packet)) return;
    const { protocol, to, payload } = packet;
    const bytes = Uint8Array.from(payload);
    this.#socket!.send({ protocol, to, from: undefined, bytes });
  }

  after(delayMs: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, delayMs);
    this.#timers.add(timer);
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#socket?.close();
  }
}
