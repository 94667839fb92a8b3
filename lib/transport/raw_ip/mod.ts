/**
 * Connections over packets of raw IPv4 and UDP: the engine knows the protocol, the sockets carry its packets, and this
 * room makes a `Transport` and a `Listener` of both. Loaded on use.
 *
 * @module
 */
export { connectPackets, type ConnectPacketsOptions } from "./connect.ts";
export { listenPackets } from "./listen.ts";
