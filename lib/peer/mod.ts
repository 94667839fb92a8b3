/**
 * Messages and files between machines, without a node: the original peer-to-peer protocol on IP protocols 170 and 171,
 * and a faster transport for files between two farcalls. `original` is the protocol, without I/O; `folder` stores
 * received messages and files; `transfer` carries files over connections. This room must never know of nodes, services
 * and calls.
 *
 * @module
 */
export type { KnownPeer } from "./_known_peers.ts";
export type { ReceiverOptions } from "./_receiver.ts";
export type { SpaceBounds } from "./folder/space.ts";
export type { EngineCounts } from "./original/engine.ts";
export type { FileDelivery, FileProgress, SendFileOptions } from "./_file_sender.ts";
export { jsonOf, type ReceivedFile, type ReceivedMessage } from "./received_message.ts";
export { type Inbox, lastReceived, openInbox } from "./inbox.ts";
export type { Peer, PeerOptions, PeerStatus, SendMessageOptions, SentMessage } from "./peer.ts";
export { startPeer } from "./start_peer.ts";
