/**
 * Byte streams: connections over memory, TCP, TLS and Unix sockets behind one interface. This room must never know what
 * the bytes mean.
 *
 * @module
 */
export { addressesOf } from "./_addresses.ts";
export { formatAddress, formatCarried, formatPeer } from "./conn.ts";
export { MemoryListener, memoryPair } from "./memory.ts";
export { listenTcp } from "./_listener.ts";
export { connectTcp, openTcp, unreachable } from "./tcp.ts";
// TLS is in tls.ts, loaded only where used.
export type { TlsCertificate, TlsListener, TlsTrust } from "./tls.ts";
export type { Carrier, ConnectTcpOptions, Listener, Transport } from "./transport.ts";
export { connectUnix, UnixRendezvous } from "./unix.ts";
export { joinListeners, listenOnAll } from "./listen.ts";
