/**
 * Connections over raw IPv4 and UDP: the engine implements the protocol, the sockets carry its packets, and this room
 * combines them into a `Transport` and a `Listener`. Loaded on use.
 *
 * @module
 */
export { connectPackets, type ConnectPacketsOptions } from "./connect.ts";
export { listenPackets } from "./listen.ts";
