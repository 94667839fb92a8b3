/**
 * Messages and files between machines, without a node: the original peer-to-peer protocol on IP protocols 170 and 171, and
 * a faster transport for files between two farcalls.
 *
 * `original` is the protocol, without I/O; `folder` keeps what is received; `transfer` carries files over connections.
 *
 * This room must never know of nodes, services and calls.
 *
 * @module
 */
import type { Peer, PeerOptions } from "./peer.ts";

/**
 * Starts a peer on this machine: it takes messages and files into its folder until it is stopped.
 *
 * @example
 * ```ts ignore
 * await using peer = await startPeer({ name: "press-4", folder: "/var/lib/press" });
 * await peer.sendMessage("10.0.0.7", "ready");
 * for await (const { sender, content } of peer) console.log(`${sender}: ${content}`);
 * ```
 *
 * @throws {AddressNotAvailable} If raw sockets cannot be had: root, CAP_NET_RAW or a user namespace is needed, and Linux.
 * @throws {RootInUse} If another process has the folder.
 * @throws {InvalidConfiguration} If the folder cannot be used.
 */
export async function startPeer(options: PeerOptions = {}): Promise<Peer> {
  // Only now: whoever loads the library for its calls needs neither files nor raw sockets.
  const [{ Peer }, { openRawSocket }] = await Promise.all([
    import("./peer.ts"),
    import("./raw_socket.ts"),
  ]);
  return await Peer.start(options, openRawSocket);
}

export type { KnownPeer } from "./_known_peers.ts";
export type { ReceiverOptions } from "./_receiver.ts";
export type { SpaceBounds } from "./folder/space.ts";
export type { EngineCounts } from "./original/engine.ts";
export type { FileDelivery, FileProgress, SendFileOptions } from "./_file_sender.ts";
export { jsonOf, type ReceivedFile, type ReceivedMessage } from "./received_message.ts";
export { type Inbox, lastReceived, openInbox } from "./inbox.ts";
export type { Peer, PeerOptions, PeerStatus, SendMessageOptions, SentMessage } from "./peer.ts";
