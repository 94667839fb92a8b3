/**
 * Datagram sockets: raw IPv4 of any protocol, and UDP. Linux only, through the C library. This room must never know
 * what the packets mean.
 *
 * @module
 */
export { codeOf, errnos, meaningOf, SystemError, Unsupported } from "./_libc.ts";
export { nextTurn } from "./_poller.ts";
export { isListenedOn, type RawPort } from "./_raw_port.ts";
export { ownAddresses, type Route, routeTo } from "./_route.ts";
export { anyAddress, formatIpv4, parseIpv4 } from "./ipv4.ts";
export {
  type Destination,
  isPrivilegeMissing,
  type PacketHandler,
  PacketSocket,
  type PacketSocketOptions,
  type ReceivedPacket,
  udpProtocol,
} from "./packet_socket.ts";
