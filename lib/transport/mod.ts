/**
 * Bytes in, bytes out: connections over memory, TCP and Unix sockets behind one interface.
 *
 * This room must never know what the bytes mean.
 *
 * @module
 */
export { formatAddress } from "./_conn.ts";
export { MemoryListener, memoryPair } from "./memory.ts";
export { connectTcp, type ConnectTcpOptions, listenTcp, unreachable } from "./tcp.ts";
export type { Listener, Transport } from "./transport.ts";
export { connectUnix, UnixRendezvous } from "./unix.ts";
