/** What peers need of a network: single packets of the two protocols, which may be lost. */
import type { ArrivedPacket, TransmittedPacket } from "./original/engine.ts";

/** A socket for the packets of peers. */
export interface PeerSocket {
  /** Sends a packet, as well as it can: what is lost is sent again. */
  send(packet: TransmittedPacket): void;
  close(): void;
}

/** What a socket tells. */
export interface PeerSocketHandler {
  /** A packet has arrived; its payload is gone when this returns. */
  onPacket(packet: ArrivedPacket): void;
  /** A packet could not be sent. */
  onRefused(packet: { readonly to: string | undefined; readonly reason: string }): void;
}

/** How a socket is opened. */
export interface PeerSocketOptions {
  /** The address of this machine to use; all of them where left out. */
  readonly address?: string;
  /** Whether packets are answered here, which one program of a machine can do for an address. */
  readonly receives: boolean;
}

/** Opens a socket. @throws {AddressNotAvailable} If there is none to be had; the message says what to do. */
export type OpenPeerSocket = (
  options: PeerSocketOptions,
  handler: PeerSocketHandler,
) => PeerSocket;
