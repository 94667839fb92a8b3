/**
 * Connections over packets of raw IPv4 and of UDP: the engine knows the protocol, the sockets carry its packets, and here
 * both become a `Transport` and a `Listener`. Loaded by who uses it.
 *
 * @module
 */
export { connectPackets, type ConnectPacketsOptions } from "./connect.ts";
export { listenPackets } from "./listen.ts";
