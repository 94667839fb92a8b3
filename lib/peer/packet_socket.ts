/** A peer's interface to the network: single packets of the two protocols, which may be lost. */
import type { ArrivedPacket, TransmittedPacket } from "./original/engine.ts";

/** A socket for the packets of peers. */
export interface PeerSocket {
  /** Sends a packet, best effort: the engine resends lost ones. */
  send(packet: TransmittedPacket): void;
  close(): void;
}

/** Callbacks of a socket. */
export interface PeerSocketHandler {
  /** A packet has arrived; its payload is valid until this returns. */
  onPacket(packet: ArrivedPacket): void;
  /** A packet could not be sent. */
  onRefused(packet: { readonly to: string | undefined; readonly reason: string }): void;
}

/** Options of a socket. */
export interface PeerSocketOptions {
  /** The local address to use; undefined for all. */
  readonly address?: string;
  /** Whether packets are answered here, which only one program per address can do. */
  readonly receives: boolean;
}

/** Opens a socket. @throws {AddressNotAvailable} If the system refuses; the message says what to do. */
export type OpenPeerSocket = (
  options: PeerSocketOptions,
  handler: PeerSocketHandler,
) => PeerSocket;
